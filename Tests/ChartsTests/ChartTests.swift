import Charts
import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import Testing

@Suite struct ScaleTests {
  @Test func `a linear scale gives round ticks within its domain`() {
    #expect(Scale(.linear, 0...1).ticks() == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(Scale(.linear, 0.65...0.85).ticks().map { ($0 * 100).rounded() } == [65, 70, 75, 80, 85])
    #expect(Scale(.linear, -3...5).ticks(about: 4) == [-2, 0, 2, 4])
  }

  @Test func `a logarithmic scale gives powers of ten, their doubles and their halves`() {
    #expect(Scale(.logarithmic, 1...100).ticks() == [1, 2, 5, 10, 20, 50, 100])
    #expect(abs(Scale(.logarithmic, 1...100).share(10) - 0.5) < 1e-12)
    #expect(Scale(.logarithmic, 1e-3...1e9).ticks().count <= 13)
  }

  @Test func `a short logarithmic scale falls back to even ticks`() {
    let ticks = Scale(.logarithmic, 21...29).ticks()
    #expect(ticks.count >= 3 && ticks.allSatisfy { (21...29).contains($0) })
  }

  @Test func `a scale of one value is widened`() {
    #expect(Scale(.linear, 3...3).share(3) == 0)
    #expect(Scale(.logarithmic, 3...3).share(3) == 0)
    #expect(!Scale(.linear, 3...3).ticks().isEmpty)
  }

  @Test func `values that are not finite do not move a scale`() {
    let scale = Scale.linear(around: [.nan, 0.2, .infinity, 0.3], step: 0.1)
    #expect(abs(scale.domain.lowerBound - 0.2) < 1e-9 && abs(scale.domain.upperBound - 0.3) < 1e-9)
    #expect(Scale.logarithmic(around: [.nan, -1, 0]).domain.lowerBound == 1)
  }
}

@Suite struct ChartTests {
  private static let points = [1.0, 2, 3].map {
    Mark.Point($0, $0 / 3, interval: $0 / 4...$0 / 2, label: "<p>")
  }

  private static func chart(_ marks: [Mark]) -> Chart {
    let axis = Axis("x & y", Scale(.linear, 0...4))
    return Chart(
      "a < b", subtitle: "\"so\"\u{0}", panels: [Panel(x: axis, y: axis, marks: marks)],
      keys: [Chart.Key("one", Mark.Style()), Chart.Key(ring: "two")])
  }

  @Test func `every mark gives well-formed XML`() throws {
    let style = Mark.Style(series: 9)
    let marks: [Mark] = [
      .line(Self.points, style), .dots(Self.points, style, radius: 4), .band(Self.points, style),
      .level(Mark.Point(0, 0.5, isRinged: true), style),
    ]
    try expectWellFormed(Self.chart(marks).svg)
  }

  @Test func `a band runs along the upper ends and back along the lower ones`() {
    let svg = Self.chart([.band(Self.points, Mark.Style())]).svg
    let points = svg.firstMatch(of: /points="([^"]*)"/)?.output.1.split(separator: " ") ?? []
    #expect(points.count == 6)
    #expect(points.first?.split(separator: ",").first == points.last?.split(separator: ",").first)
  }

  @Test func `points that are not finite are left out`() {
    let points = [Mark.Point(.nan, 1), Mark.Point(1, .infinity, label: "far")]
    let svg = Self.chart([.line(points, Mark.Style()), .dots(points, Mark.Style(), radius: 4)]).svg
    #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("<circle cx"))
  }

  @Test func `a name stands above its point, or where no line, no dot and no other name is crossed`() {
    func place(_ marks: [Mark]) -> (x: Double, y: Double, anchor: Substring) {
      let svg = Self.chart(marks).svg
      let found = svg.firstMatch(
        of: /<text class="ink" x="([0-9.]+)" y="([0-9.]+)" text-anchor="(\w+)">here</)!
      return (Double(found.1)!, Double(found.2)!, found.3)
    }
    let style = Mark.Style()
    let named = Mark.Point(2, 2, label: "here")
    // The point's own place: the middle of the panel.
    let (x, y) = (64 + (760 - 64 - 40) / 2.0, (46 + 400 - 52) / 2.0)
    let alone = place([.dots([named], style, radius: 4)])
    #expect(alone.x == x && alone.y == y - 12 && alone.anchor == "middle")
    let rising = Mark.line([Mark.Point(0, 0), Mark.Point(4, 4)], style)
    #expect(place([.dots([named], style, radius: 4), rising]).anchor == "end", "left of a line that rises")
    let falling = Mark.line([Mark.Point(0, 4), Mark.Point(2, 2)], style)
    let higher = place([falling, rising, .dots([named], style, radius: 4)])
    #expect(higher.y > y, "under a peak's foot")
    let level = place([.level(Mark.Point(0, 2.15), style), .dots([named], style, radius: 4)])
    #expect(level.y > y, "under a level line")
    let twins = Self.chart([.dots([named, Mark.Point(2, 2, label: "there")], style, radius: 4)]).svg
    let heights = twins.matches(of: /y="([0-9.]+)" text-anchor="\w+">t?here</).map(\.1)
    #expect(Set(heights).count == 2, "two names at one point")
    let first = place([.dots([Mark.Point(0, 2, label: "here")], style, radius: 4)])
    #expect(first.anchor == "start", "within the panel")
  }

  @Test func `numbers have a true minus on axes, words keep their hyphens`() {
    #expect(Axis("", Scale(.linear, -2...2)).ticks.first?.label == "\u{2212}2")
    #expect(Axis.percent(-0.125) == "\u{2212}12.5\u{202F}%")
    #expect(
      "x-3 lost -0.5 (-1 to 2e-05), 3-4 - 1 -a-".withMinusSigns
        == "x-3 lost \u{2212}0.5 (\u{2212}1 to 2e-05), 3-4 - 1 -a-")
  }

  private func expectWellFormed(_ svg: String, location: SourceLocation = #_sourceLocation) throws {
    let parser = XMLParser(data: Data(svg.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))", sourceLocation: location)
  }
}
