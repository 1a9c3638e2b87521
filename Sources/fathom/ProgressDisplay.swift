import Foundation
import Training

/// Training events on standard error: a bar on a terminal, plain lines otherwise.
final class ProgressDisplay {
  private let isTerminal = Terminal.errors.isTerminal
  private let isQuiet: Bool
  private let title: String
  private var lastDrawn = Date.distantPast
  private var lastLine = Date()
  private var smoothedLoss: Double?

  init(_ title: String, quiet: Bool) {
    self.title = title
    isQuiet = quiet
  }

  func show(_ event: Trainer.Event) {
    if isQuiet { return }
    switch event {
    case .step(let epoch, let step, let steps, let loss, let rate, let left):
      smoothedLoss = smoothedLoss.map { $0 * 0.95 + loss * 0.05 } ?? loss
      let now = Date()
      let figures = String(
        format: "%d/%d  loss %.4f  %.1f examples/s  ETA %@", step, steps, smoothedLoss!, rate,
        ElapsedTime(left).description)
      if isTerminal {
        if step < steps, now.timeIntervalSince(lastDrawn) < 0.1 { return }
        lastDrawn = now
        let start = "\(title) epoch \(epoch) "
        // A line that wraps cannot be drawn over: the bar takes what the figures leave.
        let width = min(24, Terminal.errors.width - 2 - start.count - figures.count)
        let filled = max(width, 0) * step / max(steps, 1)
        let bar =
          width < 4
          ? "" : String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled) + " "
        draw(start + bar + figures)
      } else if now.timeIntervalSince(lastLine) > 15 {
        lastLine = now
        Output.note("\(title) epoch \(epoch) \(figures)")
      }
    case .evaluating(let done, let total):
      if isTerminal { draw("\(title) evaluating \(done)/\(total)") }
    case .note(let text):
      clear()
      Output.note("\(title): \(text)")
    case .epoch(let record, let isBest):
      clear()
      smoothedLoss = nil
      var line = String(format: "%@ epoch %d: loss %.4f", title, record.epoch, record.trainLoss)
      if let metrics = record.validation {
        line += ", validation \(metrics.headline)"
      }
      if let metrics = record.test {
        line += ", test \(metrics.headline) (used for selection)"
      }
      line += ", \(ElapsedTime(record.seconds))" + (isBest ? "  *" : "")
      Output.note(line)
    }
  }

  func clear() { if isTerminal, !isQuiet { draw("") } }

  private func draw(_ text: String) {
    Output.draw("\r\u{1B}[2K\(text.prefix(max(Terminal.errors.width - 1, 0)))")
  }
}
