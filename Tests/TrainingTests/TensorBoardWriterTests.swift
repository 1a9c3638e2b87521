import Files
import Fixtures
import Foundation
import Testing

@testable import Training

@Suite struct TensorBoardWriterTests {
  /// Bytes of the encoder that Fathom had before it used swift-protobuf.
  @Test func `records are the same bytes as before`() throws {
    let first = TensorBoardEvent.with {
      $0.wallTime = 1_700_000_000.25
      $0.fileVersion = "brain.Event:2"
    }
    let second = TensorBoardEvent.with {
      $0.wallTime = 1_700_000_001.5
      $0.step = 300
      $0.summary.value = [("train/loss", Float(0.6931471805599453)), ("validation/accuracy", 0)].map {
        tag, value in
        .with {
          $0.tag = tag
          $0.simpleValue = value
        }
      }
    }
    #expect(
      try TensorBoardWriter.record(first).base64EncodedString()
        == "GAAAAAAAAACjf0siCQAAEED8VNlBGg1icmFpbi5FdmVudDoyM40v6Q==")
    #expect(
      try TensorBoardWriter.record(second).base64EncodedString()
        == "PQAAAAAAAABgSfHsCQAAYED8VNlBEKwCKi8KEQoKdHJhaW4vbG9zcxUYcjE/ChoKE3ZhbGlkYXRpb24vYWNjdXJhY3kVAAAAAEhsB08="
    )
  }

  @Test func `a figure of zero is written and read back`() throws {
    try Fixtures.withFolder { folder in
      let writer = try TensorBoardWriter(folder)
      try writer.add(step: 1, [("validation/accuracy", 0)])
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
      let data = try Data(contentsOf: folder.appendingPathComponent(name))
      let firstLength = Int(data[0])
      let event = try TensorBoardEvent(serializedBytes: data[(16 + firstLength + 12)..<(data.count - 4)])
      #expect(event.step == 1 && event.summary.value.map(\.tag) == ["validation/accuracy"])
      #expect(event.summary.value[0].value == .simpleValue(0))
    }
  }
}
