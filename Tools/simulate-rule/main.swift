import Foundation

// Draws thousands of studies with the program's own rule and writes Docs/recommendation.svg and the page's
// tables.

/// True accuracies by the test figures of Docs/results.md: one to six blocks under VA, and all twelve models.
let depths = [0.8414, 0.8546, 0.8763, 0.8875, 0.8917, 0.8926]
let twelve = [
  0.7863, 0.8414, 0.8458, 0.8546, 0.8588, 0.8453, 0.8763, 0.8875, 0.8908, 0.8593, 0.8917, 0.8926,
]
let studies = 4000

func percent(_ share: Double) -> String { String(format: "%.1f", share * 100) }

func row(_ name: String, _ simulation: RuleSimulation, _ studies: Int) -> RuleSimulation.Rates {
  let rates = simulation.rates(studies: studies)
  let cells = [rates.wrongBefore, rates.wrong, rates.told, rates.smaller, rates.unlucky].map(percent)
  print("| \(name) | \(simulation.examples) | \(simulation.seeds) | " + cells.joined(separator: " | ") + " |")
  return rates
}

print("| truth | examples | seeds | wrong before | wrong | tells | names a smaller one | unlucky |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
let sizes = [200, 400, 1000, 2500]
let drawn = sizes.map { row("six depths", RuleSimulation(accuracies: depths, examples: $0), studies) }
for size in sizes { _ = row("twelve models", RuleSimulation(accuracies: twelve, examples: size), studies) }
for count in [2, 3, 6, 12] {
  for size in [400, 4000] {
    let bad = [Double](repeating: 0.8899, count: count - 1)
    _ = row("\(count - 1) on the margin", RuleSimulation(accuracies: bad + [0.90], examples: size), 2000)
  }
}
for (seeds, spread) in [(2, 0.003), (3, 0.003), (3, 0.01), (5, 0.01)] {
  var simulation = RuleSimulation(accuracies: [0.8899, 0.8899, 0.90], examples: 4000)
  simulation.seeds = seeds
  simulation.seedSpread = spread
  _ = row("2 on the margin, seeds' spread \(spread * 100) points", simulation, 2000)
}
for count in [2, 6] {
  for size in [3000, 6000, 12_000] {
    let equal = [Double](repeating: 0.90, count: count)
    _ = row("\(count) equal", RuleSimulation(accuracies: equal, examples: size), 1000)
  }
}

let before = Mark.Style(series: 1)
let now = Mark.Style(series: 0)
func points(_ value: (RuleSimulation.Rates) -> Double) -> [Mark.Point] {
  zip(sizes, drawn).map { Mark.Point(Double($0), value($1), note: "\($0) examples: \(percent(value($1))) %") }
}
var layout = Chart.Layout()
layout.right = 250
let dashed = Mark.Style(Palette.blue, dash: "4 4", width: 1)
let xAxis = Axis(
  "validation examples (logarithmic)", .logarithmic(around: sizes.map(Double.init)),
  ticks: sizes.map { Axis.Tick(Double($0), String($0)) }, inset: 20)
let yAxis = Axis("", .linear(around: [0, 1], step: 0.2), about: 6, format: Axis.percent)
var marks = Mark.series(points(\.wrongBefore), before, radius: 4)
marks += Mark.series(points(\.wrong), now, radius: 4)
marks.append(.level(0.05, dashed))
let notes = [("Before", points(\.wrongBefore)), ("Now", points(\.wrong))].map { name, points in
  "\(name): " + points.compactMap(\.note).joined(separator: ", ")
}
let keys = [
  Chart.Key("not significantly worse (before)", before), Chart.Key("shown to be within a point", now),
  Chart.Key("promised: 5 % at most", dashed),
]
let chart = Chart(
  "Studies that end with a model which truly loses more than one point",
  description: notes.joined(separator: ". "), panels: [Panel(x: xAxis, y: yAxis, marks: marks)], keys: keys,
  layout: layout)
try Data(chart.svg.utf8).write(to: URL(fileURLWithPath: CommandLine.arguments[1]))
