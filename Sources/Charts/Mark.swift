/// Something drawn in a panel, in the units of its axes.
public enum Mark: Sendable {
  public struct Point: Sendable {
    public let x: Double
    public let y: Double
    /// A 95 % interval, say; drawn as an upright line.
    public let interval: ClosedRange<Double>?
    /// What a reader sees who points at it.
    public let note: String?
    /// Written above it, or beside it where lines would cross it.
    public let label: String?
    /// Whether a ring is drawn around it, in the colour of the text.
    public let isRinged: Bool

    public init(
      _ x: Double, _ y: Double, interval: ClosedRange<Double>? = nil, note: String? = nil,
      label: String? = nil, isRinged: Bool = false
    ) {
      self.x = x
      self.y = y
      self.interval = interval
      self.note = note
      self.label = label
      self.isRinged = isRinged
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
  /// A level line over the whole width, at the height of a point.
  case level(Point, Style)
}
