@testable import Attention
import Files
import Fixtures
import Foundation
import Report
import Testing

/// One file of vectors that Swift's arithmetic of highlights and the page's must both meet.
@Suite struct HighlightVectorTests {
  private static let tokens = ["[CLS]", "un", "##for", "##get", "film", ",", "so", "good", "[SEP]"]

  /// Two blocks with two heads of size 2, drawn by a generator of its own.
  private static func reading(seed: UInt64) -> TextReading {
    var state = seed
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(state >> 40) / Float(1 << 22) - 2
      }
    }
    let length = tokens.count
    let blocks = (0..<2).map { _ in
      TextReading.Block(queries: numbers(length * 4), keys: numbers(length * 4))
    }
    return TextReading(
      AlignedText(tokens: tokens), tokens: tokens, isSpecial: tokens.map { $0.hasPrefix("[") },
      blocks: blocks, headCount: 2, headSize: 2, rollout: numbers(length * length).map(abs),
      prediction: nil, attributions: numbers(length).map(Double.init))
  }

  private static var states: [[String: Any]] {
    HighlightMethod.allCases.flatMap { method in
      HighlightNormalization.allCases.flatMap { normalization in
        ["model", "difference", "normalized-difference"].enumerated().compactMap { index, source in
          guard index == 0 || method.isComparable else { return nil }
          return [
            "method": method.rawValue, "normalization": normalization.rawValue, "source": source, "layer": 1,
            "head": 1, "custom": [[0, 1], [1, 0]], "token": 3, "words": index != 1, "special": index == 2,
          ]
        }
      }
    }
  }

  private static func highlight(_ state: [String: Any], _ reading: TextReading, _ origin: TextReading)
    -> Highlight
  {
    var options = Highlight.Options()
    options.method = HighlightMethod(rawValue: state["method"] as! String)!
    options.normalization = HighlightNormalization(rawValue: state["normalization"] as! String)!
    (options.layer, options.head, options.token) = (1, 1, 3)
    options.heads = [HeadPlace(block: 0, head: 1), HeadPlace(block: 1, head: 0)]
    options.joinsWords = state["words"] as! Bool
    options.showsSpecialTokens = state["special"] as! Bool
    options.comparison = state["source"] as! String == "normalized-difference" ? .normalized : .weights
    return Highlight(reading, options, minus: state["source"] as! String == "model" ? nil : origin)
  }

  private static func vectors() throws -> String {
    let (reading, origin) = (reading(seed: 1), reading(seed: 2))
    func rounded(_ value: Double) -> Double { Double(String(format: "%.5f", value)) ?? 0 }
    let cases = states.map { state -> [String: Any] in
      let highlight = highlight(state, reading, origin)
      let parts = highlight.parts.map { part -> [String: Any] in
        [
          "text": part.text, "weight": rounded(part.weight), "normalized": rounded(part.normalized),
          "spaced": part.isSpaced,
        ]
      }
      return ["state": state, "parts": parts, "isSigned": highlight.isSigned]
    }
    let object: [String: Any] = ["reading": AttentionExample(reading, origin: origin).json, "cases": cases]
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    // A line for each case, so that a difference can be read.
    return String(decoding: data, as: UTF8.self).replacing("},{\"isSigned\"", with: "},\n{\"isSigned\"")
      + "\n"
  }

  @Test func `Swift meets the vectors`() throws {
    try Snapshot.check(try Self.vectors(), "highlights.json")
  }

  private static let node = ["/usr/bin/node", "/usr/local/bin/node", "/opt/homebrew/bin/node"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: node != nil, "node is not installed"))
  func `the page's script meets the vectors`() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.node!)
    process.arguments = [
      Fixtures.root.appendingPathComponent("Tests/ReportTests/highlights.js").path,
      Fixtures.root.appendingPathComponent("Sources/Report/Resources").path,
      Fixtures.goldens.appendingPathComponent("report/highlights.json").path,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(output)")
    #expect(output.contains("\(Self.states.count) cases"), "\(output)")
  }
}
