/// The colours of a highlighted text in the terminal; the page's are in `attention.css`.
enum HighlightColours {
  /// Of the bands, the first of which is not coloured.
  static let bands = ["", "#FDA895", "#FE7D61", "#FC5430", "#FF2D00"]
  /// What speaks against, or what fine-tuning took away.
  static let against = ["", "#A9CDEB", "#79B4E2", "#4C9BDA", "#0F7FD0"]
}
