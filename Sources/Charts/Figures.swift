extension String {
  /// With a true minus (U+2212), as wide as a plus, before each negative number: for pages and drawings, not
  /// for what programs read. Hyphens within a word, `2e-05` among them, stay.
  public var withMinusSigns: String {
    var written = ""
    var startsWord = true
    for (index, character) in zip(indices, self) {
      let isNumber =
        character == "-" && startsWord && self[self.index(after: index)...].first?.isNumber == true
      written.append(isNumber ? "\u{2212}" : character)
      startsWord = character.isWhitespace || character == "("
    }
    return written
  }
}
