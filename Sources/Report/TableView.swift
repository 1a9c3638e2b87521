/// A table as the template `table` takes it.
struct TableView {
  struct Column {
    let name: String
  }

  struct Row {
    let cells: [String]
    let isRecommended: Bool
  }

  let columns: [Column]
  let rows: [Row]
  let isSortable: Bool

  /// - Parameter recommended: what stands in the first cell of the row that is set off.
  init(_ columns: [String], _ rows: [[String]], recommended: String? = nil, isSortable: Bool = false) {
    self.columns = columns.map(Column.init)
    self.rows = rows.map { Row(cells: $0, isRecommended: $0.first == recommended && recommended != nil) }
    self.isSortable = isSortable
  }
}
