/// Colours that can be told apart with every kind of colour vision.
/// - Source: Okabe and Ito 2008, "Color Universal Design"; its black is grey here, to show on light and on
///   dark.
public enum Palette {
  public static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A"]
  public static let blue = colours[0]
  public static let grey = colours[6]

  /// The colour of a series; from the eighth on they come again, with another dash.
  public static func colour(_ index: Int) -> String { colours[index % colours.count] }

  public static func dash(_ index: Int) -> String? {
    let patterns = [nil, "6 3", "2 3"]
    return patterns[index / colours.count % patterns.count]
  }
}
