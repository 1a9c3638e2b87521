import CTorch

/// Adam with decoupled weight decay, one fused kernel per group.
///
/// A table of embeddings can be kept row by row: a step then costs what the rows of its batch cost, not the
/// vocabulary.
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

  /// What all groups share.
  struct Settings {
    let beta1: Double
    let beta2: Double
    let epsilon: Double

    func forEngine(learningRate: Double = 0, weightDecay: Double = 0) -> ct_adamw {
      ct_adamw(
        learning_rate: learningRate, beta1: beta1, beta2: beta2, weight_decay: weightDecay, epsilon: epsilon)
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
  private let settings: Settings

  /// - Parameters:
  ///   - tables: parameters `[V,H]` on the CPU whose gradients hold single rows
  ///     (``Embedding/hasRowGradients``). Their rows are right only after ``willRead(_:of:)`` or
  ///     ``settle()``.
  ///   - betas: how much of the mean of gradients, and of their squares, is kept at each step; from 0 to
  ///     below 1.
  ///   - epsilon: added to the root of the squares; above 0.
  public init(
    _ groups: [Group], tables: [Tensor] = [], betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8
  ) {
    precondition(
      (0..<1).contains(betas.0) && (0..<1).contains(betas.1) && epsilon > 0,
      "betas lie from 0 up to 1, epsilon above 0")
    let settings = Settings(beta1: betas.0, beta2: betas.1, epsilon: epsilon)
    self.groups = groups
    self.settings = settings
    moments = groups.map { group in
      group.parameters.map { _, tensor in
        if tables.contains(where: { $0 === tensor }) {
          let rows = TableRows(tensor, settings, weightDecay: group.weightDecay)
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
      let settings = settings.forEngine(
        learningRate: group.learningRate * rate, weightDecay: group.weightDecay)
      done(
        withHandles([tensors, gradients, means, squares, steps]) { lists in
          ct_adamw_step(
            ct_adamw_state(
              parameters: lists[0], gradients: lists[1], means: lists[2], squares: lists[3], steps: lists[4]),
            settings)
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
    done(withHandles([gradients]) { ct_clip_gradients($0[0], maximum, &norm) })
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

  /// Moments and step counts by name (`exp_avg.NAME`, `exp_avg_sq.NAME`, `step.NAME`), to store after
  /// ``settle()`` and to restore before ``didRestore()``.
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
