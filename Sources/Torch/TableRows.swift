import CTorch
import Foundation

/// AdamW's state of a table whose rows are brought up to date when they are read.
///
/// A step without a gradient still decays a weight and its moments and moves it on. Those steps are made up
/// for row by row, with the rates they had, so that the result is that of updating the whole table at every
/// step. A row that never had a gradient takes no memory for its moments.
final class TableRows {
  let table: Tensor
  let mean: Tensor
  let square: Tensor
  /// The step that every row is at after ``catchUp(_:)``
  let step: Tensor
  private let seen: Tensor
  private let settings: AdamW.Settings
  private let weightDecay: Double
  /// Steps done when all rows were last up to date
  private var settledAt = 0
  /// Three numbers for each step since, as `ct_adamw_rows` wants them
  private var history: [Float] = []

  init(_ table: Tensor, _ settings: AdamW.Settings, weightDecay: Double) {
    precondition(
      table.device == .cpu && table.dtype == .float32 && table.rank == 2,
      "rows are kept of float32 tables on the CPU")
    self.table = table
    self.settings = settings
    self.weightDecay = weightDecay
    mean = made(table.shape.int64s(ct_zeros_on_demand))
    square = made(table.shape.int64s(ct_zeros_on_demand))
    step = .zeros([])
    seen = Tensor([Int32](repeating: -1, count: table.shape[0]))
  }

  private var stepCount: Int { settledAt + history.count / 3 }

  func step(_ gradient: Tensor, learningRate: Double) {
    let number = Double(stepCount + 1)
    history += [
      Float(1 - learningRate * weightDecay), Float(learningRate / (1 - pow(settings.beta1, number))),
      Float((1 - pow(settings.beta2, number)).squareRoot()),
    ]
    update(ids: nil, gradient)
  }

  /// - Parameter ids: of the rows; nil for all.
  func catchUp(_ ids: Tensor? = nil) {
    if history.isEmpty { return }
    update(ids: ids, nil)
    if ids == nil {
      settledAt = stepCount
      history = []
      step.fill(Double(settledAt))
    }
  }

  func didRestore() {
    (settledAt, history) = (Int(step.item), [])
    seen.fill(Double(settledAt))
  }

  private func update(ids: Tensor?, _ gradient: Tensor?) {
    let state = ct_adamw_table(
      weights: table.handle, means: mean.handle, squares: square.handle, seen: seen.handle)
    done(
      history.withUnsafeBufferPointer { steps in
        let missed = ct_adamw_history(
          steps: steps.baseAddress, first: Int64(settledAt), count: Int64(steps.count / 3))
        return ct_adamw_rows(state, ids?.handle, gradient?.handle, missed, settings.forEngine())
      })
  }
}
