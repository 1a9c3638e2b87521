/// A fault that a user can mend, as one sentence: where, what, and the mend. Programs switch on ``code``,
/// never on the words.
public struct FathomError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable, CaseIterable {
    /// A file or folder that was named does not exist.
    case notFound
    /// It exists and cannot be read.
    case unreadable
    /// It cannot be written.
    case unwritable
    /// The disk takes no more.
    case diskFull
    /// It breaks its own format, or contradicts itself.
    case damaged
    /// Well formed, but something that Fathom does not read.
    case unsupported
    /// Written by a newer Fathom.
    case newer
    /// Belongs to other inputs than those that were given.
    case mismatch
    /// Something finished would be overwritten.
    case exists
    /// Another process holds it.
    case inUse
    /// A setting lies outside its range, has no effect, or contradicts another one.
    case setting
    /// The data cannot be trained or measured on.
    case data
    /// A loss, a gradient or a logit is not finite.
    case notFinite
    /// A server or the network failed.
    case network
    /// The engine has no memory or no such device.
    case engine
    /// What was begun could not be finished.
    case failed
  }

  public let code: Code
  /// A file with its line or tensor; nil where `what` names it.
  public let place: String?
  public let what: Sentence
  /// What the user can do about it.
  public let mend: Sentence?

  public init(_ code: Code, at place: String? = nil, _ what: Sentence, mend: Sentence? = nil) {
    self.code = code
    self.place = place
    self.what = what
    self.mend = mend
  }

  public var description: String { description { $0.rawValue } }

  /// The sentence, with settings named as the caller's user knows them.
  public func description(naming name: (Setting) -> String) -> String {
    [place, what.text(naming: name), mend?.text(naming: name)].compactMap { $0 }.joined(separator: ": ")
  }
}

/// Words of an error in which settings are values: `"choose with \(.textColumn)"`. A command line names its
/// flags, a library the settings themselves.
public struct Sentence: Sendable, Equatable, ExpressibleByStringInterpolation {
  enum Part: Sendable, Equatable {
    case words(String)
    case setting(Setting)
  }

  private let parts: [Part]

  public init(stringLiteral value: String) { parts = [.words(value)] }

  public init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

  public init(_ words: String) { parts = [.words(words)] }

  /// A sentence that was kept on disk, with its settings as ``Setting/placeholder``.
  public init(template: String) {
    var parts: [Part] = []
    var rest = template[...]
    while let open = rest.firstIndex(of: "{") {
      let inner = rest[rest.index(after: open)...]
      guard let close = inner.firstIndex(of: "}") else { break }
      let end = inner.index(after: close)
      if let setting = Setting(rawValue: String(inner[..<close])) {
        parts += [.words(String(rest[..<open])), .setting(setting)]
      } else {
        parts.append(.words(String(rest[..<end])))
      }
      rest = inner[end...]
    }
    self.parts = parts + [.words(String(rest))]
  }

  public func text(naming name: (Setting) -> String) -> String {
    parts.map { part in
      switch part {
      case .words(let words): words
      case .setting(let setting): name(setting)
      }
    }.joined()
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    var parts: [Part] = []

    public init(literalCapacity: Int, interpolationCount: Int) {}

    public mutating func appendLiteral(_ literal: String) { parts.append(.words(literal)) }

    public mutating func appendInterpolation(_ setting: Setting) { parts.append(.setting(setting)) }

    public mutating func appendInterpolation(_ sentence: Sentence) { parts += sentence.parts }

    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      parts.append(.words(value.description))
    }
  }
}
