import CTorch
import Files

/// Unwraps a handle from the shim; a NULL is the caller's mistake (shapes, types) and stops the program with
/// libtorch's own message.
func made(_ handle: OpaquePointer?, _ operation: StaticString = #function) -> Tensor {
  guard let handle else { stop(operation) }
  return Tensor(handle)
}

func done(_ status: Int32, _ operation: StaticString = #function) {
  if status != 0 { stop(operation) }
}

/// For operations whose failure is an event and not a mistake.
func doneOrThrow(_ status: Int32) throws {
  if status != 0 { throw FathomError(.engine, Sentence(lastErrorLine())) }
}

/// A tensor operation in the middle of a forward pass has no way back.
func stop(_ operation: StaticString) -> Never {
  let words = "\(operation): \(lastErrorLine())"
  if ct_last_error_kind() == Int32(CT_ERROR_RESOURCE) { Engine.exhausted(words) }
  fatalError(words)
}

private func lastErrorLine() -> String {
  let text = String(cString: ct_last_error())
  return String(text.split(separator: "\n").first ?? "unknown error")
}
