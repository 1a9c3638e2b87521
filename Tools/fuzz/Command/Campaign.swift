import Foundation
import Mutation

/// All inputs of a reader, in as many processes as it takes.
struct Campaign {
  /// A process that stays at one input for longer is ended.
  private static let hangSeconds = 20.0

  private let reader: FuzzedReader
  private let options: Fuzz

  init(_ reader: FuzzedReader, _ options: Fuzz) { (self.reader, self.options) = (reader, options) }

  /// - Returns: whether no input ended a process, hung, was slow or heavy.
  func run() throws -> Bool {
    let shared = URL(fileURLWithPath: "/dev/shm")
    let base =
      FileManager.default.fileExists(atPath: shared.path) ? shared : FileManager.default.temporaryDirectory
    let folder = base.appendingPathComponent("fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in reader.companions {
      try Data(bytes).write(to: folder.appendingPathComponent(name))
    }
    let start = ContinuousClock.now
    let end = options.first + options.count
    var next = options.first
    var faults = 0
    var read = 0
    while next < end {
      let (status, lines) = try child(folder, next, end - next)
      for line in lines {
        let words = line.split(separator: " ")
        if words.first == "read" {
          read += Int(words[1]) ?? 0
        } else if words.count == 3 {
          let unit = words[0] == "slow" ? "seconds" : "MB"
          print("\(reader.name): seed \(options.seed), input \(words[1]) is \(words[0]): \(words[2]) \(unit)")
          faults += 1
        }
      }
      if status == 0 { break }
      let data = try Data(contentsOf: folder.appendingPathComponent(".progress"))
      let index = Int(data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
      try keep(index, status)
      faults += 1
      next = index + 1
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rate = Int(Double(options.count) / max(seconds, 0.001))
    print("\(reader.name): \(options.count) inputs, \(read) read, \(faults) faults, \(rate) a second")
    return faults == 0
  }

  private func child(_ folder: URL, _ first: Int, _ count: Int) throws -> (status: Int32, lines: [String]) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      reader.name, "--count", "\(count)", "--seed", "\(options.seed)", "--first", "\(first)", "--worker",
      folder.path,
    ]
    // A trap prints a back trace, which takes longer than thousands of inputs.
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    let output = folder.appendingPathComponent(".output")
    FileManager.default.createFile(atPath: output.path, contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    let progress = folder.appendingPathComponent(".progress")
    var last = Data()
    var changed = ContinuousClock.now
    while process.isRunning {
      Thread.sleep(forTimeInterval: 0.02)
      let now = (try? Data(contentsOf: progress)) ?? Data()
      if now != last { (last, changed) = (now, ContinuousClock.now) }
      if (ContinuousClock.now - changed) / .seconds(1) > Campaign.hangSeconds {
        kill(process.processIdentifier, SIGKILL)
      }
    }
    process.waitUntilExit()
    let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
    return (process.terminationStatus, text.split(separator: "\n").map(String.init))
  }

  private func keep(_ index: Int, _ status: Int32) throws {
    let folder = URL(fileURLWithPath: options.crashes)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent("\(reader.name)-\(options.seed)-\(index)")
    let mutator = Mutator(seeds: reader.seeds, isJSON: reader.isJSON, seed: options.seed)
    try Data(mutator.input(index)).write(to: file)
    let input = "seed \(options.seed), input \(index)"
    print("\(reader.name): \(input) ended the process (\(status)): kept as \(file.path)")
  }
}
