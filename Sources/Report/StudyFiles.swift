import Files
import Foundation
import Study

/// Writes a study's `results.csv`, `results.md`, `accuracy.svg` and `report.html`.
public enum StudyFiles {
  /// - Returns: the names of the files.
  /// - Throws: `FathomError` when the folder takes no more.
  @discardableResult
  public static func write(_ study: StudyResult, to folder: URL) throws -> [String] {
    let report = StudyReport(study)
    let files = [
      ("results.csv", report.csv), ("results.md", report.markdown), ("accuracy.svg", report.accuracyPlot),
      ("report.html", report.page.html),
    ]
    for (name, text) in files {
      try AtomicFile.write(Data(text.utf8), to: folder.appendingPathComponent(name))
    }
    return files.map(\.0)
  }

  /// `report.html`
  public static func page(_ study: StudyResult) -> Page { StudyReport(study).page }
}
