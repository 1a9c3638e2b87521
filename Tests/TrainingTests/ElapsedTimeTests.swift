import Testing
import Training

@Suite struct ElapsedTimeTests {
  @Test(arguments: [
    (0.04, "0.0 s"), (59.4, "59.4 s"), (59.96, "1:00 min"), (125, "2:05 min"), (3599.4, "59:59 min"),
    (3599.6, "1:00 h"), (6000, "1:40 h"), (360_000, "100:00 h"),
  ])
  func `seconds are written in the unit that fits, and never as sixty of it`(seconds: Double, words: String) {
    #expect(ElapsedTime(seconds).description == words)
  }
}
