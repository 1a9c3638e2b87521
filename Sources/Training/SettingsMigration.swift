import Classification
import Encoder
import Foundation
import WordPiece

extension RunSettings {
  /// Reads `settings` of this version, or the flat ones that runs wrote before: those had no digest of the
  /// model.
  init(migrating decoder: any Decoder) throws {
    if let settings = try? RunSettings(from: decoder) {
      self = settings
    } else {
      self = try FlatSettings(from: decoder).settings
    }
  }
}

/// Settings as Fathom 0.1 wrote them: one flat object.
private struct FlatSettings: Decodable {
  let variant: String
  let max_length: Int
  let truncation: String
  let head_share: Double?
  let dropout: Double
  let pooler: EncoderPooler
  let model: String?
  let data: String?
  let train_examples: Int?
  let validation_examples: Int?
  let test_examples: Int?
  let threads: Int?
  let epochs_planned: Int?
  let clip_norm: Double?
  let patience: Int?
  let training: TrainingOptions

  enum CodingKeys: String, CodingKey {
    case variant, max_length, truncation, head_share, dropout, pooler, model, data, train_examples
    case validation_examples, test_examples, threads, epochs_planned, clip_norm, patience
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    variant = try values.decode(String.self, forKey: .variant)
    max_length = try values.decode(Int.self, forKey: .max_length)
    truncation = try values.decode(String.self, forKey: .truncation)
    head_share = try values.decodeIfPresent(Double.self, forKey: .head_share)
    dropout = try values.decode(Double.self, forKey: .dropout)
    pooler = try values.decode(EncoderPooler.self, forKey: .pooler)
    model = try values.decodeIfPresent(String.self, forKey: .model)
    data = try values.decodeIfPresent(String.self, forKey: .data)
    train_examples = try values.decodeIfPresent(Int.self, forKey: .train_examples)
    validation_examples = try values.decodeIfPresent(Int.self, forKey: .validation_examples)
    test_examples = try values.decodeIfPresent(Int.self, forKey: .test_examples)
    threads = try values.decodeIfPresent(Int.self, forKey: .threads)
    epochs_planned = try values.decodeIfPresent(Int.self, forKey: .epochs_planned)
    clip_norm = try values.decodeIfPresent(Double.self, forKey: .clip_norm)
    patience = try values.decodeIfPresent(Int.self, forKey: .patience)
    // The other keys are those of today.
    training = try TrainingOptions(from: decoder)
  }

  var settings: RunSettings {
    get throws {
      var training = training
      if let epochs_planned { training.epochs = epochs_planned }
      // 0 stood for none.
      training.clipNorm = clip_norm.flatMap { $0 == 0 ? nil : $0 }
      training.patience = patience.flatMap { $0 == 0 ? nil : $0 }
      return RunSettings(
        variant: try Variant(variant), model: ModelIdentity(name: model ?? "", digest: ""),
        data: DataIdentity(
          name: data ?? "", digest: "", trainExamples: train_examples ?? 0,
          validationExamples: validation_examples ?? 0, testExamples: test_examples ?? 0),
        text: TextSettings(
          maximumLength: max_length, truncation: try Truncation(truncation, headShare: head_share ?? 0.5),
          cleaning: .markup),
        network: NetworkSettings(dropout: dropout, pooler: pooler), training: training, threads: threads ?? 0)
    }
  }
}
