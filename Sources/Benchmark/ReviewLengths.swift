/// Sequence lengths for measuring, as real texts have them.
public enum ReviewLengths {
  /// The middle of each fortieth of IMDB's reviews in uncased word pieces, cut at 512.
  /// - Source: Maas et al. 2011, "Learning word vectors for sentiment analysis"; counted with `fathom
  ///   tokenize`.
  static let imdb = [
    57, 73, 92, 111, 128, 137, 143, 148, 154, 159, 164, 169, 174, 179, 185, 189, 196, 206, 212, 218, 228, 235,
    242, 250,
    262, 276, 291, 302, 319, 341, 371, 397, 417, 447, 492, 512, 512, 512, 512, 512,
  ]

  /// Batches as training makes them: fifty of like lengths hold the whole distribution, of which these are
  /// evenly spaced.
  /// - Parameters:
  ///   - count: batches, the shortest texts first.
  ///   - batchSize: texts in each.
  public static func batches(_ count: Int, batchSize: Int) -> [[Int]] {
    let pool = 50 * batchSize
    return (0..<count).map { index in
      let first = min(49, (2 * index + 1) * 50 / (2 * count)) * batchSize
      return (first..<first + batchSize).map { imdb[(2 * $0 + 1) * imdb.count / (2 * pool)] }
    }
  }
}
