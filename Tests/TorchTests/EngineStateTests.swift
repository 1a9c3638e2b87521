import Foundation
import Testing

@testable import Torch

@Suite struct EngineStateTests {
  @Test func `plain operations are taken inside the call alone`() {
    #expect(Fused.isEnabled)
    Fused.disabled { #expect(!Fused.isEnabled) }
    #expect(Fused.isEnabled)
  }

  @Test func `a task that runs beside keeps its fused operations`() async {
    let beside = Task.detached { Fused.isEnabled }
    #expect(await beside.value)
    await Task { Fused.disabled { #expect(!Fused.isEnabled) } }.value
  }

  @Test func `counts of one task do not hold what another multiplies`() async {
    let x = Tensor.zeros([2, 3])
    let counted = OperationCounter.count { _ = x.matmul(.zeros([3, 5])) }
    #expect(counted == 60)
    let nested = OperationCounter.count {
      _ = x.matmul(.zeros([3, 5]))
      #expect(OperationCounter.count { _ = x.matmul(.zeros([3, 1])) } == 12)
    }
    #expect(nested == 60)
  }

  #if os(Linux) || os(macOS)
    @Test func `memory that cannot be had goes to the program's handler`() async {
      await #expect(processExitsWith: .exitCode(7)) {
        Engine.onExhaustion { words in
          exit(words.contains("memory") ? 7 : 8)
        }
        _ = Tensor.empty([1 << 50])
      }
    }
  #endif
}
