import Attention
import Foundation

/// A reading as the page's script takes it: queries and keys in 16 bits a number, from which it works out
/// whichever weights the reader asks for. All weights of a long text would be a hundred times as much.
public struct AttentionExample {
  public let reading: TextReading
  /// The pretrained model's reading of the same tokens
  public let origin: TextReading?
  /// The class that the data gives
  public let label: String?

  public init(_ reading: TextReading, origin: TextReading? = nil, label: String? = nil) {
    self.reading = reading
    self.origin = origin
    self.label = label
  }

  /// What `JSONSerialization` writes.
  public var json: [String: Any] {
    var object: [String: Any] = [
      "tokens": reading.tokens, "special": reading.isSpecial, "words": reading.words, "texts": reading.texts,
      "spaced": reading.isSpaced, "truncated": reading.isTruncated, "tokens_read": reading.tokens.count,
      "token_count": reading.tokenCount,
      "heads": reading.headCount, "size": reading.headSize,
      "blocks": reading.blocks.map(AttentionExample.json),
      "attributions": reading.attributions.map { AttentionExample.short(Float($0)) },
    ]
    object.merge(rollout) { $1 }
    if let origin { object["origin"] = origin.blocks.map(AttentionExample.json) }
    if let label { object["label"] = label }
    if let prediction = reading.prediction {
      object["prediction"] = prediction.title
      if case .values = prediction.answer { return object }
      object["scores"] = zip(prediction.labels, prediction.scores).map {
        ["label": $0, "probability": $1] as [String: Any]
      }
    }
    return object
  }

  /// About what ``json`` takes, in bytes of text.
  public var pageBytes: Int {
    let length = reading.tokens.count
    let numbers = 2 * length * reading.headCount * reading.headSize * reading.blocks.count
    return (numbers * (origin == nil ? 1 : 2) + length * length) * 2 * 4 / 3 + 100 * length
  }

  /// Each row as 16 bits of its largest weight.
  private var rollout: [String: Any] {
    let length = reading.tokens.count
    let tops = (0..<length).map { reading.rollout[$0 * length..<($0 + 1) * length].max() ?? 0 }
    let shares = reading.rollout.indices.map { index in
      reading.rollout[index] / max(tops[index / length], .leastNormalMagnitude)
    }
    let packed = shares.map { UInt16(($0 * 65535).rounded()) }
    return ["rollout": AttentionExample.base64(packed), "rolloutTops": tops.map(AttentionExample.short)]
  }

  private static func json(_ block: TextReading.Block) -> [String: Any] {
    func packed(_ values: [Float]) -> (step: Float, text: String) {
      let step = max(values.reduce(0) { max($0, abs($1)) } / 32767, .leastNormalMagnitude)
      return (step, base64(values.map { Int16(min(max(($0 / step).rounded(), -32767), 32767)) }))
    }
    let (queries, keys) = (packed(block.queries), packed(block.keys))
    return ["queryStep": queries.step, "queries": queries.text, "keyStep": keys.step, "keys": keys.text]
  }

  /// Little-endian, as every browser's typed arrays are.
  private static func base64<Number: FixedWidthInteger>(_ numbers: [Number]) -> String {
    numbers.map(\.littleEndian).withUnsafeBytes { Data($0) }.base64EncodedString()
  }

  private static func short(_ value: Float) -> Double { Double(String(format: "%.6g", value)) ?? 0 }
}
