/// Being replaced by ``FathomError`` with its code.
public typealias CheckpointError = FathomError
public typealias CorpusError = FathomError
public typealias TokenizerError = FathomError
public typealias TorchError = FathomError

extension FathomError {
  /// Being replaced: says no code.
  public init(_ sentence: String) { self.init(.failed, Sentence(sentence)) }
}
