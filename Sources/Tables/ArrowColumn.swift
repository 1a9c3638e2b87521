import CArrow

/// A column of a batch whose buffers Arrow checked: values as cells, one at a time.
struct ArrowColumn {
  private let array: UnsafePointer<ArrowArray>
  private let type: ArrowType

  init(_ array: UnsafePointer<ArrowArray>, _ type: ArrowType) { (self.array, self.type) = (array, type) }

  /// - Throws: ``Unsupported`` for a value of a type that has no cell.
  func cell(_ row: Int) throws -> Cell {
    let place = row + Int(array.pointee.offset)
    if case .null = type { return .null }
    guard isValid(place) else { return .null }
    switch type {
    case .null: return .null
    case .truth: return .word(bit(buffer(1), place) ? "true" : "false")
    case .integer(let bytes, let isSigned): return .word(integer(place, bytes, isSigned))
    case .float(let bytes): return .word(float(place, bytes))
    case .text(let offsetBytes):
      return .text(String(decoding: slice(place, offsetBytes), as: UTF8.self))
    case .bytes(let offsetBytes): return .bytes(Array(slice(place, offsetBytes)))
    case .textView: return .text(String(decoding: view(place), as: UTF8.self))
    case .bytesView: return .bytes(Array(view(place)))
    case .fixedBytes(let size):
      return .bytes(Array(UnsafeRawBufferPointer(start: buffer(1)! + place * size, count: size)))
    case .days: return .text(CivilTime.date(Int(load(place, Int32.self))))
    case .moment(let perSecond, let isDate):
      return .text(CivilTime.text(load(place, Int64.self), perSecond: perSecond, isDate: isDate))
    case .list(let offsetBytes, let element):
      let range = offsets(place, offsetBytes)
      let items = ArrowColumn(child(0), element)
      return .list(try range.map(items.cell))
    case .fixedList(let size, let element):
      let items = ArrowColumn(child(0), element)
      return .list(try (place * size..<(place + 1) * size).map(items.cell))
    case .object(let fields):
      return .object(
        try fields.enumerated().map { index, field in
          Cell.Entry(key: field.name, value: try ArrowColumn(child(index), field.type).cell(place))
        })
    case .dictionary(let index, let value):
      guard case .integer(let bytes, let isSigned) = index, let number = Int(integer(place, bytes, isSigned))
      else { throw Unsupported(format: "dictionary") }
      return try ArrowColumn(UnsafePointer(array.pointee.dictionary!), value).cell(number)
    case .unsupported(let format): throw Unsupported(format: format)
    }
  }

  struct Unsupported: Error { let format: String }

  // MARK: Buffers

  private func buffer(_ index: Int) -> UnsafeRawPointer? { array.pointee.buffers[index] }

  private func child(_ index: Int) -> UnsafePointer<ArrowArray> {
    UnsafePointer(array.pointee.children[index]!)
  }

  /// Buffers of a file that is mapped need not be aligned.
  private func load<T: BitwiseCopyable>(_ place: Int, _: T.Type) -> T {
    buffer(1)!.loadUnaligned(fromByteOffset: place * MemoryLayout<T>.size, as: T.self)
  }

  private func bit(_ bytes: UnsafeRawPointer?, _ place: Int) -> Bool {
    bytes!.load(fromByteOffset: place >> 3, as: UInt8.self) >> UInt8(place & 7) & 1 == 1
  }

  private func isValid(_ place: Int) -> Bool {
    guard array.pointee.null_count != 0, array.pointee.n_buffers > 0, let bitmap = buffer(0) else {
      return true
    }
    return bit(bitmap, place)
  }

  private func integer(_ place: Int, _ bytes: Int, _ isSigned: Bool) -> String {
    switch (bytes, isSigned) {
    case (1, true): String(load(place, Int8.self))
    case (1, false): String(load(place, UInt8.self))
    case (2, true): String(load(place, Int16.self))
    case (2, false): String(load(place, UInt16.self))
    case (4, true): String(load(place, Int32.self))
    case (4, false): String(load(place, UInt32.self))
    case (_, true): String(load(place, Int64.self))
    default: String(load(place, UInt64.self))
    }
  }

  private func float(_ place: Int, _ bytes: Int) -> String {
    switch bytes {
    case 2: return "\(ArrowColumn.single(fromHalf: load(place, UInt16.self)))"
    case 4: return "\(load(place, Float.self))"
    default: return "\(load(place, Double.self))"
    }
  }

  /// IEEE 754 binary16, which Swift does not have on every processor.
  private static func single(fromHalf half: UInt16) -> Float {
    let sign: Float = half >> 15 == 1 ? -1 : 1
    let exponent = Int(half >> 10 & 0x1F), fraction = Float(half & 0x3FF)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }

  private func offsets(_ place: Int, _ bytes: Int) -> Range<Int> {
    if bytes == 4 { return Int(load(place, Int32.self))..<Int(load(place + 1, Int32.self)) }
    return Int(load(place, Int64.self))..<Int(load(place + 1, Int64.self))
  }

  private func slice(_ place: Int, _ offsetBytes: Int) -> UnsafeRawBufferPointer {
    let range = offsets(place, offsetBytes)
    guard !range.isEmpty, let bytes = buffer(2) else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count)
  }

  /// - Source: Arrow columnar format, "Variable-size Binary View Layout".
  private func view(_ place: Int) -> UnsafeRawBufferPointer {
    let entry = buffer(1)! + place * 16
    let size = Int(entry.loadUnaligned(as: Int32.self))
    if size <= 12 { return UnsafeRawBufferPointer(start: entry + 4, count: size) }
    let number = Int(entry.loadUnaligned(fromByteOffset: 8, as: Int32.self))
    let offset = Int(entry.loadUnaligned(fromByteOffset: 12, as: Int32.self))
    return UnsafeRawBufferPointer(start: buffer(2 + number)! + offset, count: size)
  }
}

/// Dates as ISO 8601 writes them.
enum CivilTime {
  /// - Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  static func date(_ days: Int) -> String {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let isEarly = month >= 10
    let year = yearOfEra + era * 400 + (isEarly ? 1 : 0)
    return [padded(year, 4), padded(isEarly ? month - 9 : month + 3, 2), padded(day, 2)]
      .joined(separator: "-")
  }

  static func text(_ value: Int64, perSecond: Int64, isDate: Bool) -> String {
    var (seconds, part) = value.quotientAndRemainder(dividingBy: perSecond)
    if part < 0 { (seconds, part) = (seconds - 1, part + perSecond) }
    var (days, second) = Int(seconds).quotientAndRemainder(dividingBy: 86_400)
    if second < 0 { (days, second) = (days - 1, second + 86_400) }
    if isDate { return date(days) }
    let clock = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
    let digits = String(perSecond).count - 1
    return date(days) + "T" + clock + (part == 0 ? "" : "." + padded(Int(part), digits))
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(abs(number))
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
