import Files
import Foundation

/// What `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json` and `config.json` say of a
/// tokenizer, read as Hugging Face's `AutoTokenizer` reads them.
/// - Source: `from_pretrained` in transformers 5, tokenization_utils_base.py.
struct TokenizerConfig {
  /// nil where the file is silent.
  var lowercases: Bool?
  /// The outer nil where the file is silent; the inner is `null`: accents go where case goes.
  var stripsAccents: Bool??
  var splitsIdeographs: Bool?
  /// The tokenizer.json's rules hold and the options above are not looked at.
  var takesRulesAsTheyAre = false
  /// `cls_token` and its like, where one is named.
  var names: [String: AddedToken] = [:]
  /// In the order of their ids.
  var added: [AddedToken] = []
  /// Further special tokens, without ids.
  var extra: [AddedToken] = []
  /// `added_tokens_decoder` is there, so that no other file's tokens count.
  var hasDecoder = false

  static let roles = ["unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]

  /// Classes that are BERT's tokenizer under another name.
  private static let families: Set<String> = [
    "Bert", "DistilBert", "Electra", "MobileBert", "LayoutLM", "SqueezeBert", "Lxmert", "RetriBert",
    "DPRQuestionEncoder", "DPRContextEncoder", "DPRReader",
  ]

  /// - Parameter modelClass: `tokenizer_class` of config.json, for where the tokenizer's own file is silent.
  init(folder: URL, modelClass: String?) throws {
    func json(_ name: String) throws -> ExactJSON? {
      let file = folder.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: file.path) else { return nil }
      let value = try ExactJSON(file)
      guard value.members != nil else {
        throw FathomError(
          .damaged, at: file.path, "not a JSON object", mend: "bring the file again from the model's source")
      }
      return value
    }
    let config = try json("tokenizer_config.json")
    let path = folder.appendingPathComponent("tokenizer_config.json").path
    try check(config?["tokenizer_class"]?.string ?? modelClass, path)
    if let code = config?["auto_map"], !code.isNull {
      throw FathomError(
        .unsupported, at: path, "the tokenizer is a program of its own (auto_map)", mend: TokenizerConfig.mend
      )
    }
    func flag(_ key: String) throws -> Bool? {
      guard let value = config?[key], !value.isNull else { return nil }
      guard let flag = value.bool else {
        throw FathomError(.damaged, at: path, "\(key) is neither true nor false", mend: "write true or false")
      }
      return flag
    }
    lowercases = try flag("do_lower_case")
    splitsIdeographs = try flag("tokenize_chinese_chars")
    if config?["strip_accents"] != nil { stripsAccents = .some(try flag("strip_accents")) }

    hasDecoder = config?["added_tokens_decoder"]?.members != nil
    let map = hasDecoder ? nil : try json("special_tokens_map.json")
    for role in TokenizerConfig.roles {
      if let token = (map?[role] ?? config?[role]).flatMap({ TokenizerConfig.token($0, isSpecial: true) }) {
        names[role] = token
      }
    }
    for source in [config, map] {
      for key in ["additional_special_tokens", "extra_special_tokens"] {
        extra += (source?[key]?.array ?? []).compactMap { TokenizerConfig.token($0, isSpecial: true) }
      }
    }
    var byID: [(id: Int, token: AddedToken)] = []
    if let members = config?["added_tokens_decoder"]?.members {
      for (key, value) in members {
        guard let id = Int(key), let token = TokenizerConfig.token(value, isSpecial: false) else {
          throw FathomError(
            .damaged, at: path, "added_tokens_decoder has an entry that is no token",
            mend: "bring the file again from the model's source")
        }
        byID.append((id, token))
      }
    } else if let members = try json("added_tokens.json")?.members {
      let special = Set((names.values + extra).map { Array($0.content.utf8) })
      for (key, value) in members {
        guard let id = value.int else {
          throw FathomError(
            .damaged, at: folder.appendingPathComponent("added_tokens.json").path,
            "a token's id is no whole number",
            mend: "bring the file again from the model's source")
        }
        let isSpecial = special.contains(Array(key.utf8))
        byID.append((id, AddedToken(key, isSpecial: isSpecial, isNormalized: !isSpecial)))
      }
    }
    added = byID.sorted { $0.id < $1.id }.map(\.token)
  }

  private static let mend: Sentence = "use a model whose tokenizer is BERT's WordPiece"

  private mutating func check(_ name: String?, _ path: String) throws {
    guard var family = name else { return }
    if ["PreTrainedTokenizerFast", "TokenizersBackend"].contains(family) {
      takesRulesAsTheyAre = true
      return
    }
    for ending in ["TokenizerFast", "Tokenizer"] where family.hasSuffix(ending) {
      family.removeLast(ending.count)
      break
    }
    guard TokenizerConfig.families.contains(family) else {
      throw FathomError(
        .unsupported, at: path, "the tokenizer is a \(String(name!.prefix(100)))", mend: TokenizerConfig.mend)
    }
  }

  /// A token as text, or as an object with its flags.
  static func token(_ value: ExactJSON, isSpecial: Bool) -> AddedToken? {
    if let content = value.string {
      return AddedToken(content, isSpecial: isSpecial, isNormalized: !isSpecial)
    }
    guard let content = value["content"]?.string else { return nil }
    let special = isSpecial || value["special"]?.bool ?? false
    return AddedToken(
      content, isSpecial: special, isSingleWord: value["single_word"]?.bool ?? false,
      stripsLeft: value["lstrip"]?.bool ?? false, stripsRight: value["rstrip"]?.bool ?? false,
      isNormalized: value["normalized"]?.bool ?? !special)
  }
}
