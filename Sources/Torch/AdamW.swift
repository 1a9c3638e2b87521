import CTorch

/// Adam with decoupled weight decay, one fused kernel a group.
///
/// A table of embeddings can be kept row by row: a step then costs what the rows of its batch cost, not the vocabulary.
/// - Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization"; `torch.optim.AdamW`.
public final class AdamW {
  /// Parameters that share a learning rate and a weight decay.
  public struct Group {
    public let name: String
    public let parameters: [(name: String, tensor: Tensor)]
    public let learningRate: Double
    public let weightDecay: Double

    public init(
      _ name: String, _ parameters: [(name: String, tensor: Tensor)], learningRate: Double,
      weightDecay: Double
    ) {
      self.name = name
      self.parameters = parameters
      self.learningRate = learningRate
      self.weightDecay = weightDecay
    }
  }

  private struct Moments {
    let mean: Tensor
    let square: Tensor
    let step: Tensor
    /// For a table whose rows are kept apart
    let rows: TableRows?
  }

  public let groups: [Group]
  private let moments: [[Moments]]
  private let betas: (Double, Double)
  private let epsilon: Double

  /// - Parameter tables: parameters `[V,H]` on the CPU whose gradients hold single rows (``Embedding/hasRowGradients``).
  ///   Their rows are right only after ``willRead(_:of:)`` or ``settle()``.
  public init(
    _ groups: [Group], tables: [Tensor] = [], betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8
  ) {
    self.groups = groups
    self.betas = betas
    self.epsilon = epsilon
    moments = groups.map { group in
      group.parameters.map { _, tensor in
        if tables.contains(where: { $0 === tensor }) {
          let rows = TableRows(tensor, betas: betas, epsilon: epsilon, weightDecay: group.weightDecay)
          return Moments(mean: rows.mean, square: rows.square, step: rows.step, rows: rows)
        }
        return Moments(
          mean: .zeros(tensor.shape, device: tensor.device),
          square: .zeros(tensor.shape, device: tensor.device),
          step: .zeros([], device: tensor.device), rows: nil)
      }
    }
  }

  /// One update from the gradients at hand; parameters without one are left alone.
  /// - Parameter rate: what every group's learning rate is multiplied by (the schedule).
  public func step(rate: Double = 1) {
    for (group, moments) in zip(groups, moments) {
      var tensors: [Tensor] = [], gradients: [Tensor] = [], means: [Tensor] = []
      var squares: [Tensor] = [], steps: [Tensor] = []
      for (entry, moment) in zip(group.parameters, moments) {
        guard let gradient = entry.tensor.gradient else { continue }
        if let rows = moment.rows {
          rows.step(gradient, learningRate: group.learningRate * rate)
          continue
        }
        tensors.append(entry.tensor)
        gradients.append(gradient)
        means.append(moment.mean)
        squares.append(moment.square)
        steps.append(moment.step)
      }
      if tensors.isEmpty { continue }
      done(
        tensors.handles { p, count in
          gradients.handles { g, _ in
            means.handles { m, _ in
              squares.handles { v, _ in
                steps.handles { s, _ in
                  ct_adamw_step(
                    p, g, m, v, s, count, group.learningRate * rate, betas.0, betas.1, group.weightDecay,
                    epsilon)
                }
              }
            }
          }
        })
    }
  }

  public func clearGradients() {
    for group in groups { for (_, tensor) in group.parameters { tensor.clearGradient() } }
  }

  /// Scales all gradients so that their joint norm is at most `maximum`; returns the norm before.
  @discardableResult
  public func clipGradients(maximum: Double) -> Double {
    let gradients = groups.flatMap { $0.parameters.compactMap(\.tensor.gradient) }
    if gradients.isEmpty { return 0 }
    var norm = 0.0
    done(gradients.handles { ct_clip_gradients($0, $1, maximum, &norm) })
    return norm
  }

  // MARK: Tables

  /// Brings the rows that a batch reads up to date.
  /// - Parameter ids: int64, any shape
  public func willRead(_ ids: Tensor, of table: Tensor) {
    tables.first { $0.table === table }?.catchUp(ids)
  }

  /// Brings every row up to date: before weights are read, evaluated or stored.
  public func settle() { for rows in tables { rows.catchUp() } }

  /// Call when ``state`` was loaded.
  public func didRestore() { for rows in tables { rows.didRestore() } }

  private var tables: [TableRows] { moments.joined().compactMap(\.rows) }

  // MARK: State

  /// Moments and step counts by name (`exp_avg.NAME`, `exp_avg_sq.NAME`, `step.NAME`), to store after ``settle()`` and to
  /// restore before ``didRestore()``.
  public var state: [(name: String, tensor: Tensor)] {
    zip(groups, moments).flatMap { group, moments in
      zip(group.parameters, moments).flatMap { entry, moment in
        [
          ("exp_avg." + entry.name, moment.mean), ("exp_avg_sq." + entry.name, moment.square),
          ("step." + entry.name, moment.step),
        ]
      }
    }
  }
}
