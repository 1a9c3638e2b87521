/// What a classifier does otherwise than one would today, so that a published study can be repeated to the
/// letter. It changes what a model answers, so it is part of the model's folder.
public struct Deviations: Codable, Hashable, Sendable {
  /// Each text is filled with [PAD]s up to the maximum length, and what the encoder gives there is read by
  /// the head.
  public var readsPadding = false
  /// A recurrent head runs over the [PAD]s too, and takes feature j of text i from the step after another
  /// text's last token: from that of text (i·2H + j) mod B, H being the size of the LSTM and B that of the
  /// batch.
  public var misreadsSteps = false
  /// Dropout before the linear layer is drawn when the model predicts, too.
  public var dropsOutInTesting = false
  /// Texts per batch when the model predicts, in the order given; nil runs texts of like length together.
  public var evaluationBatch: Int?

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    readsPadding = try values.decodeIfPresent(Bool.self, forKey: .readsPadding) ?? false
    misreadsSteps = try values.decodeIfPresent(Bool.self, forKey: .misreadsSteps) ?? false
    dropsOutInTesting = try values.decodeIfPresent(Bool.self, forKey: .dropsOutInTesting) ?? false
    evaluationBatch = try values.decodeIfPresent(Int.self, forKey: .evaluationBatch)
    guard (1...1_000_000).contains(evaluationBatch ?? 1) else {
      throw DecodingError.dataCorruptedError(
        forKey: .evaluationBatch, in: values, debugDescription: "evaluation_batch is outside 1 to 1000000")
    }
  }

  enum CodingKeys: String, CodingKey {
    case readsPadding = "reads_padding"
    case misreadsSteps = "misreads_steps"
    case dropsOutInTesting = "drops_out_in_testing"
    case evaluationBatch = "evaluation_batch"
  }

  /// One sentence each, for a person.
  var sentences: [String] {
    var sentences: [String] = []
    if misreadsSteps {
      sentences.append(
        "The recurrent head reads [PAD]s, and each text's features at the lengths of other texts of its batch."
      )
    } else if readsPadding {
      sentences.append("[PAD]s up to the maximum length go through the encoder, and the head reads them.")
    }
    if dropsOutInTesting { sentences.append("Dropout before the linear layer is on when it predicts, too.") }
    if let evaluationBatch {
      sentences.append("Texts are taken in the order given, \(evaluationBatch) per batch.")
    }
    return sentences
  }
}
