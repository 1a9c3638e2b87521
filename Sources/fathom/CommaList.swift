import Foundation

extension String {
  /// The parts of an option that takes several values with commas.
  var commaList: [String] { split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
}
