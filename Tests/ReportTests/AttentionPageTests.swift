import Attention
import Encoder
import Checkpoint
import Classification
import Fixtures
import Foundation
import Report
import Testing
import Torch

/// Opened in a browser, as a reader does.
@Suite(.serialized, .enabled(if: Browser.executable != nil, "Chromium is not installed"))
struct AttentionPageTests {
  private static let text = "the film was so very good but the book was bad"

  /// An example of a tiny classifier, with its pretrained model beside it.
  private static func example(_ text: String = text) throws -> (AttentionExample, TextReading) {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      RandomState.seed(3)
      let settings = ClassifierSettings(
        variant: try Variant("2VA"), labels: ["bad", "good"], maximumLength: 32)
      let classifier = try TextClassifier(pretrained: folder, settings: settings)
      let model = try AttentionModel(classifier, name: "tiny")
      let before = try model.origin(folder).read(text)
      for (_, parameter) in bert(of: classifier).blocks[1].namedParameters() {
        parameter.wrappedValue.fillNormal(deviation: 0.3)
      }
      let reading = try model.read(text)
      return (AttentionExample(reading, origin: before, label: "good"), before)
    }
  }

  private static let act = """
    const spans = () => [...document.querySelectorAll("span[data-band]")];
    const seen = () => spans().map(s => ({ text: s.textContent, weight: +s.dataset.weight, band: +s.dataset.band }));
    const choose = (name, value) => { const s = document.querySelector(`[data-choice="${name}"]`); s.value = value; s.onchange() };
    const view = name => document.querySelector(`[data-view="${name}"]`).click();
    const wait = ms => new Promise(done => setTimeout(done, ms));
    """

  private static func parts(_ found: Any?) -> [(text: String, weight: Double, band: Int)] {
    (found as? [[String: Any]] ?? []).map {
      ($0["text"] as? String ?? "", $0["weight"] as? Double ?? .nan, $0["band"] as? Int ?? -1)
    }
  }

  @Test func `the page highlights what the terminal does, whatever is chosen`() throws {
    let (example, before) = try Self.example()
    let html = try AttentionPage([example], title: "tiny <b>").html()
    let visit = try Browser().act(
      in: html,
      Self.act + """
        report.start = seen();
        choose("method", "layer-head"); choose("layer", 0); choose("head", 1); choose("token", 3); report.head = seen();
        choose("normalization", "z-score"); report.z = seen();
        choose("normalization", "min-max"); choose("method", "rollout"); report.rollout = seen();
        choose("method", "gradient-x-input"); report.gradient = seen();
        choose("method", "last-layer-average"); choose("token", 0); choose("source", "difference"); report.difference = seen();
        choose("source", "model"); choose("method", "custom");
        for (const place of ["0-1", "1-0"]) { const box = document.querySelector(`[data-choice="custom-${place}"]`); box.checked = true; box.onchange() }
        report.custom = seen();
        report.verdict = document.getElementById("verdict").textContent; report.title = document.title;
        """)
    #expect(visit.report["problems"] as? [String] == [] && visit.console.isEmpty)
    #expect(visit.report["title"] as? String == "Attention: tiny <b>")
    #expect((visit.report["verdict"] as? String)?.hasPrefix("Labelled good. Predicted ") == true)
    func check(_ key: String, _ options: Highlight.Options, minus origin: TextReading? = nil) {
      let expected = Highlight(example.reading, options, minus: origin).parts
      let found = Self.parts(visit.report[key])
      #expect(found.map(\.text) == expected.map(\.text), "\(key)")
      for (a, b) in zip(found, expected) { #expect(abs(a.weight - b.weight) < 2e-4, "\(key) \(a.text)") }
      let near = expected.map { abs(($0.normalized * 5).rounded() - $0.normalized * 5) < 0.05 }
      for (index, pair) in zip(found, expected).enumerated() where !near[index] {
        #expect(pair.0.band == pair.1.band, "\(key)")
      }
    }
    var options = Highlight.Options()
    check("start", options)
    check("difference", options, minus: before)
    options.method = .custom
    options.heads = [HeadPlace(block: 0, head: 1), HeadPlace(block: 1, head: 0)]
    check("custom", options)
    options.token = 3
    options.method = .layerHead
    options.head = 1
    check("head", options)
    options.normalization = .zScore
    check("z", options)
    options.normalization = .minMax
    options.method = .rollout
    check("rollout", options)
    options.method = .gradientTimesInput
    check("gradient", options)
  }

  @Test func `head, model and neuron views are drawn, and saved as SVG with the reader's choices`() throws {
    let (example, _) = try Self.example()
    let visit = try Browser().act(
      in: try AttentionPage([example], title: "tiny").html(),
      Self.act + """
        report.text = save.drawing("text");
        view("head"); choose("layer", 1); await wait(500);
        report.lines = document.querySelectorAll("#stage path").length; report.head = save.drawing("heads");
        const boxes = [...document.querySelectorAll('[data-choice^="shown-"]')]; boxes[0].checked = false; boxes[0].onchange(); await wait(500);
        report.without = document.querySelectorAll('#stage path[data-head="0"]').length;
        report.token = document.querySelectorAll("#stage .token").length;
        view("model"); await wait(2000);
        report.thumbs = document.querySelectorAll(".thumb").length; report.model = save.drawing("model");
        document.querySelector('[data-place="1-0"]').onclick(); report.opened = [state.view, state.layer, state.head];
        view("neuron"); report.softmax = [...document.querySelectorAll("#stage rect")].length; report.neuron = save.drawing("neurons");
        report.hyphens = [...document.querySelectorAll("#stage text")].filter(t => /^-[0-9]/.test(t.textContent)).length;
        report.minus = figure((-0.5).toFixed(2));
        const kept = []; save.file = (text, type, name) => kept.push(text, name); save.html(); report.page = kept;
        """)
    #expect(visit.report["problems"] as? [String] == [] && visit.console.isEmpty)
    let count = example.reading.tokens.count
    #expect((visit.report["lines"] as? Int ?? 0) > 1 && visit.report["without"] as? Int == 0)
    #expect(visit.report["token"] as? Int == count)
    #expect(visit.report["thumbs"] as? Int == 4)
    #expect(visit.report["opened"] as? [AnyHashable] == ["head", 1, 0])
    #expect(visit.report["softmax"] as? Int == count)
    #expect(visit.report["hyphens"] as? Int == 0 && visit.report["minus"] as? String == "\u{2212}0.50")
    for key in ["text", "head", "model", "neuron"] {
      let svg = try #require(visit.report[key] as? String)
      #expect(isWellFormed(svg), "\(key)")
      #expect(svg.contains("<title>") && svg.contains(key == "model" ? "layer 1" : "film"), "\(key)")
      if key == "text" { #expect(svg.contains("rgb(255, 45, 0)")) }
    }
    // The saved page stands alone and opens where the reader left.
    let page = try #require(visit.report["page"] as? [String])
    let again = try Browser().act(
      in: page[0], "report.view = state.view; report.rects = document.querySelectorAll('#stage rect').length")
    #expect(again.report["view"] as? String == "neuron" && again.report["rects"] as? Int == count)
    #expect(again.report["problems"] as? [String] == [])
  }

  @Test func `a page of one view has no other`() throws {
    let (example, _) = try Self.example()
    for view in AttentionPage.View.allCases {
      let visit = try Browser().act(
        in: try AttentionPage([example], title: "tiny", only: view).html(),
        "report.tabs = document.querySelectorAll('#views button').length; report.stage = document.getElementById('stage').childElementCount"
      )
      #expect(
        visit.report["tabs"] as? Int == 1 && (visit.report["stage"] as? Int ?? 0) > 0
          && visit.report["problems"] as? [String] == [])
    }
  }

  @Test
  func `512 tokens of a model as large as BERT's first six blocks are interactive in under two seconds`()
    throws
  {
    RandomState.seed(1)
    let config = BERTConfig(
      vocabularySize: 30, hiddenSize: 768, blockCount: 6, headCount: 12, intermediateSize: 16,
      maximumPositions: 512, initializerRange: 0.1)
    let bert = BERTModel(config)
    bert.initialize()
    let reading = try Fixtures.withFolder { folder -> TextReading in
      try writeTinyModel(to: folder)
      try SafeTensors.write(
        bert.namedParameters().map { ("bert." + $0.name, $0.parameter.wrappedValue.detached()) },
        to: folder.appendingPathComponent("model.safetensors"))
      try JSONSerialization.data(withJSONObject: config.json).write(
        to: folder.appendingPathComponent("config.json"))
      return try AttentionModel(folder: folder).read(
        String(repeating: "the film was so very good ", count: 90))
    }
    #expect(reading.tokens.count == 512)
    let visit = try Browser().act(
      in: try AttentionPage([AttentionExample(reading)], title: "long").html(), hurries: false,
      Self.act + """
        report.ready = performance.now(); report.spans = spans().length;
        choose("method", "layer-head"); choose("layer", 3); choose("head", 7); report.changed = performance.now() - report.ready;
        const time = work => { const start = performance.now(); work(); return performance.now() - start };
        report.blocks = {
          neuron: time(() => view("neuron")), headSlice: time(() => headView.paths(reading(), 11, [...Array(128).keys()], 0.02)),
          thumb: time(() => modelView.picture(reading(), 5, 11)),
        };
        """)
    #expect(visit.report["spans"] as? Int == 510 && visit.report["problems"] as? [String] == [])
    let (ready, changed) = (
      visit.report["ready"] as? Double ?? .infinity, visit.report["changed"] as? Double ?? .infinity
    )
    #expect(ready < 2000, "milliseconds until the page can be used")
    #expect(changed < 1000, "milliseconds to show another layer and head")
    // The longest pieces of work of the other views, between which the page answers its reader.
    let blocks = try #require(visit.report["blocks"] as? [String: Double])
    #expect(blocks.count == 3 && blocks.values.allSatisfy { $0 < 500 }, "\(blocks)")
  }
}
