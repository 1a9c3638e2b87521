import Torch

/// What a forward pass gives. What was not read was not computed: asking for it is a slip of the caller.
public struct EncoderOutput {
  public let batch: PackedTokens
  /// `[B,H]`; nil unless ``EncoderReading/firstToken`` or ``EncoderReading/pooledFirstToken`` was read
  let first: Tensor?
  /// `[B,H]`; nil when the encoder has no pooler
  public let pooled: Tensor?
  /// `[T,H]`; nil when the first token alone was read
  let tokens: Tensor?
  /// K+1 of `[T,H]`, the embeddings first and the last one equal to ``packed``; empty unless they were read
  public let hiddenStates: [Tensor]
  /// K of `[B,N,P,P]`; empty unless they were asked for
  public let attentions: [Tensor]

  public init(
    batch: PackedTokens, first: Tensor? = nil, pooled: Tensor? = nil, tokens: Tensor? = nil,
    hiddenStates: [Tensor] = [], attentions: [Tensor] = []
  ) {
    self.batch = batch
    self.first = first
    self.pooled = pooled
    self.tokens = tokens
    self.hiddenStates = hiddenStates
    self.attentions = attentions
  }

  /// The last hidden states `[T,H]`.
  /// - Precondition: ``EncoderReading/tokens`` or ``EncoderReading/allStates`` was read.
  public var packed: Tensor {
    guard let tokens else { preconditionFailure("the first token alone was read") }
    return tokens
  }

  /// The last hidden state of each sequence's first token: `[B,H]`.
  public var firstTokens: Tensor { first ?? packed.selected(batch.starts) }

  /// ``packed`` with zeros where there is no token: `[B,P,H]`.
  public var sequence: Tensor { batch.padded(packed) }

  /// What a reading asked for, in its shape.
  /// - Precondition: it was read, and the encoder has a pooler if the reading wants one.
  public func features(_ reading: EncoderReading) -> Tensor {
    switch reading {
    case .pooledFirstToken:
      guard let pooled else { preconditionFailure("the encoder has no pooler") }
      return pooled
    case .firstToken: return firstTokens
    case .tokens: return packed
    case .allStates: return .concatenated(hiddenStates, along: 1)
    }
  }
}
