/// A list in a sentence: the first few, and how many more there are.
package struct ListText: CustomStringConvertible {
  package let description: String

  package init(_ items: some Collection<String>, limit: Int = 8) {
    let shown = items.prefix(limit).map { $0.count > 60 ? $0.prefix(60) + "…" : $0 }
    let more = items.count - shown.count
    description = shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}
