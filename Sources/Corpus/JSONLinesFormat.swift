import Files
import Foundation

/// One JSON object a line.
struct JSONLinesFormat: LabelledTextFormat {
  private let source: TextSource
  private let path: String
  private let keys: [String]
  private var position: Int
  private var line = 0

  init(_ url: URL, _ reader: CorpusReader) throws {
    source = try TextSource(url)
    path = url.path
    keys = [reader.textColumn, reader.labelColumn]
    position = source.start
  }

  private var place: String { "\(path), line \(line)" }

  mutating func next() throws -> LabelledText? {
    while position < source.bytes.count {
      let end = source.bytes.first(source.lineBreak, from: position) ?? source.bytes.count
      let bytes = UnsafeRawBufferPointer(rebasing: source.bytes[position..<end])
      position = end + 1
      line += 1
      source.file.release(upTo: end)
      if !bytes.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { return try example(bytes) }
    }
    return nil
  }

  private func example(_ bytes: UnsafeRawBufferPointer) throws -> LabelledText {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw TextSource.notUTF8(place) }
    let values: [JSONFields.Value?]
    do { values = try JSONFields.read(bytes, keys: keys) } catch let fault as JSONFields.Fault {
      throw FathomError(.damaged, at: place, Sentence(fault.what), mend: "write one JSON object a line")
    }
    guard case .string(let text)? = values[0] else {
      throw FathomError(
        .data, at: place, "no text under '\(keys[0])'", mend: "choose the key with \(.textColumn)")
    }
    switch values[1] {
    case .string(let label)?, .word(let label)?:
      return LabelledText(text: text, label: try checked(label) { place }, path: path, line: line)
    case .other?, nil:
      throw FathomError(
        .data, at: place, "no label under '\(keys[1])'", mend: "choose the key with \(.labelColumn)")
    }
  }
}
