import Files
import Foundation

extension Tokenizer {
  /// Reads the tokenizer of a model folder, whose config.json nobody has read yet.
  /// - Throws: `FathomError` naming the file and what is wrong with it, or the rule that is not BERT's.
  public convenience init(folder: URL) throws {
    // A broken config.json is for its own reader to tell.
    let model = try? ExactJSON(folder.appendingPathComponent("config.json"))
    try self.init(folder: folder, modelStates: model?["tokenizer_class"]?.string)
  }

  /// Reads the tokenizer of a model folder in the Hugging Face layout: `tokenizer.json`, else `vocab.txt`,
  /// with what `tokenizer_config.json` and the files of added tokens say.
  ///
  /// Of options that disagree, `tokenizer_config.json` wins, as in Hugging Face. Where no file says whether
  /// case is kept, a vocabulary with capitals keeps it.
  /// - Parameter tokenizerClass: what config.json says under `tokenizer_class`.
  /// - Throws: `FathomError` naming the file and what is wrong with it, or the rule that is not BERT's.
  public convenience init(folder: URL, modelStates tokenizerClass: String?) throws {
    let json = folder.appendingPathComponent("tokenizer.json")
    let text = folder.appendingPathComponent("vocab.txt")
    let config = try TokenizerConfig(folder: folder, modelClass: tokenizerClass)
    if FileManager.default.fileExists(atPath: json.path) {
      let file = try TokenizerJSON(json)
      let options = try Tokenizer.options(config, file, json)
      var names = config.names
      if let unknown = file.unknownToken {
        if let stated = names["unk_token"], !stated.content.utf8.elementsEqual(unknown.utf8) {
          throw FathomError(
            .unsupported, at: json.path, "tokenizer_config.json names another unknown token than this file",
            mend: "make the two agree")
        }
        names["unk_token"] = names["unk_token"] ?? AddedToken(unknown)
      }
      let added = config.hasDecoder ? config.added : config.added + file.added
      try self.init(file.tokens, options, names, added + config.extra, file: json)
    } else if FileManager.default.fileExists(atPath: text.path) {
      let tokens = try VocabularyText.tokens(text)
      let lowercases = config.lowercases ?? !VocabularyText.keepsCase(tokens)
      let options = TokenizerOptions(
        lowercases: lowercases, stripsAccents: config.stripsAccents ?? nil,
        splitsIdeographs: config.splitsIdeographs ?? true)
      try self.init(tokens, options, config.names, config.added + config.extra, file: text)
    } else {
      throw FathomError(
        .notFound, at: folder.path, "it has neither vocab.txt nor tokenizer.json",
        mend: "bring one from where the model came from")
    }
  }

  private convenience init(
    _ tokens: [String], _ options: TokenizerOptions, _ names: [String: AddedToken], _ added: [AddedToken],
    file: URL
  ) throws {
    do {
      try self.init(Vocabulary(tokens), options: options, names: names, addedTokens: added)
    } catch let error as FathomError {
      throw FathomError(error.code, at: file.path, error.what, mend: error.mend)
    }
  }

  /// What `tokenizer_config.json` says, setting by setting, else the tokenizer.json's own rules.
  private static func options(
    _ config: TokenizerConfig, _ file: TokenizerJSON, _ url: URL
  ) throws -> TokenizerOptions {
    var options = file.options
    if config.takesRulesAsTheyAre { return options }
    if config.lowercases == nil, config.stripsAccents == nil, config.splitsIdeographs == nil {
      return options
    }
    if file.hasOtherNormalizer {
      throw FathomError(
        .unsupported, at: url.path,
        "the normalizer is not BertNormalizer, and tokenizer_config.json asks for BERT's: two rules",
        mend: "use a model whose tokenizer is BERT's WordPiece")
    }
    if let lowercases = config.lowercases {
      // One that speaks of case speaks of accents too: unsaid, they go where case goes.
      options.lowercases = lowercases
      options.stripsAccents = lowercases
      options.splitsIdeographs = true
    }
    if let stated = config.stripsAccents { options.stripsAccents = stated ?? options.lowercases }
    if let splits = config.splitsIdeographs { options.splitsIdeographs = splits }
    return options
  }
}

/// A `vocab.txt`: one piece a line, its id the line's number.
enum VocabularyText {
  /// - Throws: `FathomError` when the file cannot be read or is no UTF-8.
  static func tokens(_ file: URL) throws -> [String] {
    let data: Data
    do { data = try Data(contentsOf: file) } catch {
      throw FathomError(.unreadable, at: file.path, "the file cannot be read", mend: "check its permissions")
    }
    guard String(validating: data, as: UTF8.self) != nil else {
      throw FathomError(.damaged, at: file.path, "it is not UTF-8", mend: "bring the model's own vocab.txt")
    }
    var lines = data.split(separator: 10, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { line in
      var scalars = String(decoding: line, as: UTF8.self).unicodeScalars
      // As Hugging Face reads it: blanks at the end are no part of a piece.
      while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
      return String(scalars)
    }
  }

  /// Whether pieces were made from text with its capitals: one in a hundred has some. `[CLS]` and its like do
  /// not count.
  static func keepsCase(_ tokens: [String]) -> Bool {
    let cased = tokens.count { token in
      !(token.utf8.first == 0x5B && token.utf8.last == 0x5D && token.utf8.count > 1)
        && token.unicodeScalars.contains { $0.properties.isUppercase }
    }
    return cased > 0 && cased * 100 >= tokens.count
  }
}
