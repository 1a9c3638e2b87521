import Checkpoint
import Files
import Foundation

/// Runs a script with the Python that fetched libtorch, or the one that FATHOM_PYTHON names.
func python(_ script: String, _ arguments: [String] = []) throws -> (status: Int32, output: String) {
  let process = Process(), pipe = Pipe()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments =
    [ProcessInfo.processInfo.environment["FATHOM_PYTHON"] ?? "python3", "-c", script] + arguments
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  var output = Data()
  try ChildProcess.run(process) { output = pipe.fileHandleForReading.readDataToEndOfFile() }
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
