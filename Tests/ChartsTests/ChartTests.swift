import Charts
import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import Testing

@Suite struct ScaleTests {
  @Test func `a linear scale gives round ticks within its domain`() {
    #expect(Scale(.linear, 0...1).ticks() == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(Scale(.linear, 0.65...0.85).ticks().map { ($0 * 100).rounded() } == [65, 70, 75, 80, 85])
    #expect(Scale(.linear, -3...5).ticks(about: 4) == [-2, 0, 2, 4])
  }

  @Test func `a logarithmic scale gives powers of ten, their doubles and their halves`() {
    #expect(Scale(.logarithmic, 1...100).ticks() == [1, 2, 5, 10, 20, 50, 100])
    #expect(abs(Scale(.logarithmic, 1...100).share(10) - 0.5) < 1e-12)
    #expect(Scale(.logarithmic, 1e-3...1e9).ticks().count <= 13)
  }

  @Test func `a short logarithmic scale falls back to even ticks`() {
    let ticks = Scale(.logarithmic, 21...29).ticks()
    #expect(ticks.count >= 3 && ticks.allSatisfy { (21...29).contains($0) })
  }

  @Test func `a scale of one value is widened`() {
    #expect(Scale(.linear, 3...3).share(3) == 0)
    #expect(Scale(.logarithmic, 3...3).share(3) == 0)
    #expect(!Scale(.linear, 3...3).ticks().isEmpty)
  }

  @Test func `values that are not finite do not move a scale`() {
    let scale = Scale.linear(around: [.nan, 0.2, .infinity, 0.3], step: 0.1)
    #expect(abs(scale.domain.lowerBound - 0.2) < 1e-9 && abs(scale.domain.upperBound - 0.3) < 1e-9)
    #expect(Scale.logarithmic(around: [.nan, -1, 0]).domain.lowerBound == 1)
  }
}

@Suite struct ChartTests {
  private static let points = [1.0, 2, 3].map {
    Mark.Point($0, $0 / 3, interval: $0 / 4...$0 / 2, label: "<p>")
  }

  private static func chart(_ marks: [Mark]) -> Chart {
    let axis = Axis("x & y", Scale(.linear, 0...4))
    return Chart(
      "a < b", subtitle: "\"so\"\u{0}", panels: [Panel(x: axis, y: axis, marks: marks)],
      keys: [Chart.Key("one", Mark.Style()), Chart.Key(ring: "two")])
  }

  @Test func `every mark gives well-formed XML`() throws {
    let marks: [Mark] =
      Mark.series(Self.points, Mark.Style(series: 9)) + [
        .band(Self.points, Mark.Style()), .level(0.5, Mark.Style()), .ring(Self.points[0], shift: 3),
      ]
    try expectWellFormed(Self.chart(marks).svg)
  }

  @Test func `a band runs along the upper ends and back along the lower ones`() {
    let svg = Self.chart([.band(Self.points, Mark.Style())]).svg
    let points = svg.firstMatch(of: /points="([^"]*)"/)?.output.1.split(separator: " ") ?? []
    #expect(points.count == 6)
    #expect(points.first?.split(separator: ",").first == points.last?.split(separator: ",").first)
  }

  @Test func `points that are not finite are left out`() {
    let svg = Self.chart(Mark.series([Mark.Point(.nan, 1), Mark.Point(1, .infinity)], Mark.Style())).svg
    #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("<circle cx"))
  }

  private func expectWellFormed(_ svg: String, location: SourceLocation = #_sourceLocation) throws {
    let parser = XMLParser(data: Data(svg.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))", sourceLocation: location)
  }
}
