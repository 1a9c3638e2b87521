import Files
import ArgumentParser
import Encoder
import Checkpoint
import Foundation
import Torch
import WordPiece

struct OutputsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outputs", abstract: "Write every output of a truncated encoder for one text.",
    usage: "fathom outputs --model <model> --text <text> --out <out> [<options>]",
    discussion: """
      Tensors: sequence_output [1,P,H], pooled_output [1,H], hidden_states.0…K [1,P,H], attentions.0…K-1 \
      [1,N,P,P], ids [1,P].

      EXAMPLE
        fathom outputs --model bert-base-cased --blocks 3 \\
          --text "Not bad at all." --out outputs.safetensors
      """)

  @Option(help: "A pretrained BERT: its folder, or its name at Hugging Face.")
  var model: ModelArgument

  @Option(help: "Blocks to keep (default: all).", in: .from(0, to: 1000))
  var blocks: Int?

  @Option(help: "Which ones: first, last or alternating.")
  var from = BlockOrder.first

  @Option(help: "An explicit list instead, such as 0,2,4.", transform: BlockList.parse)
  var blockList: [Int]?

  @Option(help: "The text.")
  var text: String

  @Option(help: "The safetensors file to write.")
  var out: PathArgument

  func run() throws {
    let checkpoint = try Checkpoint(folder: model.folder())
    let count = try blocks ?? EncoderRegistry.config(checkpoint).blockCount
    var selection: BlockSelection
    switch from {
    case .first: selection = .first(count)
    case .last: selection = .last(count)
    case .alternating: selection = .alternating(count)
    }
    if let blockList { selection = .list(blockList) }
    RandomState.seed(0)  // the same outputs each time, also where a layer is drawn
    let encoder = try EncoderRegistry.open(checkpoint, options: EncoderOptions(blocks: selection))
    for layer in encoder.drawnLayers {
      Output.note("warning: \(model) has no \(layer): it is drawn anew, and what it gives means nothing")
    }
    let tokenizer = try Tokenizer(folder: checkpoint.folder, modelStates: checkpoint.config.tokenizerClass)
    let ids = tokenizer.encode(text, maximumLength: encoder.config.maximumPositions)
    guard ids.allSatisfy({ $0 < encoder.config.vocabularySize }) else {
      throw FathomError(
        .mismatch, at: model.description, "the vocabulary is larger than config.json says",
        mend: "bring the vocab.txt that belongs to the model")
    }
    let output = withoutGradients { encoder.everything(PackedTokens([ids])) }
    var tensors: [(name: String, tensor: Tensor)] = [
      ("sequence_output", output.sequence), ("ids", Tensor(ids.map(Int64.init), shape: [1, ids.count])),
    ]
    if let pooled = output.pooled { tensors.append(("pooled_output", pooled)) }
    for (index, state) in output.hiddenStates.enumerated() {
      tensors.append(("hidden_states.\(index)", output.batch.padded(state)))
    }
    for (index, attention) in output.attentions.enumerated() {
      tensors.append(("attentions.\(index)", attention))
    }
    try SafeTensors.write(tensors, to: out.url)
    Output.note("\(tensors.count) tensors in \(out)")
  }
}
