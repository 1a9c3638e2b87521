import Training

/// A model's size and what is done with it.
public struct Workload: Sendable, Codable, Equatable {
  public enum Mode: String, Sendable, Codable, CaseIterable { case train, inference }

  public var mode: Mode
  public var hidden: Int
  public var heads: Int
  public var blocks: Int
  public var precision: TrainingOptions.Precision
  /// Token counts of the texts of each batch
  public var batches: [[Int]]

  public init(
    mode: Mode, hidden: Int, heads: Int, blocks: Int, precision: TrainingOptions.Precision, batches: [[Int]]
  ) {
    self.mode = mode
    self.hidden = hidden
    self.heads = heads
    self.blocks = blocks
    self.precision = precision
    self.batches = batches
  }

  public var tokens: Int { batches.joined().reduce(0, +) }

  /// Multiplications and additions in the matrix products that a VA model needs for the batches: in the last
  /// block keys and values of every token, all else of [CLS] alone. Training counts three times inference;
  /// what is computed twice to save memory counts once.
  public var operations: Double {
    let h = Double(hidden)
    var sum = 0.0
    for length in batches.joined().map(Double.init) where blocks > 0 {
      sum += Double(blocks - 1) * (24 * h * h * length + 4 * length * length * h)
      sum += 4 * h * h * length + 20 * h * h + 4 * length * h
    }
    return sum * (mode == .train ? 3 : 1)
  }
}
