import Crypto
import Foundation

extension Data {
  /// SHA-256, as 64 hexadecimal digits.
  public var sha256: String { SHA256.hash(data: self).map { String(format: "%02x", $0) }.joined() }
}
