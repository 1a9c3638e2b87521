import ArgumentParser
import Torch

/// How much of the processor the engine takes.
struct ThreadArguments: ParsableArguments {
  @Option(
    help: "CPU threads (default: one per physical core).",
    in: .from(1, to: 512))
  var threads: Int?

  func apply() {
    Engine.keepFreedMemory()
    if let threads { Engine.threadCount = threads } else { Engine.useAllCores() }
  }
}
