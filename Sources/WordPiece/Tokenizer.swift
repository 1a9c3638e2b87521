import Files
import Foundation

/// BERT's tokenizer: the same ids as Hugging Face's `BertTokenizer`.
/// - Source: `tokenization.py` of google-research/bert; `BertNormalizer` and `WordPiece` of
/// huggingface/tokenizers.
public final class Tokenizer: Tokenizing {
  public let vocabulary: Vocabulary
  public let options: TokenizerOptions
  public let clsTokenID: Int32
  public let sepTokenID: Int32
  public let padTokenID: Int32
  public let unkTokenID: Int32
  public let maskTokenID: Int32?
  /// Tokens that are found before words are split, with their ids: in the vocabulary, or after it.
  public let addedTokens: [(token: AddedToken, id: Int32)]
  public let digest: String

  let scalars: ScalarTable
  /// What each byte asks for: a folded letter (0x20 and up), or one of the actions below.
  let asciiActions: [UInt8]
  /// Added tokens that are looked for in the text as typed.
  let typedTokens: AddedTokenMatcher
  /// Those that are looked for in the normalised text.
  let normalizedTokens: AddedTokenMatcher
  /// Whether added tokens must be found before a text is encoded; otherwise they are found on the way.
  let needsSegments: Bool
  /// Added tokens that are no pieces; their ids follow those of the vocabulary.
  private let furtherTokens: [String]

  static let isSpace: UInt8 = 1
  static let isRemoved: UInt8 = 2
  static let isPunctuation: UInt8 = 3
  static let isOther: UInt8 = 4

  /// - Parameter specialTokens: tokens that are found in a text as typed; nil takes the five of BERT.
  /// - Throws: when the vocabulary lacks `[CLS]`, `[SEP]`, `[PAD]` or `[UNK]`.
  public convenience init(
    _ vocabulary: Vocabulary, options: TokenizerOptions = TokenizerOptions(), specialTokens: [String]? = nil
  ) throws {
    try self.init(
      vocabulary, options: options, names: [:], addedTokens: (specialTokens ?? []).map { AddedToken($0) },
      findsNames: specialTokens == nil)
  }

  /// - Parameters:
  ///   - names: `cls_token` and its like, where they are not BERT's.
  ///   - addedTokens: those that the vocabulary lacks get the ids after it, in this order, as in Hugging
  /// Face.
  ///   - findsNames: whether `[CLS]` and its like are found in a text.
  init(
    _ vocabulary: Vocabulary, options: TokenizerOptions, names: [String: AddedToken],
    addedTokens: [AddedToken],
    findsNames: Bool = true
  ) throws {
    self.vocabulary = vocabulary
    self.options = options
    let scalars = ScalarTable(options)
    self.scalars = scalars
    var further: [String] = []
    var known: [(token: AddedToken, id: Int32)] = []
    var ids: [[UInt8]: Int32] = [:]
    func add(_ token: AddedToken) {
      let bytes = Array(token.content.utf8)
      guard !bytes.isEmpty, ids[bytes] == nil else { return }
      let id = vocabulary.id(token.content) ?? Int32(vocabulary.tokens.count + further.count)
      if Int(id) >= vocabulary.tokens.count { further.append(token.content) }
      ids[bytes] = id
      known.append((token, id))
    }
    let roles = TokenizerConfig.roles.map { role in
      names[role] ?? AddedToken("[\(role.dropLast(6).uppercased())]")
    }
    let special = Set(roles.map { Array($0.content.utf8) })
    for var token in addedTokens {
      if special.contains(Array(token.content.utf8)) { token.isSpecial = true }
      add(token)
    }
    for role in roles where findsNames && vocabulary.id(role.content) != nil { add(role) }
    func need(_ index: Int) throws -> Int32 {
      let content = roles[index].content
      guard let id = vocabulary.id(content) ?? ids[Array(content.utf8)] else {
        throw FathomError(
          .mismatch, "the vocabulary has no \(String(content.prefix(40)))",
          mend: "bring the vocabulary that belongs to the model")
      }
      return id
    }
    unkTokenID = try need(0)
    sepTokenID = try need(1)
    padTokenID = try need(2)
    clsTokenID = try need(3)
    maskTokenID = vocabulary.id(roles[4].content) ?? ids[Array(roles[4].content.utf8)]
    furtherTokens = further
    self.addedTokens = known

    var typed = AddedTokenMatcher()
    var normalized = AddedTokenMatcher()
    for (token, id) in known {
      var content = token.content
      if token.isNormalized {
        let bytes = content.withUTF8 { NormalizedText($0, table: scalars).bytes }
        normalized.add(bytes, id: id, isSingleWord: token.isSingleWord)
      } else {
        typed.add(Array(content.utf8), id: id, isSingleWord: token.isSingleWord)
      }
    }
    typedTokens = typed
    normalizedTokens = normalized
    needsSegments = !normalized.isEmpty || typed.hasSingleWords
    var actions = [UInt8](repeating: Tokenizer.isOther, count: 256)
    for byte in UInt32(0)..<128 {
      switch scalars.kind(byte) {
      case .removed: actions[Int(byte)] = Tokenizer.isRemoved
      case .space: actions[Int(byte)] = Tokenizer.isSpace
      case .punctuation: actions[Int(byte)] = Tokenizer.isPunctuation
      case .letter, .ideograph:
        scalars.forEachFolded(byte) { if $0 >= 0x20 { actions[Int(byte)] = UInt8($0) } }
      }
    }
    for byte in typed.firstBytes { actions[Int(byte)] = Tokenizer.isOther }
    asciiActions = actions
    digest = Tokenizer.digest(vocabulary, options, known, [unkTokenID, sepTokenID, padTokenID, clsTokenID])
  }
}

// MARK: - Pieces

extension Tokenizer {
  public var lowercases: Bool { options.lowercases }

  public var tokenCount: Int { vocabulary.tokens.count + furtherTokens.count }

  public func token(_ id: Int32) -> String {
    let pieces = vocabulary.tokens.count
    return Int(id) < pieces ? vocabulary.tokens[Int(id)] : furtherTokens[Int(id) - pieces]
  }

  public func isContinuation(_ id: Int32) -> Bool {
    Int(id) < vocabulary.tokens.count && vocabulary.isContinuation(id)
  }

  private static func digest(
    _ vocabulary: Vocabulary, _ options: TokenizerOptions, _ added: [(token: AddedToken, id: Int32)],
    _ special: [Int32]
  ) -> String {
    var text = "WordPiece 1 \(options.canonical) \(special)\n"
    for (token, id) in added.sorted(by: { $0.id < $1.id }) {
      // Blanks that it takes along, and being special, have no part in ids.
      text +=
        "\(id) \(token.isSingleWord) \(token.isNormalized) \(token.content.utf8.count) \(token.content)\n"
    }
    // Each with its length: a token may hold a line break.
    for token in vocabulary.tokens { text += "\(token.utf8.count) \(token)\n" }
    return Data(text.utf8).sha256
  }
}

// MARK: - Encoding

extension Tokenizer {
  /// Encodes on all cores, or on as many as `threads` says; the order of the texts is kept.
  public func encode(
    _ texts: [String], maximumLength: Int? = nil, truncation: Truncation = .head, threads: Int? = nil
  ) -> [[Int32]] {
    let cores = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let chunks = cores == 1 ? 1 : max(1, min(texts.count / 64, cores * 4))
    if chunks == 1 {
      let encoder = WordEncoder(self)
      return texts.map { encode($0, with: encoder, maximumLength, truncation) }
    }
    let results = ChunkResults(chunks)
    DispatchQueue.concurrentPerform(iterations: min(cores, chunks)) { _ in
      let encoder = WordEncoder(self)
      while let chunk = results.next() {
        let range = texts.count * chunk / chunks..<texts.count * (chunk + 1) / chunks
        results.set(chunk, texts[range].map { encode($0, with: encoder, maximumLength, truncation) })
      }
    }
    return results.joined()
  }

  public func encodeWithOffsets(
    _ text: String, maximumLength: Int?, truncation: Truncation
  ) -> EncodedText {
    precondition(maximumLength ?? 2 >= 2, "a maximum length leaves room for [CLS] and [SEP]")
    let encoder = WordEncoder(self, keepsRanges: true)
    var ids: [Int32] = []
    var text = text
    text.withUTF8 { encoder.encode($0, into: &ids) }
    let room = maximumLength.map { $0 - 2 } ?? ids.count
    return EncodedText(
      ids: [clsTokenID] + truncation.apply(ids, room: room) + [sepTokenID],
      ranges: [nil] + truncation.apply(encoder.ranges, room: room) + [nil], tokenCount: ids.count + 2)
  }

  private func encode(
    _ text: String, with encoder: WordEncoder, _ maximumLength: Int?, _ truncation: Truncation
  ) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.utf8.count / 4 + 2)
    var text = text
    text.withUTF8 { encoder.encode($0, into: &ids) }
    if let maximumLength {
      precondition(maximumLength >= 2, "a maximum length leaves room for [CLS] and [SEP]")
      ids = truncation.apply(ids, room: maximumLength - 2)
    }
    ids.insert(clsTokenID, at: 0)
    ids.append(sepTokenID)
    return ids
  }
}

/// Work and results shared by the threads of one `encode` call.
private final class ChunkResults: @unchecked Sendable {
  private let lock = NSLock()
  private var results: [[[Int32]]]
  private var upcoming = 0

  init(_ count: Int) { results = [[[Int32]]](repeating: [], count: count) }

  func next() -> Int? {
    lock.withLock {
      defer { upcoming += 1 }
      return upcoming < results.count ? upcoming : nil
    }
  }

  func set(_ index: Int, _ value: [[Int32]]) { lock.withLock { results[index] = value } }

  func joined() -> [[Int32]] { Array(results.joined()) }
}
