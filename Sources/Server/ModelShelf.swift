import Files
import Attention
import Checkpoint
import Classification
import Foundation
import Study

/// The saved models of a study, opened when first asked for; the two used last stay open.
///
/// Opening and using them belongs on the ``ModelQueue``; names may be asked for anywhere.
final class ModelShelf: @unchecked Sendable {
  private struct Opened {
    let name: String
    let modified: Date?
    let classifier: TextClassifier
    var attention: AttentionModel?
  }

  private let study: URL
  private let folder: URL
  private var opened: [Opened] = []
  private static let limit = 2

  /// - Parameter folder: the study's.
  init(_ folder: URL) {
    study = folder
    self.folder = folder.appendingPathComponent("models")
  }

  /// What the recommended model of a cross-validated study is called.
  static let final = "final"

  /// Runs whose model is there, in the order of their names.
  var names: [String] {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return found.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
      .filter { $0 != ModelShelf.final && isThere($0) } + [ModelShelf.final].filter(isThere)
  }

  /// The model that a request means.
  /// - Parameter name: nil means `preferred`, or the first there is.
  /// - Throws: ``ServerFault`` 404.
  func name(_ name: String?, preferred: @autoclosure () -> String?) throws -> String {
    let names = self.names
    guard let chosen = name ?? preferred().flatMap({ names.contains($0) ? $0 : nil }) ?? names.first
    else {
      throw ServerFault(.notFound, "the study has no finished model yet")
    }
    guard names.contains(chosen) else {
      throw ServerFault(
        .notFound, "the study has no model '\(chosen.prefix(60))': it has \(names.joined(separator: ", "))")
    }
    return chosen
  }

  /// - Throws: `FathomError`.
  func classifier(_ name: String) throws -> TextClassifier { try open(name).classifier }

  /// - Throws: ``ServerFault`` 400 for a model without attention.
  func attention(_ name: String) throws -> AttentionModel {
    let entry = try open(name)
    if let attention = entry.attention { return attention }
    // With weights of its own: gradients want them as they were stored, predictions have them packed.
    let classifier = try TextClassifier(folder: home(name))
    do {
      let attention = try AttentionModel(classifier, name: name)
      opened[opened.count - 1].attention = attention
      return attention
    } catch let error as FathomError { throw ServerFault(.badRequest, error.description) }
  }

  /// The entry comes last; a model that was written anew since is opened again.
  private func open(_ name: String) throws -> Opened {
    let modified = try? config(name).resourceValues(forKeys: [.contentModificationDateKey])
      .contentModificationDate
    if let index = opened.firstIndex(where: { $0.name == name }) {
      let entry = opened.remove(at: index)
      if entry.modified == modified {
        opened.append(entry)
        return entry
      }
    }
    let classifier = try TextClassifier(folder: home(name))
    classifier.keepForInference(as: .float32, on: .cpu)
    let entry = Opened(name: name, modified: modified, classifier: classifier)
    if opened.count >= ModelShelf.limit { opened.removeFirst() }
    opened.append(entry)
    return entry
  }

  private func home(_ name: String) -> URL {
    name == ModelShelf.final ? Study.finalFolder(in: study) : folder.appendingPathComponent(name)
  }

  private func config(_ name: String) -> URL { home(name).appendingPathComponent("config.json") }

  private func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: config(name).path) }
}
