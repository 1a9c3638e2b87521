import Files
import Testing

@Suite struct SentenceTests {
  @Test func `a sentence that was kept names its settings as its reader knows them`() {
    let error = FathomError(
      .notFinite, at: "step 3", "a {brace} in a loss",
      mend: "lower \(.bertLearningRate), or use \(.clipNorm) 1")
    let kept = error.description(naming: \.placeholder)
    #expect(kept == "step 3: a {brace} in a loss: lower {bertLearningRate}, or use {clipNorm} 1")
    #expect(
      Sentence(template: kept).text { "--" + $0.rawValue }
        == "step 3: a {brace} in a loss: lower --bertLearningRate, or use --clipNorm 1")
    for odd in ["", "{", "}", "a {clipNorm", "{}{clipNorm}{", "{{clipNorm}}"] {
      #expect(Sentence(template: odd).text(naming: \.placeholder) == odd)
    }
  }
}
