import ArgumentParser
import Classification
import Files
import Foundation

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a model folder of a .pt file that the study of 2019 saved.",
    usage: "fathom import <file> --model <model> --out <out> [<options>]",
    discussion: """
      Variant and length come from the shapes of the file's tensors; a 2LBD has the shapes of a 2LV, so name it. What \
      Fathom reads otherwise than that study's code is said.

      EXAMPLE
        fathom import finetuned-bert-model.pt --model bert-base-cased \\
          --variant 2LV --out 2LV
      """)

  @Argument(help: "A file with bert.*, lstm.* and clf.*, in either of PyTorch's formats.")
  var file: PathArgument

  @Option(help: "The BERT that it was made from, for config.json and vocabulary: a folder or a name.")
  var model: ModelArgument

  @Option(help: "What it is, to be checked against its shapes (default: what they say).")
  var variant: String?

  @Option(help: "Classes with commas, in the order of the logits (default: neg,pos).")
  var labels: String?

  @Option(
    help: "Tokens per text, for a baseline-custom, whose file does not say it (default: 512).",
    in: .from(3, to: 1_000_000))
  var maxLength: Int?

  @Flag(help: "Read [PAD]s, <br /> and recurrent heads as the code of 2019 did, slips included.")
  var asPublished = false

  @Option(help: "The folder to make.")
  var out: PathArgument

  func run() throws {
    let imported = try PublishedClassifier(
      file.url, model: model.folder(), variant: variant.map(Variant.init),
      labels: labels?.commaList, maximumLength: maxLength, asPublished: asPublished)
    let folder = out.url
    guard !FileManager.default.fileExists(atPath: folder.appendingPathComponent("config.json").path) else {
      throw FathomError(
        .exists, at: out.description, "there is a model already", mend: "choose another \(.out)")
    }
    try imported.classifier.save(to: folder)
    let settings = imported.classifier.settings
    try Output.line(
      "\(out): a \(settings.variant) that reads \(settings.maximumLength) tokens; classes "
        + ListText(settings.labels).description)
    for difference in imported.differences {
      Output.note("note: \(difference); --as-published reads it as in 2019")
    }
    if settings.deviations.misreadsSteps {
      Output.note("note: what this model says of a text depends on the others of its batch, as in 2019")
    }
  }
}
