import Files
import Foundation

/// BERT's tokenizer: the same ids as Hugging Face's `BertTokenizer`.
/// - Source: `tokenization.py` of google-research/bert; `BertNormalizer` and `WordPiece` of huggingface/tokenizers.
public final class Tokenizer: Tokenizing {
  public let vocabulary: Vocabulary
  public let options: TokenizerOptions
  public let clsTokenID: Int32
  public let sepTokenID: Int32
  public let padTokenID: Int32
  public let unkTokenID: Int32
  public let maskTokenID: Int32?
  /// Tokens that are found in the raw text before anything is normalised.
  public let specialTokens: [String: Int32]

  public let digest: String

  let scalars: ScalarTable
  /// What each byte asks for: a folded letter (0x20 and up), or one of the actions below.
  let asciiActions: [UInt8]
  private let specials: [(bytes: [UInt8], id: Int32)]

  static let isSpace: UInt8 = 1
  static let isRemoved: UInt8 = 2
  static let isPunctuation: UInt8 = 3
  static let isOther: UInt8 = 4

  /// - Throws: when the vocabulary lacks `[CLS]`, `[SEP]`, `[PAD]` or `[UNK]`.
  public init(
    _ vocabulary: Vocabulary, options: TokenizerOptions = TokenizerOptions(), specialTokens: [String]? = nil
  ) throws {
    func need(_ token: String) throws -> Int32 {
      guard let id = vocabulary.id(token) else {
        throw TokenizerError("the vocabulary has no \(token): bring the vocab.txt that belongs to the model")
      }
      return id
    }
    self.vocabulary = vocabulary
    self.options = options
    clsTokenID = try need("[CLS]")
    sepTokenID = try need("[SEP]")
    padTokenID = try need("[PAD]")
    unkTokenID = try need("[UNK]")
    maskTokenID = vocabulary.id("[MASK]")
    let names = specialTokens ?? ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"]
    var known: [String: Int32] = [:]
    for name in names where !name.isEmpty { known[name] = vocabulary.id(name) }
    self.specialTokens = known
    specials = known.map { (Array($0.key.utf8), $0.value) }.sorted { $0.bytes.count > $1.bytes.count }
    let scalars = ScalarTable(options)
    self.scalars = scalars
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
    for special in specials { actions[Int(special.bytes[0])] = Tokenizer.isOther }
    asciiActions = actions
    digest = Tokenizer.digest(vocabulary, options, known)
  }

  func specialToken(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> (id: Int32, length: Int)? {
    for (bytes, id) in specials where index + bytes.count <= text.count {
      if bytes.indices.allSatisfy({ text[index + $0] == bytes[$0] }) { return (id, bytes.count) }
    }
    return nil
  }
}

// MARK: - Pieces

extension Tokenizer {
  public var lowercases: Bool { options.lowercases }

  public var tokenCount: Int { vocabulary.tokens.count }

  public func token(_ id: Int32) -> String { vocabulary.tokens[Int(id)] }

  public func isContinuation(_ id: Int32) -> Bool { vocabulary.isContinuation(id) }

  private static func digest(
    _ vocabulary: Vocabulary, _ options: TokenizerOptions, _ special: [String: Int32]
  ) -> String {
    var text = "WordPiece 1 \(options.canonical)\n"
    for (token, id) in special.sorted(by: { $0.value < $1.value }) {
      text += "\(id) \(token.utf8.count) \(token)\n"
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
