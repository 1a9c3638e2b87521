import Foundation
import Mustache

/// The pages' templates, which are resources of this target; what they are given is escaped by the library.
enum Templates {
  private static let library: MustacheLibrary = {
    let texts = [
      "document": PackageResources.document_mustache, "table": PackageResources.table_mustache,
      "study": PackageResources.study_mustache, "attention": PackageResources.attention_mustache,
      "empty-study": PackageResources.empty_study_mustache,
    ]
    do {
      return MustacheLibrary(
        templates: try texts.mapValues { try MustacheTemplate(string: String(decoding: $0, as: UTF8.self)) })
    } catch { preconditionFailure("a template that was built in does not parse: \(error)") }
  }()

  /// - Parameter values: a type whose stored properties have the template's names.
  static func render(_ name: String, _ values: Any) -> String {
    guard let text = library.render(values, withTemplate: name) else {
      preconditionFailure("there is no template \(name)")
    }
    return text
  }
}

/// Styles and scripts, which are resources of this target.
enum Resource {
  static let pageStyle = text(PackageResources.page_css)
  static let attentionStyle = text(PackageResources.attention_css)
  static let sortTables = text(PackageResources.sort_tables_js)
  static let followStudy = text(PackageResources.follow_study_js)

  /// The explorer's script, each file before those that use it.
  static let attentionScript = [
    PackageResources.methods_js, PackageResources.reading_js, PackageResources.drawing_js,
    PackageResources.highlight_view_js, PackageResources.head_view_js, PackageResources.model_view_js,
    PackageResources.neuron_view_js, PackageResources.saving_js, PackageResources.attention_page_js,
  ].map(text).joined(separator: "\n")

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
