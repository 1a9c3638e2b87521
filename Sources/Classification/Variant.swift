import Files
import Foundation
import Encoder
import Checkpoint

/// A model of the grid: which blocks, and what head.
///
/// Written `3VA`, `2LBD` (an LV on the last blocks), `3VA:last`, `3VA:alternating`, `VA:0+2+4`,
/// `baseline-custom` or `baseline-bert`.
public struct Variant: Hashable, Sendable, CustomStringConvertible {
  public enum Encoder: Hashable, Sendable {
    /// A new embedding, 25,000 words × 100
    case newEmbedding
    /// The checkpoint's embeddings under a BiLSTM
    case pretrainedEmbeddings
    case bert(Blocks)
  }

  public enum Blocks: Hashable, Sendable {
    case first(Int)
    case last(Int)
    case alternating(Int)
    case list([Int])

    public var selection: BlockSelection {
      switch self {
      case .first(let count): .first(count)
      case .last(let count): .last(count)
      case .alternating(let count): .alternating(count)
      case .list(let list): .list(list)
      }
    }

    public var count: Int {
      switch self {
      case .first(let count), .last(let count), .alternating(let count): count
      case .list(let list): list.count
      }
    }
  }

  public let encoder: Encoder
  public let head: HeadKind

  public init(_ encoder: Encoder, _ head: HeadKind) {
    self.encoder = encoder
    self.head = head
  }

  public static let baselineCustom = Variant(.newEmbedding, .lstm)
  public static let baselineBERT = Variant(.pretrainedEmbeddings, .lstm)

  /// - Throws: when the name is none of the forms above.
  public init(_ name: String) throws {
    let codes = HeadKind.all.map(\.code).joined(separator: ", ")
    let fault = FathomError(
      .setting, "variant '\(name.prefix(60))' is not known",
      mend: Sentence(
        "write a number of blocks and \(codes) or LBD (3VA, 2LBD, 3VA:last, 3VA:alternating, VA:0+2+4), "
          + "baseline-custom or baseline-bert"))
    switch name {
    case "baseline-custom": self = .baselineCustom
    case "baseline-bert": self = .baselineBERT
    default:
      let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let digits = parts[0].prefix { $0.isASCII && $0.isNumber }
      let letters = parts[0].dropFirst(digits.count)
      let head = letters == "LBD" ? .lstm : HeadKind(code: letters)
      guard let head, parts.count == 1 || !parts[1].isEmpty else { throw fault }
      if digits.isEmpty {
        let list =
          parts.count == 2
          ? parts[1].split(separator: "+", omittingEmptySubsequences: false).map { Int($0) } : [nil]
        guard letters != "LBD", !list.contains(nil) else { throw fault }
        self.init(.bert(.list(list.compactMap { $0 })), head)
        return
      }
      guard let count = Int(digits), digits.count <= 4 else { throw fault }
      switch (letters, parts.count == 2 ? parts[1] : "") {
      case ("LBD", ""), ("LBD", "last"): self.init(.bert(.last(count)), head)
      case (_, ""), (_, "first"): self.init(.bert(.first(count)), head)
      case (_, "last"): self.init(.bert(.last(count)), head)
      case (_, "alternating"): self.init(.bert(.alternating(count)), head)
      default: throw fault
      }
    }
  }

  public var description: String {
    switch encoder {
    case .newEmbedding: "baseline-custom"
    case .pretrainedEmbeddings: "baseline-bert"
    case .bert(.first(let count)): "\(count)\(head.code)"
    case .bert(.last(let count)): head == .lstm ? "\(count)LBD" : "\(count)\(head.code):last"
    case .bert(.alternating(let count)): "\(count)\(head.code):alternating"
    case .bert(.list(let list)): "\(head.code):" + list.map(String.init).joined(separator: "+")
    }
  }

  /// A name that is safe as a folder's.
  public var folderName: String { description.replacingOccurrences(of: ":", with: "-") }

  public var blockCount: Int {
    if case .bert(let blocks) = encoder { blocks.count } else { 0 }
  }

  /// The column of the 2019 table: first, last, embeddings or none.
  public var source: String {
    switch encoder {
    case .newEmbedding: "none"
    case .pretrainedEmbeddings: "embeddings"
    case .bert(let blocks): blocks.selection.source
    }
  }
}

extension Variant: Codable {
  public init(from decoder: any Swift.Decoder) throws {
    self = try Variant(decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
