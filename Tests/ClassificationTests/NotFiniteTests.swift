import Classification
import Files
import Fixtures
import Foundation
import Testing
import Torch
import WordPiece

/// A weight that is not a number must not end in an answer that looks sound.
@Suite struct NotFiniteTests {
  private static let variants = [
    "1VA", "2VA", "2VC", "2VX", "2VF", "2LV", "1LC", "baseline-bert", "baseline-custom",
  ]

  private func classifier(_ variant: String, _ folder: URL) throws -> TextClassifier {
    // Heads of 16, which the fused operations take.
    try writeTinyModel(to: folder, blocks: 2, hidden: 32)
    let words = try WordCounts(["good bad film"], options: TokenizerOptions()).wordTokenizer(
      size: 9, options: TokenizerOptions())
    return try TextClassifier(
      pretrained: folder,
      settings: ClassifierSettings(variant: Variant(variant), labels: ["a", "b"], maximumLength: 12),
      wordTokenizer: words)
  }

  /// On the kernels, where the processor has them: libtorch's own attention makes finite numbers of it.
  @Test(arguments: variants)
  func `whichever weight is not a number, no prediction is made`(variant: String) throws {
    try Fixtures.withFolder { folder in
      let classifier = try classifier(variant, folder)
      func isSound() -> Bool {
        (try? classifier.predict(["the film was good", "bad", "a very very good book"])) != nil
      }
      guard Fused.isAvailable(.float32, on: .cpu, widths: [16]) || classifier.network.encoder == nil else {
        return
      }
      #expect(isSound())
      for (name, parameter) in classifier.network.namedParameters() {
        let saved = parameter.wrappedValue.detached().clone()
        withoutGradients { parameter.wrappedValue.fill(.nan) }
        #expect(!isSound(), "\(name)")
        withoutGradients { parameter.wrappedValue.copy(from: saved) }
      }
      #expect(isSound())
    }
  }

  @Test(arguments: ["1VA", "1LC", "baseline-custom"])
  func `a folder with such a weight is not opened`(variant: String) throws {
    try Fixtures.withFolder { folder in
      let classifier = try classifier(variant, folder.appendingPathComponent("pretrained"))
      let out = folder.appendingPathComponent("saved")
      let parameters = classifier.network.namedParameters()
      for (name, parameter) in [parameters[0], parameters[parameters.count - 1]] {
        let saved = parameter.wrappedValue.detached().clone()
        withoutGradients { parameter.wrappedValue.narrowed(0, from: 0, count: 1).fill(.infinity) }
        try classifier.save(to: out)
        let error = #expect(throws: FathomError.self) { try TextClassifier(folder: out) }
        #expect(error?.code == .notFinite, "\(name)")
        withoutGradients { parameter.wrappedValue.copy(from: saved) }
      }
    }
  }
}
