import Files
import Foundation

/// A `tokenizer.json` of Hugging Face `tokenizers`: its pieces, its added tokens, and rules that must be
/// BERT's.
struct TokenizerJSON {
  let tokens: [String]
  let added: [AddedToken]
  let options: TokenizerOptions
  /// The normalizer is not BERT's own, though its options say all of it.
  let hasOtherNormalizer: Bool
  let unknownToken: String?

  private static let mend: Sentence = "use a model whose tokenizer is BERT's WordPiece"

  init(_ file: URL) throws {
    let root = try ExactJSON(file)
    func refuse(_ what: String) -> FathomError {
      FathomError(.unsupported, at: file.path, Sentence(what), mend: TokenizerJSON.mend)
    }
    guard let model = root["model"], let vocabulary = model["vocab"] else {
      throw FathomError(
        .damaged, at: file.path, "it holds no model with a vocabulary",
        mend: "bring the model's own tokenizer.json")
    }
    if let type = model["type"]?.string, type != "WordPiece" {
      throw refuse("the model is \(type.prefix(40)), not WordPiece")
    }
    guard let members = vocabulary.members else { throw refuse("the vocabulary is no table of pieces") }
    if let prefix = model["continuing_subword_prefix"], prefix.string != "##" {
      throw refuse("continuing pieces do not begin with ##")
    }
    if let type = root["pre_tokenizer"]?["type"]?.string, type != "BertPreTokenizer" {
      throw refuse("the pre_tokenizer is \(type.prefix(40)), not BertPreTokenizer")
    }
    if let rule = root["pre_tokenizer"], rule.isNull { throw refuse("it has no pre_tokenizer") }
    try TokenizerJSON.checkPostProcessor(root["post_processor"], refuse)
    unknownToken = model["unk_token"]?.string
    tokens = try TokenizerJSON.tokens(members, file)

    var entries: [(id: Int, token: AddedToken)] = []
    for value in root["added_tokens"]?.array ?? [] {
      guard let id = value["id"]?.int, let token = TokenizerConfig.token(value, isSpecial: false) else {
        throw FathomError(
          .damaged, at: file.path, "an added token has no id or no content",
          mend: "bring the model's own tokenizer.json")
      }
      entries.append((id, token))
    }
    added = entries.sorted { $0.id < $1.id }.map(\.token)

    let longest = model["max_input_chars_per_word"].map { $0.int ?? -1 } ?? 100
    guard (1...10_000).contains(longest) else {
      throw FathomError(
        .damaged, at: file.path, "max_input_chars_per_word is outside 1 to 10000",
        mend: "write 100, as BERT has it")
    }
    var normalizer = root["normalizer"] ?? .object([])
    if normalizer["type"]?.string == "Sequence", let parts = normalizer["normalizers"]?.array,
      parts.count == 1
    {
      normalizer = parts[0]
    }
    switch (normalizer["type"]?.string, normalizer.isNull) {
    case (_, true):
      hasOtherNormalizer = true
      options = TokenizerOptions(
        lowercases: false, splitsIdeographs: false, cleansText: false, maximumWordLength: longest)
    case ("Lowercase", _):
      hasOtherNormalizer = true
      options = TokenizerOptions(
        lowercases: true, stripsAccents: false, splitsIdeographs: false, cleansText: false,
        maximumWordLength: longest)
    case ("BertNormalizer", _), (nil, _):
      hasOtherNormalizer = false
      options = TokenizerOptions(
        lowercases: normalizer["lowercase"]?.bool ?? (normalizer["type"] != nil),
        stripsAccents: normalizer["strip_accents"]?.bool,
        splitsIdeographs: normalizer["handle_chinese_chars"]?.bool ?? true,
        cleansText: normalizer["clean_text"]?.bool ?? true, maximumWordLength: longest)
    case (let type?, _): throw refuse("the normalizer is \(type.prefix(40)), not BertNormalizer")
    }
  }

  /// Pieces in the order of their ids, which go from 0 up without a gap.
  private static func tokens(_ members: [(key: String, value: ExactJSON)], _ file: URL) throws -> [String] {
    var tokens = [String?](repeating: nil, count: members.count)
    for (token, value) in members {
      guard let id = value.int, tokens.indices.contains(id), tokens[id] == nil else {
        let shown = token.prefix(40)
        throw FathomError(
          .damaged, at: file.path, "the id of token '\(String(shown))' is taken or out of range",
          mend: "bring the model's own tokenizer.json")
      }
      tokens[id] = token
    }
    return tokens.map { $0! }
  }

  /// Only `[CLS] text [SEP]`, under whatever names.
  private static func checkPostProcessor(_ rule: ExactJSON?, _ refuse: (String) -> FathomError) throws {
    guard let rule, !rule.isNull else { return }
    switch rule["type"]?.string {
    case "BertProcessing": return
    case "TemplateProcessing":
      let parts = rule["single"]?.array ?? []
      guard parts.count == 3, parts[0]["SpecialToken"] != nil, parts[1]["Sequence"] != nil,
        parts[2]["SpecialToken"] != nil
      else { throw refuse("the post_processor does not make [CLS] text [SEP]") }
    case let type: throw refuse("the post_processor is \((type ?? "unknown").prefix(40)), not BERT's")
    }
  }
}
