import ArgumentParser
import Attention
import Corpus
import Foundation
import Report
import Torch

extension HighlightNormalization: ExpressibleByArgument {}
extension AttentionPage.View: ExpressibleByArgument {}

struct AttentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention", abstract: "Show what a model attends to, in the terminal and as a page.",
    usage: "fathom attention --model <model> --text <text> [<options>]",
    discussion: """
      Highlights each token by the weight that one token ([CLS] by default) gives to it; layers, heads and tokens \
      are counted from 0. Raw attention is a weak explanation: look at rollout and gradient-x-input too. A page holds \
      as many texts as a browser can load.

      EXAMPLES
        fathom attention --model study/models/3VA-s1 --words \\
          --text "A film to fall asleep in."
        fathom attention --model model --text "Not bad." \\
          --method layer-head --layer 2 --head 5
        fathom attention --model model --pretrained bert-base-cased \\
          --data test.csv --examples 5 --html attention.html
      """)

  enum When: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

  @Option(help: "A classifier, or a pretrained BERT: its folder, or its name at Hugging Face.")
  var model: ModelArgument

  @Option(help: "The text.")
  var text: String?

  @Option(help: "Labelled data to take texts from, in any form that training takes.")
  var data: PathArgument?

  @OptionGroup var columns: ColumnArguments

  @Option(help: "How many of them: a seeded sample over all classes (default: 3).", in: .from(1, to: 1000))
  var examples: Int?

  @Option(help: "Seed of the sample (default: 1).", in: .seed)
  var splitSeed: UInt64?

  @OptionGroup var weights: HighlightArguments

  @Option(help: "The pretrained model that --model was fine-tuned from: shows what fine-tuning changed.")
  var pretrained: ModelArgument?

  @Option(
    help: ArgumentHelp("Write the interactive page here: one file that needs no network.", valueName: "file"))
  var html: PathArgument?

  @Option(help: "Give the page this view alone: highlight, head, model or neuron.")
  var view: AttentionPage.View?

  @Flag(help: "One JSON object per text instead: tokens with weight, normalised weight and band.")
  var json = false

  @Option(help: "Colours in the terminal: auto, always or never.")
  var color = When.auto

  func validate() throws {
    guard (text == nil) != (data == nil) else { throw ValidationError("give either --text or --data") }
    for (flag, isGiven) in [("--examples", examples != nil), ("--split-seed", splitSeed != nil)]
    where isGiven && data == nil {
      throw ValidationError("\(flag) has no effect without --data: leave it out")
    }
    if view != nil, html == nil { throw ValidationError("--view needs --html") }
    if pretrained != nil, !weights.method.isComparable, html == nil {
      throw ValidationError("--pretrained has no effect with \(weights.method.rawValue): leave it out")
    }
  }

  func run() throws {
    Engine.keepFreedMemory()
    let opened = try AttentionModel(folder: model.folder())
    let origin = try pretrained.map { try opened.origin($0.folder()) }
    let options = try weights.options(opened)
    let texts = try texts(opened)
    var shown: [AttentionExample] = []
    var pageBytes = 0
    for (text, label) in texts {
      let aligned = opened.encode(text)
      guard options.token < aligned.encoded.ids.count else {
        throw ValidationError(
          "--token \(options.token): the text has \(aligned.encoded.ids.count) tokens, counted from 0")
      }
      let example = AttentionExample(
        try opened.read(aligned), origin: try origin?.read(aligned), label: label)
      try show(example, options)
      guard html != nil else { continue }
      pageBytes += example.pageBytes
      if shown.isEmpty || pageBytes <= AttentionPage.sizeLimit { shown.append(example) }
    }
    guard let html else { return }
    let leftOut = texts.count - shown.count
    let page = AttentionPage(
      shown, title: title, only: view, choices: weights.choices(options), leftOut: leftOut)
    try Output.write(page.html(), to: html)
    if let note = AttentionPage.note(leftOut: leftOut, of: texts.count) { Output.note(note) }
    Output.note("\(html): open it in a browser")
  }

  private var title: String { model.name }

  private func texts(_ model: AttentionModel) throws -> [(text: String, label: String?)] {
    if let text { return [(text, nil)] }
    let all = try columns.load([data!], .test, task: TaskName(model.kind), classes: model.labels)
    let chosen = all.limited(to: examples ?? 3, seed: splitSeed ?? 1)
    return (0..<chosen.count).map { (chosen.texts[$0], chosen.answer(of: $0)) }
  }

  private func show(_ example: AttentionExample, _ options: Highlight.Options) throws {
    let origin = options.method.isComparable ? example.origin : nil
    let highlight = Highlight(example.reading, options, minus: origin)
    if json { return try Output.json(weights.json(highlight, example, isDifference: origin != nil)) }
    let terminal = Terminal.output
    let isColoured = color == .always || (color == .auto && terminal.isColoured)
    let drawing = HighlightText(width: terminal.width, isColoured: isColoured)
    var verdict: [String] = []
    if let label = example.label { verdict.append("labelled \(label)") }
    if let prediction = example.reading.prediction {
      let confidence = String(format: " (%.1f %%)", prediction.confidence * 100)
      var isNumber = false
      if case .values = prediction.answer { isNumber = true }
      verdict.append("predicted \(prediction.title)" + (isNumber ? "" : confidence))
    }
    if !verdict.isEmpty { try Output.line(verdict.joined(separator: ", ")) }
    try Output.line(drawing.text(highlight))
    if example.reading.isTruncated {
      let (read, all) = (example.reading.tokens.count, example.reading.tokenCount)
      try Output.line("(truncated: the model read \(read) of the text's \(all) tokens)")
    }
    try Output.line("\n" + weights.caption(isDifference: origin != nil))
    try Output.line(drawing.legend(isSigned: highlight.isSigned) + "\n")
  }
}
