import Files
import Checkpoint
import Classification
import Testing

@Suite struct VariantTests {
  @Test(arguments: [
    "3VA", "0VA", "2VF", "3LV", "1LC", "2LBD", "12VA", "3VA:last", "3VA:alternating", "VA:0+2+4", "LV:1",
    "baseline-custom", "baseline-bert",
  ])
  func `a name reads and writes the same`(name: String) throws {
    #expect(try Variant(name).description == name)
  }

  @Test func `names say blocks, source and head`() throws {
    #expect(try Variant("2LBD") == Variant(.bert(.last(2)), .lstm))
    #expect(try Variant("2LV:last") == Variant("2LBD"))
    #expect(try Variant("3VA:first") == Variant("3VA"))
    #expect(try Variant("VA:0+2+4").blockCount == 3)
    #expect(try Variant("baseline-bert").source == "embeddings")
    #expect(try Variant("3VA:alternating").folderName == "3VA-alternating")
  }

  @Test(arguments: [
    "", "VA", "3", "3XX", "3va", "-1VA", "3VA:", "3VA:middle", "VA:", "VA:1++2", "LBD:1", "99999999999VA",
    "baseline",
  ])
  func `other names are errors that list the forms`(name: String) {
    let error = #expect(throws: FathomError.self) { try Variant(name) }
    #expect(error?.description.contains("3VA") == true)
  }
}
