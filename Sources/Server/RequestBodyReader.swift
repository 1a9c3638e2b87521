import Foundation
import Hummingbird

/// Reads a request's JSON, which anyone may have written.
enum RequestBodyReader {
  /// - Throws: ``ServerFault``: 415 for another type, 413 for more than a megabyte, 408 for too slow, 400 for no JSON object.
  static func json(_ request: Request, within limit: Duration) async throws -> [String: Any] {
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
      throw ServerFault(.unsupportedMediaType, "send JSON with the header 'Content-Type: application/json'")
    }
    let data = Data(buffer: try await bytes(request, within: limit))
    guard depth(data) <= 8, let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else {
      throw ServerFault(.badRequest, "the body is not a JSON object: send {\"texts\": [\"…\"]}")
    }
    return object
  }

  private static func bytes(_ request: Request, within limit: Duration) async throws -> ByteBuffer {
    try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
      group.addTask {
        var all = ByteBuffer()
        for try await part in request.body {
          guard all.readableBytes + part.readableBytes <= StudyServer.bodyLimit else {
            throw ServerFault(.contentTooLarge, "the body is larger than a megabyte: send fewer texts")
          }
          all.writeImmutableBuffer(part)
        }
        return all
      }
      group.addTask {
        try await Task.sleep(for: limit)
        throw ServerFault(.requestTimeout, "the body did not arrive in time: send it again")
      }
      defer { group.cancelAll() }
      return try await group.next()!
    }
  }

  /// How deep brackets nest: a parser that recurses must not see thousands.
  private static func depth(_ data: Data) -> Int {
    var (depth, deepest, isText, isEscaped) = (0, 0, false, false)
    for byte in data {
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        deepest = max(deepest, depth)
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
    return deepest
  }

  /// `texts`, or `text` alone.
  static func texts(_ body: [String: Any]) throws -> [String] {
    let texts = body["texts"] as? [String] ?? (body["text"] as? String).map { [$0] } ?? []
    guard !texts.isEmpty else {
      throw ServerFault(.badRequest, "'texts' must be a list of at least one text")
    }
    guard texts.count <= StudyServer.textsPerRequest else {
      throw ServerFault(
        .contentTooLarge,
        "\(texts.count) texts are more than the \(StudyServer.textsPerRequest) of one request")
    }
    return texts
  }

  static func model(_ body: [String: Any]) throws -> String? {
    guard let value = body["model"], !(value is NSNull) else { return nil }
    guard let name = value as? String else {
      throw ServerFault(.badRequest, "'model' must be a model's name")
    }
    return name
  }
}
