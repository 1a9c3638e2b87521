import Attention
import Foundation

/// A highlighted text for the terminal: bands as backgrounds, lines that fit.
public struct HighlightText {
  private let width: Int
  private let isColoured: Bool

  /// - Parameters:
  ///   - width: columns.
  ///   - isColoured: false marks the bands with their number instead: `word[4]`.
  public init(width: Int = 80, isColoured: Bool) {
    self.width = max(width, 20)
    self.isColoured = isColoured
  }

  /// Lines without a newline at the end.
  public func text(_ highlight: Highlight) -> String {
    var lines = [""], column = 0
    for part in words(highlight) {
      let length = part.reduce(0) { $0 + plain($1).count }
      if column > 0, column + 1 + length > width {
        lines.append("")
        column = 0
      }
      if column > 0 {
        lines[lines.count - 1] += " "
        column += 1
      }
      for piece in part { lines[lines.count - 1] += marked(piece) }
      column += length
    }
    return lines.joined(separator: "\n")
  }

  /// What the bands mean, within the width.
  public func legend(isSigned: Bool) -> String {
    guard isColoured else {
      return "[1] to [4]: from 0.2, 0.4, 0.6 and 0.8 of the strongest weight"
        + (isSigned ? "; [-n]: negative" : "")
    }
    let names = ["0.2–0.4", "0.4–0.6", "0.6–0.8", "0.8–1"]
    func row(_ colours: [String]) -> String {
      zip(names, colours.dropFirst()).map { paint(" \($0) ", $1) }.joined(separator: " ")
    }
    return row(HighlightColours.bands) + (isSigned ? "\n" + row(HighlightColours.against) + " negative" : "")
  }

  /// Pieces that stand together without a space.
  private func words(_ highlight: Highlight) -> [[Highlight.Part]] {
    highlight.parts.reduce(into: []) { words, part in
      if part.isSpaced || words.isEmpty { words.append([part]) } else { words[words.count - 1].append(part) }
    }
  }

  private func plain(_ part: Highlight.Part) -> String {
    let shown = String(
      String.UnicodeScalarView(
        part.text.unicodeScalars.filter { !CharacterSet.controlCharacters.contains($0) }))
    return isColoured || part.band == 0 ? shown : "\(shown)[\(part.weight < 0 ? "-" : "")\(part.band)]"
  }

  private func marked(_ part: Highlight.Part) -> String {
    guard isColoured, part.band > 0 else { return plain(part) }
    return paint(
      plain(part), (part.weight < 0 ? HighlightColours.against : HighlightColours.bands)[part.band])
  }

  /// Dark ink on a background of 24 bits.
  private func paint(_ text: String, _ colour: String) -> String {
    let rgb = Int(colour.dropFirst(), radix: 16) ?? 0
    return "\u{1B}[38;2;27;27;27;48;2;\(rgb >> 16);\(rgb >> 8 & 255);\(rgb & 255)m\(text)\u{1B}[0m"
  }
}
