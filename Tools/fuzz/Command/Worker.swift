import Foundation
import Mutation

/// Reads inputs one after another in this process, and keeps the number of the current one in a file.
struct Worker {
  /// Longer is reported.
  static let slowSeconds = 1.0
  /// More memory for one input is reported; inputs are of 1 MB at most.
  static let heavyBytes = 128 << 20

  private let reader: FuzzedReader
  private let options: Fuzz

  init(_ reader: FuzzedReader, _ options: Fuzz) { (self.reader, self.options) = (reader, options) }

  func run(_ folder: URL) throws {
    let mutator = Mutator(seeds: reader.seeds, isJSON: reader.isJSON, seed: options.seed)
    let file = folder.appendingPathComponent(reader.fileName)
    let progress = open(folder.appendingPathComponent(".progress").path, O_WRONLY | O_CREAT, 0o600)
    var read = 0
    for index in options.first..<options.first + options.count {
      var number = UInt64(index)
      pwrite(progress, &number, 8, 0)
      try Data(mutator.input(index)).write(to: file)
      let before = peak()
      let start = ContinuousClock.now
      if (try? reader.read(folder)) != nil { read += 1 }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      let grown = peak() - before
      if seconds > Worker.slowSeconds { print("slow \(index) \(seconds)") }
      if grown > Worker.heavyBytes { print("heavy \(index) \(grown >> 20)") }
    }
    print("read \(read)")
  }

  /// Bytes.
  private func peak() -> Int {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(truncatingIfNeeded: RUSAGE_SELF.rawValue), &usage)
      return Int(usage.ru_maxrss) << 10
    #else
      getrusage(__rusage_who_t(truncatingIfNeeded: RUSAGE_SELF.rawValue), &usage)
      return Int(usage.ru_maxrss)
    #endif
  }
}
