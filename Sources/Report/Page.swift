import Foundation

/// A page of HTML that needs nothing else: no network, light and dark, printable.
public struct Page: Sendable {
  var title: String
  /// Further style sheets, after the one that all pages share.
  var styles: [String] = []
  var body: String
  var scripts: [String] = []

  /// The document as a file or a server gives it.
  public var html: String {
    Templates.render(
      "document",
      Document(
        title: title, styles: ([Resource.pageStyle] + styles).joined(separator: "\n"), body: body,
        scripts: scripts))
  }

  /// With a section at its end, and a script of its own.
  func adding(_ section: String, script: String) -> Page {
    var page = self
    page.body += "\n" + section
    page.scripts.append(script)
    return page
  }

  private struct Document {
    let title: String
    let styles: String
    let body: String
    let scripts: [String]
  }
}
