import ArgumentParser
import Attention
import Foundation
import Report

/// Which weights are highlighted, and how.
struct HighlightArguments: ParsableArguments {
  enum Method: String, ExpressibleByArgument, CaseIterable {
    case firstLayerAverage = "first-layer-average"
    case lastLayerAverage = "last-layer-average"
    case layerAverage = "layer-average"
    case layerHead = "layer-head"
    case custom, rollout
    case gradientTimesInput = "gradient-x-input"
  }

  @Option(
    help:
      "first-layer-average, last-layer-average, layer-average, layer-head, custom, rollout or gradient-x-input."
  )
  var method = Method.lastLayerAverage

  @Option(help: "The layer of layer-average and layer-head.", in: .from(0, to: 10_000))
  var layer: Int?

  @Option(help: "The head of layer-head.", in: .from(0, to: 65_536))
  var head: Int?

  @Option(help: "The heads of custom, which are averaged, as layer:head with commas: 0:3,5:11.")
  var heads: String?

  @Option(help: "The token whose weights are shown; 0 is [CLS].", in: .from(0, to: 1_000_000))
  var token = 0

  @Option(help: "min-max or z-score.")
  var normalization = HighlightNormalization.minMax

  @Flag(help: "Show [CLS] and [SEP] too.")
  var specialTokens = false

  @Flag(help: "Join word pieces into words; a word weighs what its pieces weigh together.")
  var words = false

  func options(_ model: AttentionModel) throws -> Highlight.Options {
    var options = Highlight.Options()
    options.method = try chosen(model)
    options.normalization = normalization
    options.token = token
    options.showsSpecialTokens = specialTokens
    options.joinsWords = words
    return options
  }

  private func chosen(_ model: AttentionModel) throws -> HighlightMethod {
    func place(_ layer: Int?, _ head: Int?) throws -> HeadPlace {
      guard let layer, (0..<model.blockCount).contains(layer) else {
        throw ValidationError(
          "\(method.rawValue) needs a layer from 0 to \(model.blockCount - 1), as --layer or in --heads")
      }
      guard let head, (0..<model.headCount).contains(head) else {
        throw ValidationError(
          "\(method.rawValue) needs a head from 0 to \(model.headCount - 1), as --head or in --heads")
      }
      return HeadPlace(block: layer, head: head)
    }
    switch method {
    case .firstLayerAverage: return .firstLayerAverage
    case .lastLayerAverage: return .lastLayerAverage
    case .layerAverage: return .layerAverage(block: try place(layer, 0).block)
    case .layerHead: return .layerHead(try place(layer, head))
    case .rollout: return .rollout
    case .custom:
      guard let heads else { throw ValidationError("custom needs --heads, such as 0:3,5:11") }
      return .custom(
        try heads.split(separator: ",").map { item in
          let parts = item.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
          guard parts.count == 2 else {
            throw ValidationError("--heads '\(heads)': write layer:head with commas, such as 0:3,5:11")
          }
          return try place(parts[0], parts[1])
        })
    case .gradientTimesInput:
      guard model.labels != nil else {
        throw ValidationError(
          "gradient-x-input explains a prediction, and the model has no classifier: train one first")
      }
      return .gradientTimesInput
    }
  }

  func caption(isDifference: Bool) -> String {
    var words = [method.rawValue]
    if let layer, [.layerAverage, .layerHead].contains(method) { words.append("layer \(layer)") }
    if let head, method == .layerHead { words.append("head \(head)") }
    if let heads, method == .custom { words.append(heads) }
    if method != .gradientTimesInput { words.append("from token \(token)" + (token == 0 ? " ([CLS])" : "")) }
    words.append(normalization.rawValue)
    return (isDifference ? "fine-tuned minus pretrained: " : "") + words.joined(separator: ", ")
  }

  /// Where a page starts.
  func choices(_ options: Highlight.Options) -> [String: Any] {
    var choices: [String: Any] = [
      "method": method.rawValue, "normalization": normalization.rawValue, "token": token,
      "special": specialTokens, "words": words,
    ]
    if let layer { choices["layer"] = layer }
    if let head { choices["head"] = head }
    if case .custom(let places) = options.method { choices["custom"] = places.map { [$0.block, $0.head] } }
    return choices
  }

  func json(_ highlight: Highlight, _ example: AttentionExample, isDifference: Bool) -> [String: Any] {
    var object: [String: Any] = [
      "method": method.rawValue, "normalization": normalization.rawValue, "token": token,
      "difference": isDifference,
      "parts": highlight.parts.map {
        ["text": $0.text, "weight": $0.weight, "normalized": $0.normalized, "band": $0.band] as [String: Any]
      },
    ]
    if let label = example.label { object["label"] = label }
    if let prediction = example.reading.prediction {
      object["prediction"] = prediction.label
      object["scores"] = prediction.json["scores"]
    }
    return object
  }
}
