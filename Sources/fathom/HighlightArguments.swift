import ArgumentParser
import Attention
import Foundation
import Report

extension HighlightMethod: ExpressibleByArgument {}

/// Which weights are highlighted, and how.
struct HighlightArguments: ParsableArguments {
  @Option(help: ArgumentHelp("\(HighlightMethod.allCases.map(\.rawValue).joined(separator: ", "))."))
  var method = HighlightMethod.lastLayerAverage

  @Option(help: "The layer of layer-average and layer-head.", in: .from(0, to: 10_000))
  var layer: Int?

  @Option(help: "The head of layer-head.", in: .from(0, to: 65_536))
  var head: Int?

  @Option(help: "The heads of custom, which are averaged, as layer:head with commas: 0:3,5:11.")
  var heads: String?

  @Option(
    help: "The token whose weights are shown (default: 0, which is [CLS]).", in: .from(0, to: 1_000_000))
  var token: Int?

  @Option(help: "min-max, z-score, or z-score-uncut as in the study of 2019.")
  var normalization = HighlightNormalization.minMax

  @Flag(help: "Show [CLS] and [SEP] too.")
  var specialTokens = false

  @Flag(help: "Join word pieces into words; a word weighs what its pieces weigh together.")
  var words = false

  func validate() throws {
    let given: [(name: String, isGiven: Bool, choice: HighlightMethod.Choice)] = [
      ("--layer", layer != nil, .layer), ("--head", head != nil, .head), ("--heads", heads != nil, .heads),
      ("--token", token != nil, .token),
    ]
    for option in given where option.isGiven && !method.choices.contains(option.choice) {
      throw ValidationError("\(option.name) has no effect with \(method.rawValue): leave it out")
    }
    for option in given where !option.isGiven && option.choice != .token {
      guard method.choices.contains(option.choice) else { continue }
      throw ValidationError(
        "\(method.rawValue) needs \(option.name)" + (option.choice == .heads ? ", such as 0:3,5:11" : ""))
    }
    if let token, token < 0 { throw ValidationError("--token \(token): tokens are counted from 0") }
  }

  func options(_ model: AttentionModel) throws -> Highlight.Options {
    if method.needsClassifier, model.labels == nil {
      throw ValidationError(
        "\(method.rawValue) explains a prediction, and the model has no classifier: train one first")
    }
    var options = Highlight.Options()
    options.method = method
    options.layer = try within(layer ?? 0, model.blockCount, "layer", "--layer")
    options.head = try within(head ?? 0, model.headCount, "head", "--head")
    options.heads = try heads.map { try parsed($0, model) } ?? []
    options.normalization = normalization
    options.token = token ?? 0
    options.showsSpecialTokens = specialTokens
    options.joinsWords = words
    return options
  }

  private func within(_ value: Int, _ count: Int, _ name: String, _ option: String) throws -> Int {
    guard (0..<count).contains(value) else {
      throw ValidationError("\(option): the model has \(name)s from 0 to \(count - 1), and no \(value)")
    }
    return value
  }

  private func parsed(_ list: String, _ model: AttentionModel) throws -> [HeadPlace] {
    let heads = try list.split(separator: ",", omittingEmptySubsequences: false).map { item in
      let numbers = item.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let layer = numbers[0], let head = numbers[1] else {
        throw ValidationError("--heads '\(list)': write layer:head with commas, such as 0:3,5:11")
      }
      return HeadPlace(
        block: try within(layer, model.blockCount, "layer", "--heads"),
        head: try within(head, model.headCount, "head", "--heads"))
    }
    guard Set(heads).count == heads.count else {
      throw ValidationError("--heads '\(list)' names a head twice")
    }
    return heads
  }

  func caption(isDifference: Bool) -> String {
    var words = [method.rawValue]
    if let layer { words.append("layer \(layer)") }
    if let head { words.append("head \(head)") }
    if let heads { words.append(heads) }
    if method.choices.contains(.token) {
      words.append("from token \(token ?? 0)" + (token ?? 0 == 0 ? " ([CLS])" : ""))
    }
    words.append(normalization.rawValue)
    return (isDifference ? "fine-tuned minus pretrained: " : "") + words.joined(separator: ", ")
  }

  /// Where a page starts.
  func choices(_ options: Highlight.Options) -> [String: Any] {
    [
      "method": method.rawValue, "normalization": normalization.rawValue, "token": options.token,
      "layer": options.layer, "head": options.head, "custom": options.heads.map { [$0.block, $0.head] },
      "special": specialTokens, "words": words,
    ]
  }

  func json(_ highlight: Highlight, _ example: AttentionExample, isDifference: Bool) -> [String: Any] {
    var object: [String: Any] = [
      "method": method.rawValue, "normalization": normalization.rawValue, "token": token ?? 0,
      "difference": isDifference, "truncated": example.reading.isTruncated,
      "tokens_read": example.reading.tokens.count, "token_count": example.reading.tokenCount,
      "parts": highlight.parts.map(HighlightArguments.json),
    ]
    if let label = example.label { object["label"] = label }
    if let prediction = example.reading.prediction {
      object["prediction"] = prediction.title
      let answer = prediction.json()
      object["scores"] = answer["scores"] ?? answer["values"]
    }
    return object
  }

  private static func json(_ part: Highlight.Part) -> [String: Any] {
    var object: [String: Any] = [
      "text": part.text, "weight": part.weight, "normalized": part.normalized, "band": part.band,
      "z_score": part.zScore,
    ]
    if let difference = part.normalizedDifference { object["normalized_difference"] = difference }
    return object
  }
}
