import Files
import Checkpoint
import Foundation

/// Scalars by step in a file that TensorBoard reads.
/// - Source: `record_writer.h`, `crc32c.h`, `event.proto` and `summary.proto` of tensorflow/tensorflow.
public final class TensorBoardWriter {
  private let file: FileHandle
  private let path: String

  /// Starts a file of its own; TensorBoard joins those of a folder, so that a run which goes on needs no old one.
  /// - Throws: `FathomError` when the folder cannot be written.
  public init(_ folder: URL) throws {
    let now = Date().timeIntervalSince1970
    let name =
      "events.out.tfevents.\(Int(now)).\(ProcessInfo.processInfo.hostName).\(ProcessInfo.processInfo.processIdentifier)"
    path = folder.appendingPathComponent(name).path
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: path))
      file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    } catch { throw TensorBoardWriter.fault(path) }
    try write(event(now) { $0.text(3, "brain.Event:2") })
  }

  deinit { try? file.close() }

  /// - Throws: `FathomError` when there is no room.
  public func add(step: Int, _ values: [(tag: String, value: Double)]) throws {
    var summary = ProtocolBuffer()
    for (tag, value) in values {
      var entry = ProtocolBuffer()
      entry.text(1, tag)
      entry.float(2, Float(value))
      summary.message(1, entry)
    }
    try write(
      event(Date().timeIntervalSince1970) {
        $0.integer(2, step)
        $0.message(5, summary)
      })
  }

  /// The figures of an epoch under the names that TensorBoard groups by.
  public func add(_ epoch: EpochRecord) throws {
    var values: [(tag: String, value: Double)] = [
      ("train/loss", epoch.trainLoss),
      ("train/tokens_per_second", Double(epoch.tokens) / max(epoch.seconds, 1e-9)),
    ]
    for (split, metrics) in [("validation", epoch.validation), ("test", epoch.test)] {
      guard let metrics else { continue }
      values += [
        ("\(split)/accuracy", metrics.accuracy), ("\(split)/macro_f1", metrics.macroF1),
        ("\(split)/loss", metrics.loss),
      ]
    }
    try add(step: epoch.epoch, values)
  }

  private func event(_ time: Double, _ fill: (inout ProtocolBuffer) -> Void) -> ProtocolBuffer {
    var event = ProtocolBuffer()
    event.double(1, time)
    fill(&event)
    return event
  }

  /// Length, its checksum, the record, its checksum.
  private func write(_ record: ProtocolBuffer) throws {
    let length = withUnsafeBytes(of: UInt64(record.bytes.count).littleEndian) { Array($0) }
    func checksum(_ bytes: [UInt8]) -> [UInt8] {
      withUnsafeBytes(of: CRC32C.masked(bytes).littleEndian) { Array($0) }
    }
    do { try file.write(contentsOf: length + checksum(length) + record.bytes + checksum(record.bytes)) } catch
    {
      throw TensorBoardWriter.fault(path)
    }
  }

  private static func fault(_ path: String) -> CheckpointError {
    CheckpointError("\(path) could not be written: free some space and run again")
  }
}

/// The wire format of protocol buffers, as far as scalars need it.
/// - Source: protobuf.dev, "Encoding".
private struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func integer(_ field: Int, _ value: Int) {
    variable(field << 3)
    variable(value)
  }

  mutating func double(_ field: Int, _ value: Double) {
    variable(field << 3 | 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func float(_ field: Int, _ value: Float) {
    variable(field << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func text(_ field: Int, _ value: String) { chunk(field, Array(value.utf8)) }
  mutating func message(_ field: Int, _ value: ProtocolBuffer) { chunk(field, value.bytes) }

  private mutating func chunk(_ field: Int, _ content: [UInt8]) {
    variable(field << 3 | 2)
    variable(content.count)
    bytes += content
  }

  private mutating func variable(_ value: Int) {
    var rest = UInt64(bitPattern: Int64(value))
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// - Source: RFC 3720, appendix B.4 (polynomial 0x1EDC6F41); the mask is TensorFlow's.
private enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let crc = ~bytes.reduce(UInt32.max) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
