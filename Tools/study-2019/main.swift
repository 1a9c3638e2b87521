import Foundation

// Prints the table of Docs/2019.md and draws its figure from study folders:
// study-2019 FIGURE.svg TITLE FOLDER [TITLE FOLDER …]

/// The test accuracies in percent of one run: of the epoch that was saved, and the highest of any epoch.
struct Run {
  let variant: String
  let seed: Int
  let saved: Double
  let highest: Double

  /// - Parameter file: a run.json
  init?(_ file: URL) throws {
    guard let data = try? Data(contentsOf: file),
      let root = try JSONSerialization.jsonObject(with: data) as? [String: Any],
      let variant = root["variant"] as? String, let seed = root["seed"] as? Int,
      let epochs = root["history"] as? [[String: Any]],
      let saved = (root["test"] as? [String: Any])?["accuracy"] as? Double
    else { return nil }
    let tests = epochs.compactMap { ($0["test"] as? [String: Any])?["accuracy"] as? Double }
    (self.variant, self.seed) = (variant, seed)
    (self.saved, highest) = (saved * 100, (tests.max() ?? saved) * 100)
  }
}

struct Protocol {
  let title: String
  let runs: [Run]

  init(_ title: String, _ folder: String) throws {
    self.title = title
    let models = URL(fileURLWithPath: folder).appendingPathComponent("models")
    runs = try FileManager.default.contentsOfDirectory(atPath: models.path).sorted()
      .compactMap { try Run(models.appendingPathComponent($0).appendingPathComponent("run.json")) }
  }

  func of(_ variant: String) -> [Run] { runs.filter { $0.variant == variant }.sorted { $0.seed < $1.seed } }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

let arguments = Array(CommandLine.arguments.dropFirst())
let protocols = try stride(from: 1, to: arguments.count - 1, by: 2).map {
  try Protocol(arguments[$0], arguments[$0 + 1])
}
let order = ["baseline-custom", "baseline-bert"]
let variants = Set(protocols.flatMap(\.runs).map(\.variant)).sorted {
  (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1)
}

print("| variant | protocol | highest of any epoch, seeds 1, 2, … | mean | of the saved epoch | mean |")
print("| --- | --- | --- | ---: | --- | ---: |")
for variant in variants {
  for one in protocols {
    let runs = one.of(variant)
    if runs.isEmpty { continue }
    func cells(_ figure: (Run) -> Double) -> String {
      let all = runs.map(figure)
      return all.map { String(format: "%.1f", $0) }.joined(separator: ", ")
        + String(format: " | **%.1f**", mean(all))
    }
    print("| \(variant) | \(one.title) | \(cells(\.highest)) | \(cells(\.saved)) |")
  }
}

var marks: [Mark] = []
var keys: [Chart.Key] = []
var notes: [String] = []
for (index, one) in protocols.enumerated() {
  let style = Mark.Style(series: index, shift: Double(index * 2 - protocols.count + 1) * 11)
  keys.append(Chart.Key(one.title, style))
  for (place, variant) in variants.enumerated() {
    let runs = one.of(variant)
    if runs.isEmpty { continue }
    marks.append(.dots(runs.map { Mark.Point(Double(place), $0.highest / 100) }, style, radius: 2.5))
    let middle = mean(runs.map(\.highest))
    let note = String(format: "%@, %@: %.1f %%", variant, one.title, middle)
    notes.append(note)
    marks.append(.dots([Mark.Point(Double(place), middle / 100, note: note)], style, radius: 6))
  }
}
let values = protocols.flatMap(\.runs).map { $0.highest / 100 }
var layout = Chart.Layout()
(layout.right, layout.top) = (200, 62)
let chart = Chart(
  "Highest test accuracy of any epoch", subtitle: "large: mean; small: each seed",
  description: notes.joined(separator: ". "),
  panels: [
    Panel(
      x: Axis(
        "", Scale(.linear, 0...Double(max(variants.count - 1, 1))),
        ticks: variants.enumerated().map { Axis.Tick(Double($0), $1) }, inset: 60),
      y: Axis("", .linear(around: values, step: 0.05), about: 8, format: Axis.percent), marks: marks)
  ], keys: keys, layout: layout)
try Data(chart.svg.utf8).write(to: URL(fileURLWithPath: arguments[0]))
