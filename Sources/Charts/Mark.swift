/// Something drawn in a panel, in the units of its axes.
public enum Mark: Sendable {
  public struct Point: Sendable {
    public let x: Double
    public let y: Double
    /// A 95 % interval, say; drawn as an upright line.
    public let interval: ClosedRange<Double>?
    /// What a reader sees who points at it.
    public let note: String?
    /// Written above it.
    public let label: String?

    public init(
      _ x: Double, _ y: Double, interval: ClosedRange<Double>? = nil, note: String? = nil,
      label: String? = nil
    ) {
      self.x = x
      self.y = y
      self.interval = interval
      self.note = note
      self.label = label
    }
  }

  public struct Style: Sendable {
    public var colour: String
    public var dash: String?
    public var width: Double
    /// Pixels to the right, so that series at the same x can be told apart.
    public var shift: Double

    public init(_ colour: String = Palette.blue, dash: String? = nil, width: Double = 2, shift: Double = 0) {
      self.colour = colour
      self.dash = dash
      self.width = width
      self.shift = shift
    }

    /// Of a series among others.
    public init(series index: Int, width: Double = 2, shift: Double = 0) {
      self.init(Palette.colour(index), dash: Palette.dash(index), width: width, shift: shift)
    }

    /// Of a series among `count`, which stand so many pixels apart: intervals at the same x can then be read.
    public init(series index: Int, of count: Int, apart distance: Double) {
      self.init(series: index, shift: (Double(index) - Double(count - 1) / 2) * distance)
    }
  }

  case line([Point], Style)
  /// Dots with their intervals.
  case dots([Point], Style, radius: Double)
  /// The area between the intervals of points.
  case band([Point], Style)
  /// A level line over the whole width.
  case level(Double, Style)
  /// A circle around a point, in the colour of the text.
  case ring(Point, shift: Double)

  /// The ends of the points' intervals, for an axis that shows them all.
  public static func ends(_ points: [Point]) -> [Double] {
    points.compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] }
  }

  /// A line with dots on it.
  public static func series(_ points: [Point], _ style: Style, radius: Double = 3.5) -> [Mark] {
    [.line(points, style), .dots(points, style, radius: radius)]
  }
}
