import Checkpoint
import Foundation
import Report
import Study
import Training

/// The dashboard: the report as it stands, what is under way, and the way to the attention explorer.
final class ServerPages: @unchecked Sendable {
  private let folder: URL
  private let requirements: Requirements
  private let lock = NSLock()
  /// What the store held when it was last read, which may take a while with many test examples.
  private var known: (state: String, report: Page?, recommended: String?)?

  init(folder: URL, requirements: Requirements) {
    self.folder = folder
    self.requirements = requirements
  }

  /// The run that a request means when it names none: of the recommended variant the model that was trained
  /// after a cross-validation, or the seed that did best on its validation examples.
  var recommendedRun: String? { current().recommended }

  /// - Parameter query: what a page's links carry on, with its question mark.
  func report(query: String) throws -> String {
    let live = """
      <section id="live"><h2>Runs</h2>\(try progress())
      <p><a href="/attention\(query)">What the models attend to</a></p></section>
      """
    return LivePage.live(current().report ?? LivePage.empty(title: folder.lastPathComponent), section: live)
  }

  private func current() -> (report: Page?, recommended: String?) {
    lock.withLock {
      let state = self.state()
      if let known, known.state == state { return (known.report, known.recommended) }
      // A study without a finished run has no result yet; one whose store is just being written shows the one
      // before.
      let result = try? StudyResult(folder: folder, requirements: requirements)
      guard let result else { return (known?.report, known?.recommended) }
      let recommended = result.recommendation?.recommended
      let name = recommended.map(run(of:))
      let report = StudyFiles.page(result)
      known = (state, report, name)
      return (report, name)
    }
  }

  private func run(of chosen: VariantResult) -> String {
    let final = folder.appendingPathComponent("models/\(ModelShelf.final)")
    let record = try? TrainingJob.record(in: final)
    if record?.variant == chosen.variant.description { return ModelShelf.final }
    let best = chosen.bestRun
    return StudyPlan.name(chosen.variant, seed: best.seed, fold: best.settings.data.fold)
  }

  /// Changes whenever the store does.
  func state() -> String {
    ["study.sqlite", "study.sqlite-wal"].map { name in
      let values = try? folder.appendingPathComponent(name).resourceValues(forKeys: [
        .contentModificationDateKey, .fileSizeKey,
      ])
      return "\(values?.contentModificationDate?.timeIntervalSince1970 ?? 0)-\(values?.fileSize ?? 0)"
    }.joined(separator: "/")
  }

  private func progress() throws -> String {
    let store = try RunStore(reading: folder)
    let rows = try store.runs().map { run -> LivePage.Run in
      let last = try store.epochs(of: run).last
      func value(_ name: String) -> Double? { last?.first { $0.name == name }?.value?.real }
      return LivePage.Run(
        name: run.name, isFinished: run.isFinished, epoch: value("epoch").map { Int($0) },
        loss: value("train_loss"),
        validation: value("validation_accuracy"), test: run["test_accuracy"]?.real)
    }
    return LivePage.table(rows)
  }
}
