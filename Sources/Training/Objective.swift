import Encoder
import Files
import Foundation
import Torch

/// What training makes small: batches of an objective's examples in, a loss out. ``Trainer`` does everything
/// else.
public protocol Objective: AnyObject {
  /// What is trained.
  var network: any Module { get }
  /// Training examples
  var exampleCount: Int { get }

  /// Token ids of the given examples. Called from another thread too.
  func sequences(_ examples: [Int]) throws -> [TokenSequence]

  func makeOptimizer() -> AdamW

  /// The mean loss of a part of a batch, with its graph; nil where the part has nothing to learn from.
  func loss(_ part: TrainingPart, optimizer: AdamW) -> Tensor?

  /// The figures at the end of an epoch.
  /// - Parameter progress: hears how many of how many examples are done; what it throws ends the evaluation.
  func evaluate(_ progress: (_ done: Int, _ of: Int) throws -> Void) throws -> Evaluation

  /// Larger for a better epoch.
  func score(_ epoch: EpochRecord) -> Double

  /// What a user can do about a loss that is not a number.
  var mendOfDivergence: Sentence { get }

  /// Writes the model folder.
  func save(to folder: URL) throws
}

extension Objective {
  public var mendOfDivergence: Sentence {
    "lower \(.bertLearningRate) and \(.headLearningRate), or clip with \(.clipNorm) 1"
  }
}

/// Examples of a batch that go through the network together.
public struct TrainingPart {
  public let sequences: [TokenSequence]
  /// Numbers of the examples in the training set
  public let examples: [Int]
  /// Of the whole run, from 0
  public let step: Int
}

/// What an objective measures at the end of an epoch.
public struct Evaluation {
  public var validation: Metrics?
  public var test: Metrics?
  public var heldOutLoss: Double?

  public init(validation: Metrics? = nil, test: Metrics? = nil, heldOutLoss: Double? = nil) {
    self.validation = validation
    self.test = test
    self.heldOutLoss = heldOutLoss
  }
}
