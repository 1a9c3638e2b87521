import Classification
import Foundation
import Report
import Study
import Testing
import Training

/// A thousand classes, of which a matrix would have a million cells.
@Suite struct ManyClassesTests {
  private static func study(classes: Int) throws -> StudyResult {
    let targets = (0..<2 * classes).map { $0 % classes }
    let predictions = targets.enumerated().map { $0 % 10 == 0 ? ($1 + 1) % classes : $1 }
    let logits: [[Float]] = predictions.map { predicted in
      var row = [Float](repeating: 0, count: classes)
      row[predicted] = 1
      return row
    }
    let metrics = try Metrics(logits: logits, targets: targets)
    let names = (0..<classes).map { "class-\($0)" }
    let run = try SampleStudy.run("1VA", metrics: metrics, classes: names)
    let hits = zip(targets, predictions).map { $0 == $1 ? 1.0 : 0 }
    let variant = try Variant("1VA")
    return StudyResult([
      VariantResult(variant: variant, runs: [run], validationHits: hits, testHits: hits)
    ])
  }

  @Test func `a report of a thousand classes is small and lists the worst confusions`() throws {
    let html = StudyReport(try Self.study(classes: 1000)).page.html
    #expect(html.utf8.count < 100_000)
    #expect(html.contains("Worst confusions") && !html.contains("class=\"confusion\""))
    #expect(html.contains("<td>class-0</td><td>class-1</td><td>2</td><td>100.0\u{202F}%</td>"))
    #expect(html.contains("(1000 in all)"))
  }

  @Test func `a report of few classes has their matrix`() throws {
    let html = StudyReport(try Self.study(classes: 5)).page.html
    #expect(html.contains("Confusion matrices") && html.contains("<th scope=\"row\">class-4</th>"))
  }
}
