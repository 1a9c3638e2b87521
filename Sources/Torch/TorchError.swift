import Files
import CTorch
import Foundation

/// Unwraps a handle from the shim; a NULL is the caller's mistake (shapes, types) and stops the program with
/// libtorch's own message.
func made(_ handle: OpaquePointer?, _ operation: StaticString = #function) -> Tensor {
  guard let handle else { stop(operation) }
  return Tensor(handle)
}

/// As ``made(_:_:)``, for operations whose failure is an event and not a mistake.
func madeOrThrow(_ handle: OpaquePointer?) throws -> Tensor {
  guard let handle else { throw TorchError(lastErrorLine()) }
  return Tensor(handle)
}

func done(_ status: Int32, _ operation: StaticString = #function) {
  if status != 0 { stop(operation) }
}

func doneOrThrow(_ status: Int32) throws {
  if status != 0 { throw TorchError(lastErrorLine()) }
}

func stop(_ operation: StaticString) -> Never {
  // A tensor operation in the middle of a forward pass has no way back; say in one line what to do.
  if ct_last_error_kind() == Int32(CT_ERROR_RESOURCE) {
    FileHandle.standardError.write(
      Data(
        "fathom: out of memory in \(operation): lower --batch-size or --max-length (\(lastErrorLine()))\n"
          .utf8))
    exit(1)
  }
  fatalError("\(operation): \(lastErrorLine())")
}

private func lastErrorLine() -> String {
  let text = String(cString: ct_last_error())
  return String(text.split(separator: "\n").first ?? "unknown error")
}
