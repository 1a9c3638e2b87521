import Encoder
import Corpus
import Torch
import WordPiece

/// A batch with some tokens hidden, for masked-language modelling.
/// - Source: Devlin et al. 2019, "BERT", 3.1: 15 % of the tokens; 80 % of them [MASK], 10 % random, 10 %
///   unchanged.
struct MaskedBatch {
  let tokens: PackedTokens
  /// `[M]` int64: packed places of the hidden tokens
  let places: Tensor
  /// `[M]` int64: what stood there
  let targets: Tensor

  /// - Precondition: the tokenizer has [MASK]; some sequence has a token besides [CLS] and [SEP].
  init(
    _ sequences: [[Int32]], tokenizer: any Tokenizing, share: Double, generator: inout SeededGenerator,
    device: Device
  ) {
    var hidden = sequences
    var places: [Int64] = []
    var targets: [Int64] = []
    var offset = 0
    let vocabularySize = Int32(tokenizer.tokenCount)
    for row in hidden.indices {
      for column in hidden[row].indices {
        let id = hidden[row][column]
        let isSpecial = tokenizer.isSpecial(id)
        if isSpecial || Double.random(in: 0..<1, using: &generator) >= share { continue }
        places.append(Int64(offset + column))
        targets.append(Int64(id))
        let draw = Double.random(in: 0..<1, using: &generator)
        if draw < 0.8 {
          hidden[row][column] = tokenizer.maskTokenID!
        } else if draw < 0.9 {
          hidden[row][column] = Int32.random(in: 0..<vocabularySize, using: &generator)
        }
      }
      offset += hidden[row].count
    }
    tokens = PackedTokens(hidden, device: device)
    self.places = Tensor(places).to(device)
    self.targets = Tensor(targets).to(device)
  }

  var count: Int { targets.count }
}
