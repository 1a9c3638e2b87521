import CArrow
import Foundation

/// Columns as Arrow's C data interface takes them over: everything lies in memory of `malloc`, which the
/// release function gives back.
enum ArrowExport {
  static func schema(_ columns: [TableWriter.Column], _ metadata: [String: String]) -> ArrowSchema {
    make(
      format: "+s", name: "",
      children: columns.map { column in
        switch column.type {
        case .text: make(format: "u", name: column.name)
        case .number: make(format: "g", name: column.name)
        case .integer: make(format: "l", name: column.name)
        case .truth: make(format: "b", name: column.name)
        case .textList: make(format: "+l", name: column.name, children: [make(format: "u", name: "item")])
        case .numberList: make(format: "+l", name: column.name, children: [make(format: "g", name: "item")])
        }
      }, metadata: metadata)
  }

  static func batch(_ values: [TableWriter.Values], _ columns: [TableWriter.Column]) -> ArrowArray {
    let children = zip(values, columns).map { values, column in
      switch (values, column.type) {
      case (.text(let list), .text): texts(list)
      case (.number(let list), .number): numbers(list)
      case (.integer(let list), .integer): integers(list)
      case (.truth(let list), .truth): truths(list)
      case (.textList(let lists), .textList):
        make(list: lists, texts(lists.flatMap { $0 ?? [] }))
      case (.numberList(let lists), .numberList):
        make(list: lists, numbers(lists.flatMap { $0 ?? [] }))
      default: preconditionFailure("column '\(column.name)' is of another type")
      }
    }
    let count = Int(children.first?.length ?? 0)
    precondition(children.allSatisfy { $0.length == count }, "columns of different lengths")
    return make(count: count, nulls: 0, buffers: [nil], children: children)
  }

  // MARK: Columns

  private static func texts(_ values: [String?]) -> ArrowArray {
    var offsets: [Int32] = [0]
    var bytes: [UInt8] = []
    for value in values {
      if let value { bytes.append(contentsOf: value.utf8) }
      precondition(bytes.count <= Int(Int32.max), "more than 2 GB of text in one row group")
      offsets.append(Int32(bytes.count))
    }
    return make(values, [copy(offsets), copy(bytes)])
  }

  private static func numbers(_ values: [Double?]) -> ArrowArray {
    make(values, [copy(values.map { $0 ?? 0 })])
  }

  private static func integers(_ values: [Int64?]) -> ArrowArray {
    make(values, [copy(values.map { $0 ?? 0 })])
  }

  private static func truths(_ values: [Bool?]) -> ArrowArray { make(values, [bits(values) { $0 == true }]) }

  private static func make<T>(list values: [[T]?], _ items: ArrowArray) -> ArrowArray {
    var offsets: [Int32] = [0]
    for value in values { offsets.append(offsets.last! + Int32(value?.count ?? 0)) }
    return make(values, [copy(offsets)], children: [items])
  }

  private static func make<T>(
    _ values: [T?], _ buffers: [UnsafeMutableRawPointer], children: [ArrowArray] = []
  ) -> ArrowArray {
    let nulls = values.count { $0 == nil }
    return make(
      count: values.count, nulls: nulls, buffers: [nulls == 0 ? nil : bits(values) { $0 != nil }] + buffers,
      children: children)
  }

  // MARK: Memory

  private static func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutableRawPointer {
    values.withUnsafeBytes { bytes in
      let memory = malloc(max(8, bytes.count))!
      if let start = bytes.baseAddress { memory.copyMemory(from: start, byteCount: bytes.count) }
      return memory
    }
  }

  private static func bits<T>(_ values: [T?], _ isSet: (T?) -> Bool) -> UnsafeMutableRawPointer {
    var bytes = [UInt8](repeating: 0, count: (values.count + 7) / 8)
    for (index, value) in values.enumerated() where isSet(value) {
      bytes[index >> 3] |= 1 << UInt8(index & 7)
    }
    return copy(bytes)
  }

  /// Pointers to copies of `values`, each in memory of its own.
  private static func pointers<T>(_ values: [T]) -> UnsafeMutablePointer<UnsafeMutablePointer<T>?>? {
    guard !values.isEmpty else { return nil }
    let memory = malloc(values.count * MemoryLayout<UnsafeMutableRawPointer>.size)!
    let list = memory.bindMemory(to: UnsafeMutablePointer<T>?.self, capacity: values.count)
    for (index, value) in values.enumerated() {
      let copy = malloc(MemoryLayout<T>.size)!.bindMemory(to: T.self, capacity: 1)
      copy.initialize(to: value)
      list[index] = copy
    }
    return list
  }

  private static func make(
    count: Int, nulls: Int, buffers: [UnsafeMutableRawPointer?], children: [ArrowArray]
  ) -> ArrowArray {
    let list = malloc(buffers.count * MemoryLayout<UnsafeRawPointer>.size)!
      .bindMemory(to: UnsafeRawPointer?.self, capacity: buffers.count)
    for (index, buffer) in buffers.enumerated() { list[index] = UnsafeRawPointer(buffer) }
    return ArrowArray(
      length: Int64(count), null_count: Int64(nulls), offset: 0, n_buffers: Int64(buffers.count),
      n_children: Int64(children.count), buffers: list, children: pointers(children), dictionary: nil,
      release: { ArrowExport.release($0) }, private_data: nil)
  }

  private static func make(
    format: String, name: String, children: [ArrowSchema] = [], metadata: [String: String] = [:]
  ) -> ArrowSchema {
    ArrowSchema(
      format: strdup(format), name: strdup(name), metadata: encoded(metadata), flags: 2,
      n_children: Int64(children.count), children: pointers(children), dictionary: nil,
      release: { ArrowExport.release($0) }, private_data: nil)
  }

  /// - Source: Arrow C data interface, "ArrowSchema.metadata".
  private static func encoded(_ metadata: [String: String]) -> UnsafePointer<CChar>? {
    guard !metadata.isEmpty else { return nil }
    var bytes: [UInt8] = []
    func append(_ number: Int) { withUnsafeBytes(of: Int32(number)) { bytes.append(contentsOf: $0) } }
    append(metadata.count)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      for word in [key, value] {
        append(word.utf8.count)
        bytes.append(contentsOf: word.utf8)
      }
    }
    return UnsafePointer(copy(bytes).assumingMemoryBound(to: CChar.self))
  }

  private static func release(_ array: UnsafeMutablePointer<ArrowArray>?) {
    guard let array, array.pointee.release != nil else { return }
    for index in 0..<Int(array.pointee.n_buffers) {
      free(UnsafeMutableRawPointer(mutating: array.pointee.buffers[index]))
    }
    free(array.pointee.buffers)
    for index in 0..<Int(array.pointee.n_children) {
      let child = array.pointee.children[index]!
      child.pointee.release?(child)
      free(child)
    }
    free(array.pointee.children)
    array.pointee.release = nil
  }

  private static func release(_ schema: UnsafeMutablePointer<ArrowSchema>?) {
    guard let schema, schema.pointee.release != nil else { return }
    free(UnsafeMutableRawPointer(mutating: schema.pointee.format))
    free(UnsafeMutableRawPointer(mutating: schema.pointee.name))
    free(UnsafeMutableRawPointer(mutating: schema.pointee.metadata))
    for index in 0..<Int(schema.pointee.n_children) {
      let child = schema.pointee.children[index]!
      child.pointee.release?(child)
      free(child)
    }
    free(schema.pointee.children)
    schema.pointee.release = nil
  }
}
