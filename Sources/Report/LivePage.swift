import Foundation

/// What a served report has beside the file: the runs under way, and a script that follows the study.
public enum LivePage {
  /// A run as far as it is.
  public struct Run: Sendable {
    let name: String
    let isFinished: Bool
    let epoch: Int?
    let loss: Double?
    let validation: Double?
    let test: Double?

    public init(
      name: String, isFinished: Bool, epoch: Int?, loss: Double?, validation: Double?, test: Double?
    ) {
      self.name = name
      self.isFinished = isFinished
      self.epoch = epoch
      self.loss = loss
      self.validation = validation
      self.test = test
    }
  }

  public static func table(_ runs: [Run]) -> String {
    func percent(_ value: Double?) -> String { value.map { String(format: "%.2f", $0 * 100) } ?? "–" }
    let rows = runs.map { run in
      [
        run.name, run.isFinished ? "finished" : "running", run.epoch.map(String.init) ?? "–",
        run.loss.map { String(format: "%.4f", $0) } ?? "–", percent(run.validation), percent(run.test),
      ]
    }
    let columns = ["run", "state", "epoch", "training loss", "validation", "test"]
    return Templates.render("table", TableView(columns, rows))
  }

  /// Before the first run is finished.
  public static func empty(title: String) -> Page {
    Page(title: "Fathom: \(title)", body: Templates.render("empty-study", [String: String]()))
  }

  /// A report with a section at its end, which follows the study: what changed is fetched anew, the reader
  /// stays where they are.
  public static func live(_ page: Page, section: String) -> String {
    page.adding(section, script: Resource.followStudy).html
  }
}
