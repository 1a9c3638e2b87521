import Files

/// Whole numbers that fit 32 bits, such as targets or rows: in memory, or in a mapped file of which a page is
/// read when it is asked for.
public struct IntList: RandomAccessCollection, Sendable, Equatable {
  private enum Store: Sendable {
    case memory([Int32])
    case mapped(SectionFile, section: Int, offset: Int, stride: Int, table: [Int]?)
  }

  private let store: Store
  public let endIndex: Int
  public var startIndex: Int { 0 }

  public init(_ numbers: some Collection<Int>) { self.init(numbers.map { Int32($0) }) }

  init(_ numbers: [Int32]) { (store, endIndex) = (.memory(numbers), numbers.count) }

  /// One number a record of `stride` bytes, `offset` bytes into it; with a table, what stands there at that
  /// number.
  init(_ file: SectionFile, section: Int, offset: Int = 0, stride: Int = 4, table: [Int]? = nil) {
    precondition(offset + 4 <= stride, "a number does not fit its record")
    store = .mapped(file, section: section, offset: offset, stride: stride, table: table)
    endIndex = file.section(section).count / stride
  }

  public subscript(index: Int) -> Int {
    switch store {
    case .memory(let numbers): return Int(numbers[index])
    case .mapped(let file, let section, let offset, let stride, let table):
      precondition(index >= 0 && index < endIndex, "index \(index) of \(endIndex)")
      let number = file.section(section).loadUnaligned(
        fromByteOffset: index * stride + offset, as: Int32.self)
      return table.map { $0[Int(Int32(littleEndian: number))] } ?? Int(Int32(littleEndian: number))
    }
  }

  public static func == (a: IntList, b: IntList) -> Bool { a.elementsEqual(b) }
}
