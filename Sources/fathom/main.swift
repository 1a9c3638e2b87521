import Foundation
import WordPiece
let dir = URL(fileURLWithPath: "Tests/Goldens/tokenizer")
let vocab = try String(contentsOf: dir.appendingPathComponent("vocab.txt"), encoding: .utf8).utf8.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
let cased = try Tokenizer(Vocabulary(vocab), options: .init(lowercases: false))
let uncased = try Tokenizer(Vocabulary(vocab), options: .init(lowercases: true))
var bad = 0, n = 0
for line in try Data(contentsOf: dir.appendingPathComponent("strings.jsonl")).split(separator: 10) {
  let o = try JSONSerialization.jsonObject(with: Data(line)) as! [String: Any]
  let text = o["text"] as! String
  for (k, t) in [("cased", cased), ("uncased", uncased)] {
    n += 1
    if t.encode(text).map(Int.init) != o[k] as! [Int] { bad += 1; if bad < 8 { print(k, text.unicodeScalars.map { String($0.value, radix: 16) }.prefix(40), t.tokens(t.encode(text)).prefix(30), t.tokens((o[k] as! [Int]).map(Int32.init)).prefix(30)) } }
  }
}
print(n, bad)
