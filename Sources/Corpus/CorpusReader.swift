import Files
import Foundation
import Tables

/// How labelled texts are read from folders and files. Texts come as they are written; what is done to them
/// belongs to the model.
public struct CorpusReader: Sendable {
  /// Which half of a folder that holds both is meant.
  public enum Split: String, Sendable { case train, validation, test }

  /// Whether quotes in a table hold delimiters and line breaks.
  public enum Quoting: String, Sendable, CaseIterable {
    /// RFC 4180, as CSV files have it
    case rfc4180
    /// A quote is a character like any other, as TSV files have it.
    case none
  }

  public enum Form: String, Sendable, CaseIterable {
    case csv, tsv
    /// One object a line
    case jsonl
    /// An array of objects, or one object a line
    case json
    case parquet
    /// Arrow's file or stream, which is also called Feather
    case arrow

    init?(ending: String) {
      switch ending {
      case "csv": self = .csv
      case "tsv", "tab": self = .tsv
      case "jsonl", "ndjson": self = .jsonl
      case "json": self = .json
      case "parquet", "pq": self = .parquet
      case "arrow", "arrows", "feather", "ipc": self = .arrow
      default: return nil
      }
    }
  }

  public enum Encoding: String, Sendable, CaseIterable {
    case utf8 = "utf-8"
    case utf16 = "utf-16"
    case latin1 = "latin-1"
  }

  /// What becomes of a row without text or label, with too many fields, or not in its encoding.
  public enum BadRows: String, Sendable, CaseIterable {
    /// The first one ends the reading.
    case fail
    /// It is left out; ``DataSet/skipped`` lists it.
    case skip
  }

  /// Column (a name, or a number from 1) or key (JSON).
  public var textColumn: String
  /// Of the second text of a pair; nil for single texts.
  public var secondColumn: String?
  /// One; for several labels or numbers per text also one for each.
  public var labelColumns: [String]
  public var answers: AnswerForm
  /// nil for what the file's first bytes and its name say
  public var form: Form?
  /// Whether the first row of a CSV or TSV names the columns; nil for what it looks like.
  public var hasHeader: Bool?
  /// nil for ``Quoting/rfc4180`` in CSV, ``Quoting/none`` in TSV
  public var quoting: Quoting?
  /// An ASCII character; nil for what the file's name says, or for another one where the columns are there
  /// with that one only
  public var delimiter: UInt8?
  /// nil for UTF-8, or UTF-16 where its byte order mark is there
  public var encoding: Encoding?
  public var badRows: BadRows

  public init(
    textColumn: String = "text", secondColumn: String? = nil, labelColumn: String = "label",
    labelColumns: [String]? = nil, answers: AnswerForm = .single, form: Form? = nil, hasHeader: Bool? = nil,
    quoting: Quoting? = nil, delimiter: UInt8? = nil, encoding: Encoding? = nil, badRows: BadRows = .fail
  ) {
    self.textColumn = textColumn
    self.secondColumn = secondColumn
    self.labelColumns = labelColumns ?? [labelColumn]
    self.answers = answers
    self.form = form
    self.hasHeader = hasHeader
    self.quoting = quoting
    self.delimiter = delimiter
    self.encoding = encoding
    self.badRows = badRows
  }

  /// Standard input, where a file is asked for.
  public static var standardInput: URL { DataFile.standardInput }

  /// - Throws: `FathomError` for a source that cannot be read or has other columns.
  public func read(_ url: URL, split: Split) throws -> LabelledTextReader { try read([url], split: split) }

  /// The examples of several sources, one source after the other.
  public func read(_ urls: [URL], split: Split) throws -> LabelledTextReader {
    let selection = Selection(names: columns, known: columns, labelCount: labelColumns.count)
    return LabelledTextReader(
      try format(urls, split, selection), path: urls.map(DataFile.name).first ?? "the data", columns: columns,
      hasSecond: secondColumn != nil, answers: answers, badRows: badRows)
  }

  /// All columns of the same sources, with or without labels.
  /// - Parameter columns: those that are read, in this order; nil for all of the first source.
  public func records(_ urls: [URL], split: Split, columns: [String]? = nil) throws -> RecordReader {
    let selection = Selection(names: columns, known: [textColumn], labelCount: 0)
    return RecordReader(try format(urls, split, selection), badRows: badRows)
  }

  /// A data set whose texts stay on disk, as does the index of them.
  /// - Parameters:
  ///   - classes: those of the training data; nil makes them from these examples.
  ///   - cache: where what was read of large files is kept for the next time.
  /// - Throws: `FathomError` naming the file and the line.
  public func dataSet(_ url: URL, split: Split, classes: [String]? = nil, cache: DataCache? = nil) throws
    -> DataSet
  {
    try dataSet([url], split: split, classes: classes, cache: cache)
  }

  /// One data set of several sources.
  /// - Parameter fewestClasses: what is refused where `classes` are made from these examples.
  public func dataSet(
    _ urls: [URL], split: Split, classes: [String]? = nil, cache: DataCache? = nil, fewestClasses: Int = 2
  ) throws -> DataSet {
    let options = [
      "layout 5", columns.debugDescription, secondColumn, answers.key, form?.rawValue,
      hasHeader.map { "\($0)" }, quoting?.rawValue,
      delimiter.map { "\($0)" }, encoding?.rawValue, badRows.rawValue,
    ].map { $0 ?? "usual" }
    let origin = cache.flatMap { DataOrigin(urls, cache: $0, options: options) }
    let quantities = answers == .numbers && labelColumns.count > 1 ? labelColumns : nil
    return try DataSet(
      classes: classes, quantities: quantities, origin: origin, fewestClasses: fewestClasses
    ) {
      try read(urls, split: split)
    }
  }

  /// Of the text, the second text where there is one, then the labels
  private var columns: [String] { [textColumn] + (secondColumn.map { [$0] } ?? []) + labelColumns }

  private func format(_ urls: [URL], _ split: Split, _ selection: Selection) throws -> any RecordFormat {
    precondition(!urls.isEmpty, "no source")
    if urls.count == 1 { return try format(urls[0], split, selection) }
    return try ChainFormat(urls.map { url in { try format(url, split, $0) } }, selection)
  }

  private func format(_ url: URL, _ split: Split, _ selection: Selection) throws -> any RecordFormat {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw FathomError(
        .notFound, at: url.path, "does not exist",
        mend: "name a data folder or a .csv, .tsv, .jsonl, .json, .parquet or .arrow file")
    }
    guard isFolder.boolValue else { return try fileFormat(url, selection) }
    guard let parts = try DataFolder.parts(url, split: split) else {
      guard answers == .single, secondColumn == nil else {
        throw FathomError(
          .unsupported, at: url.path, "a folder of texts gives each one class",
          mend: "bring a file with columns or keys")
      }
      return try FolderFormat(url, split: split, encoding: encoding, names: columns)
    }
    return try ChainFormat(parts.map { part in { try fileFormat(part.url, $0, info: part.info) } }, selection)
  }

  private func fileFormat(_ url: URL, _ selection: Selection, info: Data? = nil) throws -> any RecordFormat {
    let file = try DataFile.open(url), path = DataFile.name(url)
    let signature = TableReader.Form(startOf: file.bytes)
    let named = Form(ending: DataFile.ending(url))
    // A stream's first bytes are no signature that a text could not have.
    let isColumnar = signature != nil && (signature != .arrowStream || named == .arrow || named == nil)
    if form == .parquet || form == .arrow
      || form == nil && (isColumnar || named == .parquet || named == .arrow)
    {
      let usual: TableReader.Form = (form ?? named) == .parquet ? .parquet : .arrowFile
      return try ColumnarFormat(file, path: path, form: signature ?? usual, info: info, selection)
    }
    guard let form = form ?? named ?? (DataFile.isStandardInput(url) ? DataFile.guess(file) : nil) else {
      throw FathomError(
        .unsupported, at: path, "the ending is not .csv, .tsv, .jsonl, .json, .parquet or .arrow",
        mend: "say what it is with \(.form), rename the file or convert it")
    }
    let source = try TextSource(file, path: path, encoding: encoding)
    func table(_ usual: UInt8, isQuoted: Bool) throws -> TableFormat {
      try TableFormat(source, path: path, usual: usual, isQuoted: isQuoted, selection, self)
    }
    switch form {
    case .csv: return try table(0x2C, isQuoted: quoting ?? .rfc4180 == .rfc4180)
    case .tsv: return try table(0x09, isQuoted: quoting == .rfc4180)
    case .json where JSONArrayFormat.startsArray(source):
      return JSONArrayFormat(source, path: path, selection)
    case .jsonl, .json, .parquet, .arrow: return JSONLinesFormat(source, path: path, selection)
    }
  }
}
