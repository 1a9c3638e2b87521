import Encoder
import Fixtures
import Testing
import Torch

@testable import Classification

/// On the CPU, where the recorded work is done anew each time: the tensors that it reads, and the filling.
@Suite struct GraphedPassesTests {
  @Test func `small batches filled up to a size give the logits of the plain pass, one after another`() throws
  {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let settings = ClassifierSettings(
        variant: try Variant("2VA"), labels: ["a", "b", "c"], maximumLength: 16)
      let network = try TextClassifier(pretrained: folder, settings: settings).network
      let passes = GraphedPasses(network, dtype: .float32, device: .cpu)
      var generator = SystemSeed(3)
      for round in 0..<40 {
        let sequences = (0..<1 + round % 3).map { _ in
          (0..<Int.random(in: 1...16, using: &generator)).map { _ in
            Int32.random(in: 0..<5, using: &generator)
          }
        }
        try withoutGradients {
          let found = try #require(passes.logits(sequences)).array(Float.self)
          #expect(isClose(found, network(PackedTokens(sequences)).array(), within: 1e-5), "\(sequences)")
        }
      }
    }
  }

  @Test func `a large batch is left to the plain pass`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let settings = ClassifierSettings(variant: try Variant("1VA"), labels: ["a", "b"], maximumLength: 16)
      let passes = GraphedPasses(
        try TextClassifier(pretrained: folder, settings: settings).network, dtype: .float32, device: .cpu)
      #expect(passes.logits([[Int32]](repeating: [1, 2, 3, 4, 5, 6, 7, 8], count: 128)) == nil)
    }
  }
}
