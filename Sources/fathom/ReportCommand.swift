import ArgumentParser
import Foundation
import Report
import Study

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a study's report anew, also while it runs.",
    usage: "fathom report <study> [<options>]",
    discussion: """
      Writes report.html (one file that needs no network), results.md, results.csv and accuracy.svg into the \
      study's folder from what is finished by now, and prints the table.

      EXAMPLES
        fathom report study
        fathom report study --within 0.5 --size-limit 100MB --latency-limit 5ms
      """)

  @Argument(help: "The study's folder.")
  var study: PathArgument

  @OptionGroup var requirements: RequirementArguments

  func run() throws {
    let folder = study.url
    let result = try StudyResult(folder: folder, requirements: requirements.value)
    let files = try StudyFiles.write(result, to: folder)
    try Output.line(StudyTable(result).text)
    try Output.line(files.map { "\(study)/\($0)" }.joined(separator: "\n"))
  }
}
