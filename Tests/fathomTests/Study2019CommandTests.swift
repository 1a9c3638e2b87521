import Fixtures
import Foundation
import Testing

@Suite(.serialized) struct Study2019CommandTests {
  @Test func `a file of 2019 becomes a folder that predicts, and what is read otherwise is said`() throws {
    try Fixtures.withFolder { folder in
      let out = folder.appendingPathComponent("1VF").path
      let file = Fixtures.goldens.appendingPathComponent("study-2019/1VF.pt").path
      let model = Fixtures.goldens.appendingPathComponent("bert").path
      let command = ["import", file, "--model", model, "--out", out]
      let made = try fathom(command)
      #expect(made.status == 0 && made.output.contains("a 1VF that reads 48 tokens; classes neg, pos"))
      #expect(made.errors.contains("[PAD] positions count as zeros"))
      let predicted = try fathom(["predict", "--model", out], input: "word1 word2\n")
      #expect(predicted.status == 0 && (predicted.output.contains("neg") || predicted.output.contains("pos")))
      let again = try fathom(command)
      #expect(again.status == 1 && again.errors.contains("there is a model already: choose another --out"))
      let other = try fathom(
        ["import", file, "--model", model, "--variant", "1LV", "--out", folder.path + "/x"])
      #expect(other.status == 1 && other.errors.contains("its shapes are those of a 1VF, not of a 1LV"))
    }
  }

  @Test func `the preset names what it leaves out and what it does as published`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 60, test: 30)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("model"))
      try writeTinyModel(to: folder.appendingPathComponent("model"), blocks: 0)
      func study(_ name: String, _ options: String...) throws -> (
        status: Int32, output: String, errors: String
      ) {
        let result = try fathom(
          [
            "study", "--preset", "imdb-2019", "--model", folder.path + "/model", "--train",
            folder.path + "/train.csv", "--test", folder.path + "/test.csv", "--epochs", "1", "--max-length",
            "16", "--threads", "1", "--json", "--out", folder.path + "/" + name,
          ] + options)
        return (result.status, result.output, result.errors)
      }
      let mended = try study("mended")
      #expect(mended.status == 0)
      #expect(mended.errors.contains("imdb-2019 leaves out 1VA, 1VF, 1LV"))
      #expect(
        mended.errors.contains("the model has 0 blocks") && mended.errors.contains("slips of its code mended")
      )
      let published = try study("published", "--as-published", "--variants", "0VF,baseline-bert")
      #expect(published.status == 0 && published.errors.contains("as published, misread-steps: "))
      let root = try #require(
        JSONSerialization.jsonObject(with: Data(published.output.utf8)) as? [String: Any])
      // With --epochs the slip that trains for fifty is not done, and so not named either.
      let named = try #require(root["as_published"] as? [String])
      #expect(named.count == 10 && !named.contains("fifty-epochs"))
      #expect(!published.errors.contains("50 epochs"))
      let runs = try #require(root["runs"] as? [[String: Any]])
      #expect(runs.count == 2)
      let report = try String(contentsOfFile: folder.path + "/published/report.html", encoding: .utf8)
      #expect(report.contains("misread-steps") && !report.contains("fifty-epochs"))
      #expect(try study("x", "--slips", "no-such").errors.contains("slip 'no-such' is not known"))
    }
  }
}
