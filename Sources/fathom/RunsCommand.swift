import ArgumentParser
import Files
import Foundation
import Report
import Study

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "Look at the runs of a study.",
    discussion: """
      Reads study.sqlite, also while the study runs. A run is named as its folder is: 3VA-s1.

      EXAMPLES
        fathom runs list study
        fathom runs show study 3VA-s1
        fathom runs compare study 2VA-s1 3VA-s1
        fathom runs export study --format jsonl > runs.jsonl
        fathom runs rebuild study
      """,
    subcommands: [List.self, Show.self, Compare.self, Export.self, Rebuild.self])

  static func find(_ name: String, _ runs: [StoredRun]) throws -> StoredRun {
    if let run = runs.first(where: { $0.name == name }) { return run }
    let sameVariant = runs.filter { $0.variant == name }
    if sameVariant.count == 1 { return sameVariant[0] }
    throw FathomError(
      .notFound, "the study has no run '\(name)': it has \(ListText(runs.map(\.name)).description)")
  }

  /// Accuracy in percent, or another figure with its name.
  static func figure(_ run: StoredRun) -> String {
    guard let (metric, value) = run.headline else { return "–" }
    return metric == .accuracy ? String(format: "%.2f", value * 100) : "\(metric.title) \(metric.text(value))"
  }
}

extension RunsCommand {
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One line per run.")

    @Argument(help: "The study's folder.") var study: PathArgument

    func run() throws {
      let store = try RunStore(reading: study.url)
      let rows = try store.runs().map { run -> [String] in
        let epochs = try store.epochs(of: run).count
        return [
          run.name, run.state.rawValue, String(epochs),
          run["peak_epoch"]?.text ?? "–",
          RunsCommand.figure(run),
          run["train_seconds"]?.real.map { String(format: "%.1f s", $0) } ?? "–",
          run["peak_memory_bytes"]?.real.map { String(format: "%.2f GB", $0 / 1e9) } ?? "–",
        ]
      }
      try Output.line(
        StudyTable.layOut([["run", "state", "epochs", "peak", "test", "training", "peak memory"]] + rows))
      for run in try store.runs() where run.state == .failed {
        try Output.line("\(run.name) failed: \(Flags.named(run.reason ?? ""))")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Everything about one run, with its epochs.")

    @Argument(help: "The study's folder.") var study: PathArgument
    @Argument(help: ArgumentHelp("The run, as 3VA-s1.", valueName: "run")) var name: String

    func run() throws {
      let store = try RunStore(reading: study.url)
      let chosen = try RunsCommand.find(name, store.runs())
      for (name, value) in chosen.columns { try Output.line("\(name): \(value?.text ?? "–")") }
      let epochs = try store.epochs(of: chosen)
      guard let first = epochs.first else { return }
      let names = first.map(\.name).filter { $0 != "run" }
      let rows = epochs.map { epoch in
        epoch.filter { $0.name != "run" }.map { $0.value?.text(decimals: 4) ?? "–" }
      }
      try Output.line("\n" + StudyTable.layOut([names] + rows))
    }
  }

  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Two runs on the same test examples: how much the second loses, and McNemar's exact test.",
      discussion: """
        The bound is one-sided: with 95 % confidence the second run loses at most so much against the first. It is \
        of these two runs alone, without allowance for a choice among many.
        """)

    @Argument(help: "The study's folder.") var study: PathArgument
    @Argument(help: "The first run.") var first: String
    @Argument(help: "The second run.") var second: String

    func run() throws {
      let store = try RunStore(reading: study.url)
      let runs = try store.runs()
      let (a, b) = (try RunsCommand.find(first, runs), try RunsCommand.find(second, runs))
      let (scoresA, scoresB) = (
        try store.scores(of: a, split: "test"), try store.scores(of: b, split: "test")
      )
      guard scoresA.count > 1, scoresA.count == scoresB.count, let metric = a.headline?.metric,
        metric == b.headline?.metric
      else {
        throw FathomError(
          .mismatch, "\(first) and \(second) cannot be compared",
          mend: "choose two that are finished, on the same test examples")
      }
      for run in [a, b] {
        try Output.line("\(run.name): \(run.headline.map { metric.text($0.value) } ?? "–")")
      }
      let gained = zip(scoresA, scoresB).count { $0 < $1 }
      let lost = zip(scoresA, scoresB).count { $0 > $1 }
      let difference = Statistics.pairedDifference(scoresA, scoresB)
      let (scale, unit) = metric.isShare ? (100.0, " points") : (1.0, " of \(metric.title)")
      var test = ""
      if metric == .accuracy {
        try Output.line(
          "\(b.name) is right where \(a.name) is wrong on \(gained) of \(scoresA.count) test examples, the other "
            + "way round on \(lost)")
        test = String(format: "; McNemar's exact test: p = %.4g", Statistics.mcnemar(gained, lost))
      }
      func signed(_ value: Double) -> String {
        String(format: metric.isShare ? "%+.2f" : "%+.4f", value * scale)
      }
      let (low, high) = (difference.interval.lowerBound, difference.interval.upperBound)
      try Output.line(
        "difference \(signed(difference.mean))\(unit), 95% interval \(signed(low)) to \(signed(high))\(test)")
      let bound = max(0, Statistics.lossBound(of: scoresB, against: scoresA)) * scale
      try Output.line(
        String(
          format: "with 95 %% confidence %@ loses at most %@%@ against %@", b.name,
          String(format: metric.isShare ? "%.2f" : "%.4f", bound), unit, a.name))
      let others = Set(runs.map(\.variant)).count
      if others > 2 {
        try Output.line(
          "(one comparison by itself, on the test set; the study's recommendation holds for all \(others) models at once)"
        )
      }
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "All runs as CSV or JSON Lines on standard output.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case csv, jsonl }

    @Argument(help: "The study's folder.") var study: PathArgument
    @Option(help: "csv or jsonl.") var format = Format.csv

    func run() throws {
      let runs = try RunStore(reading: study.url).runs()
      guard let first = runs.first else { return }
      if format == .csv { try Output.line(first.columns.map(\.name).joined(separator: ",")) }
      for run in runs {
        switch format {
        case .csv:
          try Output.line(run.columns.map { quoted($0.value?.text ?? "") }.joined(separator: ","))
        case .jsonl:
          try Output.json(
            Dictionary(uniqueKeysWithValues: run.columns.map { ($0.name, $0.value?.json ?? NSNull()) }))
        }
      }
    }

    private func quoted(_ field: String) -> String {
      guard field.contains(where: { ",\"\r\n".contains($0) }) else { return field }
      return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
  }

  struct Rebuild: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make study.sqlite anew from the run folders.",
      discussion: "The store that was there is kept beside the new one, as study.sqlite.before-1.")

    @Argument(help: "The study's folder.") var study: PathArgument

    func run() throws {
      let folder = study.url
      let lock = try RunFolder(folder)
      defer { withExtendedLifetime(lock) {} }
      let (count, left) = try RunStore.rebuild(folder)
      try Output.line("\(count) finished runs")
      if !left.isEmpty {
        Output.note("give the same `fathom study` command again for \(ListText(left).description)")
      }
    }
  }
}
