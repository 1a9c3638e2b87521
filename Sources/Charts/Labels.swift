/// The names of a panel's points: above the point, or where no line, no dot and no other name is crossed.
struct Labels {
  struct Box {
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double
  }

  /// Where a name may stand beside its point, best first.
  private static let candidates: [(anchor: String, x: Double, y: Double)] = [
    ("middle", 0, -12), ("end", -11, -8), ("start", 11, 16), ("middle", 0, 22), ("start", 11, -8),
    ("end", -11, 16), ("start", 13, 4), ("end", -13, 4),
  ]

  private let frame: Panel.Frame
  private var boxes: [Box] = []
  private var lines: [[(x: Double, y: Double)]] = []

  init(in frame: Panel.Frame) { self.frame = frame }

  mutating func avoid(line corners: [(x: Double, y: Double)]) { lines.append(corners) }

  mutating func avoid(dotAt x: Double, _ y: Double, radius: Double) {
    boxes.append(Box(left: x - radius, right: x + radius, top: y - radius, bottom: y + radius))
  }

  /// Takes the place of the name that is then drawn.
  mutating func place(_ text: String, at x: Double, _ y: Double) -> SVGElement {
    let places = Labels.candidates.map { (x + $0.x, y + $0.y, $0.anchor) }
    let crossed = places.map { crossings(Labels.box(text, $0.0, $0.1, $0.2)) }
    let best = places[crossed.firstIndex(of: crossed.min()!)!]
    boxes.append(Labels.box(text, best.0, best.1, best.2))
    return SVGElement.text(text, x: best.0, y: best.1, anchor: best.2)
  }

  /// The room that a text takes, by the mean width of a letter.
  private static func box(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> Box {
    let width = Double(text.count) * 7
    let left = anchor == "middle" ? x - width / 2 : anchor == "end" ? x - width : x
    return Box(left: left, right: left + width, top: y - 10, bottom: y + 3)
  }

  private func crossings(_ box: Box) -> Int {
    let isOutside = box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom
    let segments = lines.flatMap { zip($0, $0.dropFirst()) }
    return (isOutside ? 1 : 0) + boxes.count(where: box.overlaps)
      + segments.count { box.wider(by: 2).isCrossed(from: $0, to: $1) }
  }
}

extension Labels.Box {
  func overlaps(_ other: Labels.Box) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }

  func wider(by margin: Double) -> Labels.Box {
    Labels.Box(left: left - margin, right: right + margin, top: top - margin, bottom: bottom + margin)
  }

  /// The line is cut at each side in turn; what is left of it lies inside.
  /// - Source: Liang and Barsky 1984, "A new concept and method for line clipping".
  func isCrossed(from start: (x: Double, y: Double), to end: (x: Double, y: Double)) -> Bool {
    var (first, last) = (0.0, 1.0)
    let sides = [
      (start.x - end.x, start.x - left), (end.x - start.x, right - start.x),
      (start.y - end.y, start.y - top), (end.y - start.y, bottom - start.y),
    ]
    for (step, distance) in sides {
      if step == 0, distance < 0 { return false }
      if step < 0 { first = max(first, distance / step) }
      if step > 0 { last = min(last, distance / step) }
    }
    return first <= last
  }
}
