import Checkpoint
import Foundation
import Study

/// Writes `results.csv`, `accuracy.svg` and `report.html` of a study.
public enum StudyFiles {
  /// - Returns: the names of the files.
  @discardableResult
  public static func write(_ study: StudyResult, plan: StudyPlan, to folder: URL) throws -> [String] {
    let data = plan.template.data
    let options = plan.template.options
    let seeds = plan.seeds.count == 1 ? "seed \(plan.seeds[0])" : "\(plan.seeds.count) seeds"
    let selection =
      study.selectedOnTest
      ? "epochs selected on the test set (2019 protocol)" : "epochs selected on \(data.validation?.count ?? 0) validation examples"
    let subtitle = "\(data.test.count) test examples, \(data.train.count) for training, \(seeds); \(selection)"
    let plot = AccuracyPlot(study, subtitle: subtitle)
    let batch = plan.batchSize == nil ? String(options.batchSize) : "32 up to 4 blocks, 16 for 5 and 6, 8 beyond"
    let settings: [(name: String, value: String)] = [
      ("model", plan.template.model.lastPathComponent), ("training examples", String(data.train.count)),
      ("validation examples", String(data.validation?.count ?? 0)), ("test examples", String(data.test.count)),
      ("classes", data.train.classes.joined(separator: ", ")), ("seeds", plan.seeds.map(String.init).joined(separator: ", ")),
      ("epochs at most", String(options.epochs)), ("selection", selection), ("batch size", batch),
      ("learning rates", "BERT \(options.bertLearningRate), head \(options.headLearningRate); \(options.schedule.rawValue)"),
      ("tokens a text", "\(plan.template.maximumLength) at most, \(plan.template.truncation.name)"),
      ("device", "\(options.device), \(options.precision.rawValue)"),
      (
        "intervals",
        "95 %: Wilson over test examples, widened by the variance over seeds where there are several; gains are paired by example"
      ),
    ]
    let files = [
      ("results.csv", ResultsCSV.text(study)), ("accuracy.svg", plot.svg),
      ("report.html", StudyPage(study, plot: plot, settings: settings).html),
    ]
    for (name, text) in files {
      do { try Data(text.utf8).write(to: folder.appendingPathComponent(name), options: .atomic) } catch {
        throw CheckpointError("\(folder.path)/\(name) could not be written: free some space and run again")
      }
    }
    return files.map(\.0)
  }
}
