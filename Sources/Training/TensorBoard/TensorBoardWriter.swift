import Files
import Foundation
import SwiftProtobuf

/// Scalars by step in a file that TensorBoard reads.
/// - Source: `record_writer.h` and `crc32c.h` of tensorflow/tensorflow; event.proto beside this file has the
///   messages.
public final class TensorBoardWriter {
  private let file: FileHandle
  private let path: String

  /// Starts a file of its own; TensorBoard joins those of a folder, so that a run which goes on needs no old
  /// one.
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
    try write(
      .with {
        $0.wallTime = now
        $0.fileVersion = "brain.Event:2"
      })
  }

  deinit { try? file.close() }

  /// - Throws: `FathomError` when there is no room.
  public func add(step: Int, _ values: [(tag: String, value: Double)]) throws {
    try write(
      .with {
        $0.wallTime = Date().timeIntervalSince1970
        $0.step = Int64(step)
        $0.summary.value = values.map { tag, value in
          .with {
            $0.tag = tag
            $0.simpleValue = Float(value)
          }
        }
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
      for metric in Metric.allCases {
        guard let value = metrics[metric] else { continue }
        values.append(("\(split)/\(metric.rawValue.replacing("-", with: "_"))", value))
      }
    }
    try add(step: epoch.epoch, values)
  }

  private func write(_ event: TensorBoardEvent) throws {
    do { try file.write(contentsOf: TensorBoardWriter.record(event)) } catch {
      throw TensorBoardWriter.fault(path)
    }
  }

  /// Length, its checksum, the event, its checksum.
  static func record(_ event: TensorBoardEvent) throws -> Data {
    let bytes: [UInt8] = try event.serializedBytes()
    let length = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
    func checksum(_ bytes: [UInt8]) -> [UInt8] {
      withUnsafeBytes(of: CRC32C.masked(bytes).littleEndian) { Array($0) }
    }
    return Data(length + checksum(length) + bytes + checksum(bytes))
  }

  private static func fault(_ path: String) -> FathomError {
    FathomError(.unwritable, at: path, "the file cannot be written", mend: "free some space and run again")
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
