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

  #if os(Linux)
    /// More threads than processors that never sleep, until told to.
    private final class Crowd: @unchecked Sendable {
      private let lock = NSLock()
      private var isOver = false

      func begin() {
        for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount {
          Thread { while !self.lock.withLock({ self.isOver }) {} }.start()
        }
      }

      func end() { lock.withLock { isOver = true } }
    }

    /// Whether the engine says so within ten seconds.
    private static func becomes(_ wanted: Bool) -> Bool {
      for _ in 0..<1000 {
        if Engine.isBesideOtherWork == wanted { return true }
        usleep(10_000)
      }
      return false
    }

    /// Products, sums and norms of several sizes, with gradients: small ones, and ones that are cut into parts.
    private static func results() -> [[Float]] {
      RandomState.seed(5)
      return [7, 48, 300].flatMap { rows -> [[Float]] in
        let x = Tensor.normal([rows, 128])
        let layer = Linear(128, 512)
        layer.initialize(deviation: 1)
        layer.bias.fillNormal(deviation: 1)
        let output = layer(x)
        (output * output).sum().backward()
        return [output.array(Float.self), layer.weight.gradient!.dense.array(Float.self)]
      }
    }

    @Test func `threads that have to wait for the processor are noticed, and change no bit of a result`()
      async
    {
      await #expect(processExitsWith: .exitCode(7)) {
        unsetenv("GOMP_SPINCOUNT")
        let alone = Self.results()
        Engine.yieldToOtherWork()
        let crowd = Crowd()
        crowd.begin()
        guard Self.becomes(true) else { exit(8) }
        let beside = Self.results()
        crowd.end()
        guard beside == alone else { exit(9) }
        exit(Self.becomes(false) ? 7 : 10)
      }
    }
  #endif
}
