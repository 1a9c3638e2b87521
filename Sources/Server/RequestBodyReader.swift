import Checkpoint
import Classification
import Files
import Foundation
import Hummingbird

/// Reads a request's JSON, which anyone may have written.
enum RequestBodyReader {
  /// Levels of lists and objects in a body.
  static let nesting = 8

  /// - Throws: ``ServerFault``: 415 for another type, 413 for more than a megabyte, 408 for too slow, 400 for
  ///   a body that was cut or is no JSON object.
  static func json(_ request: Request, within limit: Duration) async throws -> [String: Any] {
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
      throw ServerFault(.unsupportedMediaType, "send JSON with the header 'Content-Type: application/json'")
    }
    return try object(Data(buffer: try await bytes(request, within: limit)))
  }

  /// - Throws: ``ServerFault`` 400.
  static func object(_ data: Data) throws -> [String: Any] {
    do {
      if let object = try BoundedJSON.value(data, nesting: nesting) as? [String: Any] {
        try refuseRepeats(data)
        return object
      }
    } catch let fault as ServerFault {
      throw fault
    } catch is BoundedJSON.TooDeep {
      throw nestsTooDeeply
    } catch {}
    throw isNoObject
  }

  /// Which of two values counts is for no reader to guess.
  private static func refuseRepeats(_ data: Data) throws {
    var seen: Set<String> = []
    var repeated: String?
    try data.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      try reader.members { reader, name in
        if !seen.insert(name).inserted { repeated = name }
        _ = try reader.scalar()
      }
    }
    if let repeated {
      throw ServerFault(.badRequest, "'\(repeated.prefix(60))' occurs twice in the body: send it once")
    }
  }

  private static let isNoObject = ServerFault(
    .badRequest, "the body is not a JSON object: send {\"texts\": [\"…\"]}")
  private static let nestsTooDeeply = ServerFault(
    .badRequest, "the body nests too deeply: send {\"texts\": [\"…\"]}")

  private static func bytes(_ request: Request, within limit: Duration) async throws -> ByteBuffer {
    try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
      group.addTask { try await whole(request.body) }
      group.addTask {
        try await Task.sleep(for: limit)
        throw ServerFault(.requestTimeout, "the body did not arrive in time: send it again")
      }
      defer { group.cancelAll() }
      return try await group.next()!
    }
  }

  private static func whole(_ body: RequestBody) async throws -> ByteBuffer {
    var all = ByteBuffer()
    do {
      for try await part in body {
        guard all.readableBytes + part.readableBytes <= StudyServer.bodyLimit else {
          throw ServerFault(.contentTooLarge, "the body is larger than a megabyte: send fewer texts")
        }
        all.writeImmutableBuffer(part)
      }
    } catch let fault as ServerFault {
      throw fault
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      // The client closed its side, or broke the rules of HTTP, in the middle of the body.
      throw ServerFault(.badRequest, "the body ended before its announced length: send it whole")
    }
    return all
  }

  /// `texts`, or `text` alone.
  static func texts(_ body: [String: Any]) throws -> [TextInput] {
    if let value = body["texts"] {
      guard let values = value as? [Any], !values.isEmpty else {
        throw ServerFault(.badRequest, "'texts' must be a list of at least one text")
      }
      guard values.count <= StudyServer.textsPerRequest else {
        throw ServerFault(
          .contentTooLarge,
          "\(values.count) texts are more than the \(StudyServer.textsPerRequest) of one request")
      }
      return try values.enumerated().map { index, value in
        guard let input = input(value) else {
          throw ServerFault(
            .badRequest, "'texts' must hold texts, or pairs of texts, alone: entry \(index), from 0, is none")
        }
        return input
      }
    }
    guard let value = body["text"] else {
      throw ServerFault(.badRequest, "'texts' must be a list of at least one text")
    }
    guard let input = input(value) else {
      throw ServerFault(.badRequest, "'text' must be a text, or a pair of texts")
    }
    return [input]
  }

  /// A text, or a list of two: a pair.
  private static func input(_ value: Any) -> TextInput? {
    if let text = value as? String { return TextInput(text) }
    guard let pair = value as? [Any], pair.count == 2, let first = pair[0] as? String,
      let second = pair[1] as? String
    else { return nil }
    return TextInput(first, second: second)
  }

  /// - Throws: ``ServerFault`` 400 for a key that nothing reads: a slip would change the answer without a
  ///   word.
  static func check(_ body: [String: Any], keys: Set<String> = ["text", "texts", "model"]) throws {
    if let odd = body.keys.sorted().first(where: { !keys.contains($0) }) {
      let known = keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
      throw ServerFault(.badRequest, "'\(odd.prefix(60))' is no key of this request: it has \(known)")
    }
  }

  static func model(_ body: [String: Any]) throws -> String? {
    guard let value = body["model"], !(value is NSNull) else { return nil }
    guard let name = value as? String else {
      throw ServerFault(.badRequest, "'model' must be a model's name")
    }
    return name
  }
}
