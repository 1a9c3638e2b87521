import Foundation

/// A task that a tiny model learns in seconds: which of two words the text holds.
public enum TinyTask {
  public static let words = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "book", "was", "the", "so", "very",
    "a",
  ]

  public static func texts(_ count: Int, seed: UInt64) -> (texts: [String], targets: [Int]) {
    var generator = SystemSeed(seed)
    var texts: [String] = [], targets: [Int] = []
    for index in 0..<count {
      let target = index % 2
      var words = (0..<Int.random(in: 2...8, using: &generator)).map { _ in
        ["film", "book", "was", "the", "so", "very", "a"].randomElement(using: &generator)!
      }
      words.insert(target == 1 ? "good" : "bad", at: Int.random(in: 0...words.count, using: &generator))
      texts.append(words.joined(separator: " "))
      targets.append(target)
    }
    return (texts, targets)
  }

  /// `text,label` with the labels good and bad.
  public static func csv(_ count: Int, seed: UInt64) -> String {
    let (texts, targets) = texts(count, seed: seed)
    return "text,label\n" + zip(texts, targets).map { "\($0),\($1 == 1 ? "good" : "bad")\n" }.joined()
  }
}
