/// The settings that errors speak of. `fathom` has the one table that turns them into flags.
public enum Setting: String, Sendable, CaseIterable {
  case model, train, test, validation, text, out, resume, overwrite
  case task, secondColumn, labelSeparator
  case textColumn, labelColumn, hasHeader, quoting, form, delimiter, encoding, badRows, dataCache
  case validationShare, testShare, folds, limit
  case variant, variants, labels, epochs, batchSize, accumulation, maximumLength, truncation, headShare
  case learningRate, bertLearningRate, headLearningRate, clipNorm, device, threads, precision
  case metric, cleaning, dropout, bertDropout, attentionDropout
  case host, port, token

  /// What stands for it in a sentence that is kept on disk, whoever reads it later.
  public var placeholder: String { "{\(rawValue)}" }
}
