import Classification
import Files
import Training

/// One thing that the code of the study of 2019 did otherwise than its text says or than one would; all of
/// them together are `--as-published`. Docs/2019.md has the evidence for each and says what it changes.
public struct PublishedSlip: Sendable {
  /// As `--slips` takes it
  public let name: String
  /// One sentence, for a person
  public let what: String
  /// What it gives a value of its own, so that nobody else can
  public let settings: Set<Setting>
  let apply: @Sendable (inout TrainingJob) -> Void

  init(
    _ name: String, _ what: String, sets settings: Set<Setting> = [],
    _ apply: @escaping @Sendable (inout TrainingJob) -> Void
  ) {
    self.name = name
    self.what = what
    self.settings = settings
    self.apply = apply
  }

  /// A line each; the order is that of Docs/2019.md.
  public static let all: [PublishedSlip] = [
    .init(
      "bert-dropout-off", "BERT's own dropouts are off while training",
      sets: [.bertDropout, .attentionDropout]
    ) { $0.dropOutInBERT(0) },
    .init("dropout-in-testing", "the head's dropout is on in testing too") { $0.dropOutInTesting() },
    .init("fused-words", "<br /> goes with nothing in its place", sets: [.cleaning]) {
      $0.text.cleaning = .markup2019
    },
    .init("lowest-test-loss", "the epoch with the lowest test loss is saved", sets: [.metric]) {
      $0.selectByTestLoss()
    },
    .init("mean-over-batches", "accuracy and loss are means over batches") { $0.averageOverBatches() },
    .init("word-pieces", "baseline-custom has 100,000 rows, of word pieces") { $0.readWordPieces(100_000) },
    .init("fifty-epochs", "both baselines are trained for 50 epochs", sets: [.epochs]) {
      $0.trainBaselines(epochs: 50)
    },
    .init("padded-positions", "VF reads what BERT gives at [PAD]s") { $0.readPadding(.flattened) },
    .init("pooler-of-ones", "a pooler that starts anew is all ones") { $0.fillNewPooler() },
    .init("misread-steps", "recurrent heads read at other texts' lengths") { $0.misreadSteps() },
    .init("plain-shuffle", "batches are shuffled whatever the lengths") { $0.options.batching = .shuffled },
  ]

  /// All of them but those that another number of epochs than theirs leaves nothing of.
  /// - Parameter epochs: that somebody asked for; nil for none.
  public static func all(epochs: Int?) -> [PublishedSlip] {
    epochs == nil ? all : all.filter { !$0.settings.contains(.epochs) }
  }

  /// The slips of the given names.
  /// - Throws: `FathomError` for a name that none has.
  public static func named(_ names: [String]) throws -> [PublishedSlip] {
    try names.map { name in
      guard let slip = all.first(where: { $0.name == name }) else {
        throw FathomError(
          .setting, "slip '\(name.prefix(60))' is not known",
          mend: Sentence("name some of \(all.map(\.name).joined(separator: ", "))"))
      }
      return slip
    }
  }
}

extension TrainingJob {
  /// Does as the slips say, and notes their names.
  public mutating func apply(_ slips: [PublishedSlip]) {
    for slip in slips { slip.apply(&self) }
    asPublished = slips.map(\.name)
  }

  fileprivate mutating func dropOutInBERT(_ probability: Double) {
    (network.bertDropout, network.attentionDropout) = (probability, probability)
  }

  fileprivate mutating func deviate(_ change: (inout Deviations) -> Void) {
    var deviations = network.deviations ?? Deviations()
    change(&deviations)
    network.deviations = deviations
  }

  fileprivate mutating func dropOutInTesting() { deviate { $0.dropsOutInTesting = true } }

  fileprivate mutating func selectByTestLoss() { (options.selection, options.metric) = (.test, .loss) }

  /// Batches of one size in the order of the file are what the means are over.
  fileprivate mutating func averageOverBatches() {
    let size = options.batchSize
    options.averagesOverBatches = true
    deviate { $0.evaluationBatch = size }
  }

  fileprivate mutating func readWordPieces(_ rows: Int) {
    if variant.encoder == .newEmbedding { network.wordPieceRows = rows }
  }

  fileprivate mutating func trainBaselines(epochs: Int) {
    if variant.source == "none" || variant.source == "embeddings" { options.epochs = epochs }
  }

  fileprivate mutating func readPadding(_ head: HeadKind) {
    if variant.head == head { deviate { $0.readsPadding = true } }
  }

  fileprivate mutating func fillNewPooler() { if network.pooler == .reinitialized { network.pooler = .ones } }

  fileprivate mutating func misreadSteps() {
    guard variant.head == .lstm || variant.head == .concatenatedLSTM else { return }
    let size = options.batchSize
    deviate {
      $0.readsPadding = true
      $0.misreadsSteps = true
      $0.evaluationBatch = size
    }
  }
}
