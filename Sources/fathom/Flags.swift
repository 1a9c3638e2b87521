import ArgumentParser
import Files

/// The one table from settings, as errors name them, to what a user of the command line types.
enum Flags {
  static func name(_ setting: Setting) -> String {
    switch setting {
    case .model: "--model"
    case .train: "--train"
    case .test: "--test"
    case .validation: "--validation"
    case .text: "--text"
    case .out: "--out"
    case .resume: "--resume"
    case .overwrite: "--overwrite"
    case .task: "--task"
    case .secondColumn: "--pair-column"
    case .labelSeparator: "--label-separator"
    case .textColumn: "--text-column"
    case .labelColumn: "--label-column"
    case .hasHeader: "--no-header"
    case .quoting: "--quoting"
    case .form: "--format"
    case .delimiter: "--delimiter"
    case .encoding: "--encoding"
    case .badRows: "--bad-rows skip"
    case .dataCache: "--no-data-cache"
    case .validationShare: "--validation-share"
    case .testShare: "--test-share"
    case .folds: "--folds"
    case .limit: "--limit"
    case .variant: "--variant"
    case .variants: "--variants"
    case .labels: "--labels"
    case .epochs: "--epochs"
    case .batchSize: "--batch-size"
    case .accumulation: "--accumulation"
    case .maximumLength: "--max-length"
    case .truncation: "--truncation"
    case .headShare: "--head-share"
    case .learningRate: "--learning-rate"
    case .metric: "--metric"
    case .cleaning: "--cleaning"
    case .dropout: "--dropout"
    case .bertDropout: "--bert-dropout"
    case .attentionDropout: "--attention-dropout"
    case .bertLearningRate: "--bert-lr"
    case .headLearningRate: "--head-lr"
    case .clipNorm: "--clip-norm"
    case .device: "--device"
    case .threads: "--threads"
    case .precision: "--precision"
    case .host: "--host"
    case .port: "--port"
    case .token: "--token"
    }
  }

  /// A sentence that was kept with a run.
  static func named(_ kept: String) -> String { Sentence(template: kept).text(naming: name) }
}

extension ParsableArguments {
  /// Makes of a library's error one that ArgumentParser shows with the command's usage.
  func namingFlags<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as FathomError {
      throw ValidationError(error.description(naming: Flags.name))
    }
  }
}
