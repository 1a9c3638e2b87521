import Files
import Foundation

extension Tokenizer {
  /// Writes `vocab.txt` and `tokenizer_config.json`, which Hugging Face's `AutoTokenizer` opens with the same
  /// ids; where those
  /// cannot say everything, `tokenizer.json` too. Files of another tokenizer in the folder go.
  public func write(to folder: URL, maximumLength: Int, truncatesHead: Bool) throws {
    for stale in ["tokenizer.json", "added_tokens.json", "special_tokens_map.json"] {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(stale))
    }
    var settings: [String: Any] = [
      "tokenizer_class": needsJSON ? "PreTrainedTokenizerFast" : "BertTokenizer",
      "do_lower_case": options.lowercases,
      "strip_accents": options.stripsAccents == options.lowercases ? NSNull() : options.stripsAccents as Any,
      "tokenize_chinese_chars": options.splitsIdeographs, "model_max_length": maximumLength,
      "truncation_side": truncatesHead ? "left" : "right",
      "cls_token": token(clsTokenID), "sep_token": token(sepTokenID), "pad_token": token(padTokenID),
      "unk_token": token(unkTokenID),
    ]
    if let maskTokenID { settings["mask_token"] = token(maskTokenID) }
    var decoder: [String: Any] = [:]
    for (token, id) in addedTokens { decoder[String(id)] = Tokenizer.fields(token) }
    settings["added_tokens_decoder"] = decoder
    if needsJSON { try writeJSON(folder.appendingPathComponent("tokenizer.json")) }
    let text = vocabulary.tokens.joined(separator: "\n") + "\n"
    try AtomicFile.write(Data(text.utf8), to: folder.appendingPathComponent("vocab.txt"))
    try AtomicFile.write(
      JSONSerialization.data(withJSONObject: settings, options: [.prettyPrinted, .sortedKeys]),
      to: folder.appendingPathComponent("tokenizer_config.json"))
  }

  /// vocab.txt holds no line breaks and no blanks at a piece's end; BERT's class knows neither option.
  private var needsJSON: Bool {
    !options.cleansText || options.maximumWordLength != 100
      || vocabulary.tokens.contains { token in
        token.utf8.contains(10) || token.unicodeScalars.last?.properties.isWhitespace == true
      }
  }

  private static func fields(_ token: AddedToken) -> [String: Any] {
    [
      "content": token.content, "special": token.isSpecial, "single_word": token.isSingleWord,
      "lstrip": token.stripsLeft, "rstrip": token.stripsRight, "normalized": token.isNormalized,
    ]
  }

  private func writeJSON(_ file: URL) throws {
    func json(_ value: Any) throws -> String {
      let data = try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
      return String(decoding: data, as: UTF8.self)
    }
    func special(_ id: Int32) throws -> String {
      "{\"SpecialToken\":{\"id\":\(try json(token(id))),\"type_id\":0}}"
    }
    func entry(_ id: Int32) throws -> String {
      let name = try json(token(id))
      return "\(name):{\"id\":\(name),\"ids\":[\(id)],\"tokens\":[\(name)]}"
    }
    // Written by hand: a dictionary would take é and e with an accent for one piece.
    let pieces = try vocabulary.tokens.enumerated().map { "\(try json($0.element)):\($0.offset)" }
    let added = try addedTokens.map { token, id in
      var fields = Tokenizer.fields(token)
      fields["id"] = Int(id)
      return try json(fields)
    }
    let text = """
      {"version":"1.0","truncation":null,"padding":null,"added_tokens":[\(added.joined(separator: ","))],
      "normalizer":{"type":"BertNormalizer","clean_text":\(options.cleansText),
      "handle_chinese_chars":\(options.splitsIdeographs),"strip_accents":\(options.stripsAccents),
      "lowercase":\(options.lowercases)},"pre_tokenizer":{"type":"BertPreTokenizer"},
      "post_processor":{"type":"TemplateProcessing",
      "single":[\(try special(clsTokenID)),{"Sequence":{"id":"A","type_id":0}},\(try special(sepTokenID))],
      "pair":[\(try special(clsTokenID)),{"Sequence":{"id":"A","type_id":0}},\(try special(sepTokenID)),
      {"Sequence":{"id":"B","type_id":1}},\(try special(sepTokenID))],
      "special_tokens":{\(try entry(clsTokenID)),\(try entry(sepTokenID))}},
      "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
      "model":{"type":"WordPiece","unk_token":\(try json(token(unkTokenID))),"continuing_subword_prefix":"##",
      "max_input_chars_per_word":\(options.maximumWordLength),"vocab":{\(pieces.joined(separator: ","))}}}
      """
    try AtomicFile.write(Data(text.utf8), to: file)
  }
}
