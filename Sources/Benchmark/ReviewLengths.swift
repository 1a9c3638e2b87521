/// Sequence lengths for measuring, as real texts have them.
public enum ReviewLengths {
  /// The middle of each fortieth of IMDB's reviews in uncased word pieces, cut at 512.
  /// - Source: Maas et al. 2011, "Learning word vectors for sentiment analysis"; counted with `fathom tokenize`.
  static let imdb = [
    57, 73, 92, 111, 128, 137, 143, 148, 154, 159, 164, 169, 174, 179, 185, 189, 196, 206, 212, 218, 228, 235, 242, 250,
    262, 276, 291, 302, 319, 341, 371, 397, 417, 447, 492, 512, 512, 512, 512, 512,
  ]

  /// Batches of like lengths that together keep IMDB's distribution.
  /// - Parameters:
  ///   - count: batches; each stands for its share of the distribution, the shortest texts first.
  ///   - batchSize: texts in each.
  public static func batches(_ count: Int, batchSize: Int) -> [[Int]] {
    let total = count * batchSize
    let lengths = (0..<total).map { imdb[min(imdb.count - 1, (2 * $0 + 1) * imdb.count / (2 * total))] }
    return stride(from: 0, to: total, by: batchSize).map { Array(lengths[$0..<$0 + batchSize]) }
  }
}
