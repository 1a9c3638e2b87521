import ArgumentParser
import Foundation

/// A file or folder that the user names; messages show it as it was typed.
struct PathArgument: ExpressibleByArgument, CustomStringConvertible {
  let description: String

  init(argument: String) { description = argument }

  var url: URL { URL(fileURLWithPath: description) }

  /// The last part, for reports.
  var name: String { url.standardizedFileURL.lastPathComponent }

  /// As it was typed, for a name beside it.
  var withoutSlash: String {
    description.count > 1 && description.hasSuffix("/") ? String(description.dropLast()) : description
  }

  static var defaultCompletionKind: CompletionKind { .file() }
}
