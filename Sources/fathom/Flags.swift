import ArgumentParser
import Files

/// The one table from settings, as errors name them, to what a user of the command line types.
enum Flags {
  static func name(_ setting: Setting) -> String {
    switch setting {
    case .hasHeader: "--no-header"
    case .dataCache: "--no-data-cache"
    case .maximumLength: "--max-length"
    case .bertLearningRate: "--bert-lr"
    case .headLearningRate: "--head-lr"
    default: "--" + kebabCase(setting.rawValue)
    }
  }

  /// `textColumn` → `text-column`
  private static func kebabCase(_ name: String) -> String {
    name.reduce(into: "") { result, character in
      if character.isUppercase { result += "-" }
      result += character.lowercased()
    }
  }
}

extension ParsableArguments {
  /// Makes of a library's error one that ArgumentParser shows with the command's usage.
  func namingFlags<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as FathomError {
      throw ValidationError(error.description(naming: Flags.name))
    }
  }
}
