import Files
import Foundation

/// How labelled texts are read from an aclImdb-like folder, a CSV, TSV or JSON Lines file. Texts come as they
/// are written; what is done to them belongs to the model.
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

  /// Column (CSV, TSV: a name, or a number from 1) or key (JSON Lines).
  public var textColumn: String
  public var labelColumn: String
  /// Whether the first row of a CSV or TSV names the columns.
  public var hasHeader: Bool
  /// nil for what is usual: ``Quoting/rfc4180`` in CSV, ``Quoting/none`` in TSV.
  public var quoting: Quoting?

  public init(
    textColumn: String = "text", labelColumn: String = "label", hasHeader: Bool = true,
    quoting: Quoting? = nil
  ) {
    self.textColumn = textColumn
    self.labelColumn = labelColumn
    self.hasHeader = hasHeader
    self.quoting = quoting
  }

  /// - Throws: `FathomError` for a source that cannot be read or has other columns.
  public func read(_ url: URL, split: Split) throws -> LabelledTextReader {
    LabelledTextReader(try format(url, split), path: url.path)
  }

  /// A data set whose texts stay on disk, as does the index of them.
  /// - Parameters:
  ///   - classes: those of the training data; nil makes them from these examples.
  ///   - cache: where what was read of a large file is kept for the next time.
  /// - Throws: `FathomError` naming the file and the line.
  public func dataSet(_ url: URL, split: Split, classes: [String]? = nil, cache: DataCache? = nil) throws
    -> DataSet
  {
    let options = ["layout 2", textColumn, labelColumn, "\(hasHeader)", quoting?.rawValue ?? "usual"]
    let origin = cache.flatMap { DataOrigin(url, cache: $0, options: options) }
    return try DataSet(classes: classes, origin: origin) { try read(url, split: split) }
  }

  private func format(_ url: URL, _ split: Split) throws -> any LabelledTextFormat {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw FathomError(
        .notFound, at: url.path, "does not exist", mend: "name a data folder or a .csv, .tsv or .jsonl file")
    }
    if isFolder.boolValue { return try FolderFormat(url, split: split) }
    switch url.pathExtension.lowercased() {
    case "csv":
      return try TableFormat(url, delimiter: 0x2C, isQuoted: quoting ?? .rfc4180 == .rfc4180, self)
    case "tsv", "tab":
      return try TableFormat(url, delimiter: 0x09, isQuoted: quoting == .rfc4180, self)
    case "jsonl", "ndjson", "json": return try JSONLinesFormat(url, self)
    default:
      throw FathomError(
        .unsupported, at: url.path, "the ending is not .csv, .tsv or .jsonl",
        mend: "rename the file or convert it")
    }
  }
}
