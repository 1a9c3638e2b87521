import Foundation
import Checkpoint
for f in CommandLine.arguments.dropFirst() {
  let t0 = Date()
  do {
  let c = try Checkpoint(folder: URL(fileURLWithPath: f))
  let s = c.names.reduce(0.0) { $0 + c[$1]!.load().to(.float64).sum().item }
  print(f, c.names.count, c.names[0], s, Date().timeIntervalSince(t0))
  } catch { print(error) }
}
