import Files
import Foundation

extension Tokenizer {
  /// Reads the tokenizer of a model folder in the Hugging Face layout: `tokenizer.json`, or `vocab.txt` with
  /// `tokenizer_config.json` where there is one.
  /// - Throws: ``TokenizerError`` naming the file and what is wrong with it.
  public convenience init(folder: URL) throws {
    let json = folder.appendingPathComponent("tokenizer.json")
    let vocabulary = folder.appendingPathComponent("vocab.txt")
    if FileManager.default.fileExists(atPath: vocabulary.path) {
      try self.init(
        vocabularyFile: vocabulary, config: folder.appendingPathComponent("tokenizer_config.json"))
    } else if FileManager.default.fileExists(atPath: json.path) {
      try self.init(tokenizerFile: json)
    } else {
      throw TokenizerError(
        "\(folder.path) has neither vocab.txt nor tokenizer.json: bring one from the model's home")
    }
  }

  /// A `vocab.txt`, one piece a line, and the options in a `tokenizer_config.json` if it exists.
  convenience init(vocabularyFile file: URL, config: URL) throws {
    let data = try read(file)
    guard let text = String(data: data, encoding: .utf8) else {
      throw TokenizerError("\(file.path) is not UTF-8: bring the model's own vocab.txt")
    }
    var tokens = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0.hasSuffix("\r") ? $0.dropLast() : $0)
    }
    // "\r\n" is one Character, so a DOS file comes out of the split as a single line.
    if tokens.count == 1 || text.utf8.contains(13) {
      tokens = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map {
        String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self)
      }
    }
    if tokens.last == "" { tokens.removeLast() }
    var options = TokenizerOptions()
    var special: Set<String> = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"]
    if FileManager.default.fileExists(atPath: config.path) {
      let settings = try object(config)
      if let added = settings["added_tokens_decoder"] as? [String: [String: Any]] {
        for token in added.values { if let content = token["content"] as? String { special.insert(content) } }
      }
      options = TokenizerOptions(
        lowercases: settings["do_lower_case"] as? Bool ?? true,
        stripsAccents: settings["strip_accents"] as? Bool,
        splitsIdeographs: settings["tokenize_chinese_chars"] as? Bool ?? true)
    }
    do {
      try self.init(Vocabulary(tokens), options: options, specialTokens: special.sorted())
    } catch { throw TokenizerError("\(file.path): \(error)") }
  }

  /// A `tokenizer.json` of Hugging Face `tokenizers` whose model is WordPiece.
  convenience init(tokenizerFile file: URL) throws {
    let root = try object(file)
    guard let model = root["model"] as? [String: Any], var entries = try VocabularyScanner.pieces(read(file))
    else {
      throw TokenizerError("\(file.path) holds no WordPiece vocabulary: only BERT tokenizers are read")
    }
    if let type = model["type"] as? String, type != "WordPiece" {
      throw TokenizerError("\(file.path) is a \(type) tokenizer: only WordPiece, BERT's, is read")
    }
    var special: [String] = []
    let known = Set(entries.map(\.id))
    for added in root["added_tokens"] as? [[String: Any]] ?? [] {
      guard let content = added["content"] as? String, let id = added["id"] as? Int else { continue }
      special.append(content)
      if !known.contains(id) { entries.append((content, id)) }
    }
    var tokens = [String?](repeating: nil, count: entries.count)
    for (token, id) in entries {
      guard tokens.indices.contains(id), tokens[id] == nil else {
        throw TokenizerError("\(file.path): token '\(token)' has id \(id), which is taken or out of range")
      }
      tokens[id] = token
    }
    let normalizer = root["normalizer"] as? [String: Any] ?? [:]
    let options = TokenizerOptions(
      lowercases: normalizer["lowercase"] as? Bool ?? false,
      stripsAccents: normalizer["strip_accents"] as? Bool,
      splitsIdeographs: normalizer["handle_chinese_chars"] as? Bool ?? true,
      cleansText: normalizer["clean_text"] as? Bool ?? true,
      maximumWordLength: model["max_input_chars_per_word"] as? Int ?? 100)
    do {
      try self.init(Vocabulary(tokens.map { $0! }), options: options, specialTokens: special)
    } catch { throw TokenizerError("\(file.path): \(error)") }
  }

  /// Writes `vocab.txt` and `tokenizer_config.json`, which Hugging Face's `AutoTokenizer` opens.
  public func write(to folder: URL, maximumLength: Int, truncatesHead: Bool = false) throws {
    let text = vocabulary.tokens.joined(separator: "\n") + "\n"
    try AtomicFile.write(Data(text.utf8), to: folder.appendingPathComponent("vocab.txt"))
    let settings: [String: Any] = [
      "tokenizer_class": "BertTokenizer", "do_lower_case": options.lowercases,
      "strip_accents": options.stripsAccents == options.lowercases ? NSNull() : options.stripsAccents as Any,
      "tokenize_chinese_chars": options.splitsIdeographs, "model_max_length": maximumLength,
      "truncation_side": truncatesHead ? "left" : "right",
      "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]",
      "mask_token": "[MASK]",
    ]
    let json = try JSONSerialization.data(withJSONObject: settings, options: [.prettyPrinted, .sortedKeys])
    try AtomicFile.write(json, to: folder.appendingPathComponent("tokenizer_config.json"))
  }
}

private func read(_ file: URL) throws -> Data {
  do { return try Data(contentsOf: file, options: .mappedIfSafe) } catch {
    throw TokenizerError("\(file.path) cannot be read: check that it exists and is readable")
  }
}

private func object(_ file: URL) throws -> [String: Any] {
  guard let object = try? JSONSerialization.jsonObject(with: read(file)) as? [String: Any] else {
    throw TokenizerError("\(file.path) is not a JSON object: bring the file again from the model's home")
  }
  return object
}
