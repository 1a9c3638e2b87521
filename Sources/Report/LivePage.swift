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
      (self.name, self.isFinished, self.epoch, self.loss) = (name, isFinished, epoch, loss)
      (self.validation, self.test) = (validation, test)
    }
  }

  public static func table(_ runs: [Run]) -> String {
    func percent(_ value: Double?) -> String { value.map { String(format: "%.2f", $0 * 100) } ?? "–" }
    let rows = runs.map { run in
      [
        run.name, run.isFinished ? "finished" : "running", run.epoch.map(String.init) ?? "–",
        run.loss.map { String(format: "%.4f", $0) } ?? "–", percent(run.validation), percent(run.test),
      ].map { "<td>\(escape($0))</td>" }.joined()
    }
    let head = ["run", "state", "epoch", "training loss", "validation", "test"].map {
      "<th scope=\"col\">\($0)</th>"
    }.joined()
    return "<div class=\"wide\"><table><thead><tr>\(head)</tr></thead><tbody>"
      + rows.map { "<tr>\($0)</tr>" }.joined(separator: "\n") + "</tbody></table></div>"
  }

  /// Before the first run is finished.
  public static func empty(title: String) -> String {
    PageStyle.document(
      title: "Fathom: \(title)",
      body: "<h1>How deep does it have to be?</h1>\n<p class=\"answer\">No run has finished yet.</p>")
  }

  /// A report with a section at its end, which follows the study: what changed is fetched anew, the reader stays where they are.
  public static func live(_ page: String, section: String) -> String {
    let script = """
      <script>
      new EventSource("/events" + location.search).addEventListener("change", async () => {
        try {
          const answer = await fetch(location.href);
          if (!answer.ok) return;
          const next = new DOMParser().parseFromString(await answer.text(), "text/html");
          const [x, y] = [scrollX, scrollY];
          document.body.replaceChildren(...[...next.body.children].filter(e => e.tagName !== "SCRIPT"));
          window.sortTables?.();
          scrollTo(x, y);
        } catch { /* the next change tries again */ }
      });
      </script>
      """
    return page.replacingOccurrences(of: "</body></html>", with: section + "\n" + script + "\n</body></html>")
  }
}
