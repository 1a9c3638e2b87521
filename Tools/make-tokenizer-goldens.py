"""Writes Tests/Goldens/tokenizer: a small vocabulary and the ids that Hugging Face gives for 6,000 strings.

Made with tokenizers 0.23.3 and transformers 5.23.0. Run from the project's root:
  python3 Tools/make-tokenizer-goldens.py
The real strings are the project's own lines and the sentences below; the rest is drawn, seeded.
"""
import glob, json, os, random, unicodedata
from tokenizers import BertWordPieceTokenizer
from transformers import BertTokenizerFast

random.seed(2019)
folder = "Tests/Goldens/tokenizer"
sentences = """The film wasn't bad; it was, dare I say, rather good!
Café crème brûlée à la carte, déjà vu, naïve façade, coöperate, Ångström
Zażółć gęślą jaźń. Příliš žluťoučký kůň úpěl ďábelské ódy. Árvíztűrő tükörfúrógép
Die Straße ist groß, GROẞ und ŒUVRE. İstanbul'da ılık bir gün. ΑΒΓ Σίσυφος ΣΊΣΥΦΟΣ
Съешь же ещё этих мягких французских булок, да выпей чаю. Їжак і ґанок
我喜欢这部电影。這部電影很好看！映画はとても面白かったです。ﾊﾝｶｸ ｶﾀｶﾅ 영화가 정말 재미있었어요
هذا الفيلم رائع جدا، وأنا أحبه كثيرًا. הסרט הזה היה נהדר! यह फिल्म बहुत अच्छी है। ภาพยนตร์เรื่องนี้ดีมาก
I ❤️ this 🎬🍿!!! 👩‍👩‍👧‍👦 👍🏽 🇳🇱 ☃ — “quotes” ‘single’ … « guillemets » ‹x› 50€ £3 ¥9 ₿1 10°C ½ ² ³ ™ ©
e\u0301 vs \u00e9; a\u0308\u0323 o\u0302\u0301; \u1e9b\u0323; \ufb01ne \ufb02ow; \u212b \u2126 \u2160
http://example.org/a?b=c&d=e#f user@example.org #hashtag @mention C++ C# f(x)=x^2+1 ~/path \\back|pipe `code` $HOME 100%
[CLS] inside [SEP] and [MASK]ed [PAD]ding[UNK]nown [cls] [ SEP ] [[SEP]] [MAS [MASK
zero\u200bwidth non\u00a0breaking thin\u2009space ideographic\u3000space soft\u00adhyphen bom\ufeff tab\there ls\u2028ps\u2029nel\u0085vt\u000bff\u000c
nul\u0000inside control\u0007bell \u001b[0m replacement\ufffd private\ue000 unassigned\u0378 tag\U000e0041 noncharacter\uffff
""".splitlines()

project = []
for path in sorted(glob.glob("Sources/*/*.swift") + glob.glob("Tools/*.py")):
    if path.endswith("UnicodeTables.swift"):
        continue
    with open(path) as file:
        project += [line.strip() for line in file if len(line.strip()) > 20]
real = sentences + random.sample(project, min(900, len(project)))
words = " ".join(real).split()

def block(start, stop, length):
    return "".join(chr(random.choice([c for c in range(start, stop) if not 0xD800 <= c < 0xE000])) for _ in range(length))

ranges = [(0, 0x80), (0x80, 0x250), (0x250, 0x530), (0x530, 0xE00), (0xE00, 0x1200), (0x1E00, 0x2000), (0x2000, 0x2C00),
          (0x2C00, 0x3400), (0x3400, 0xA000), (0xA000, 0xAC00), (0xAC00, 0xD800), (0xE000, 0x10000),
          (0x10000, 0x12000), (0x1D000, 0x1E000), (0x1F000, 0x1FB00), (0x20000, 0x2A700), (0xE0000, 0xE0200)]
marks = [c for c in range(0x110000) if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me") and c < 0x2000]
punctuation = [c for c in range(0x110000) if unicodedata.category(chr(c))[0] in "PS"]
made = []
for _ in range(1700):
    made.append(block(*random.choice(ranges), random.randint(1, 24)))
for _ in range(700):
    made.append("".join(random.choice(words)[:12] + chr(random.choice(punctuation)) + random.choice(["", " "]) for _ in range(5)))
for _ in range(700):
    made.append("".join(c + (chr(random.choice(marks)) if random.random() < 0.3 else "") for c in random.choice(words)[:20]))
for _ in range(1200):
    made.append(" ".join(random.choice(words) for _ in range(random.randint(1, 12))))
for _ in range(500):
    word = list(random.choice(words))
    for _ in range(3):
        word.insert(random.randint(0, len(word)), random.choice(["[SEP]", "[CLS]", "[MASK]", "[UNK]", "\0", "\ufffd", " ", "\t", "é", "中"]))
    made.append("".join(word))
for n in (1, 99, 100, 101, 102, 200, 5000):
    for letter in ("a", "é", "e\u0301", "中", "!", "日a", "ß", "\U0001F600", "ا"):
        made.append("x " + letter * n + " y")
# Lone surrogates reach a tokenizer as U+FFFD.
made += ["", " ", "\n\t ", "\0", "\ufffd", "a\ufffdb", "##ing ##s", "# #", "'''", "[", "]", "[]"]

texts = list(dict.fromkeys(real + made))
trainer = BertWordPieceTokenizer(lowercase=False)
trainer.train_from_iterator(real * 2 + [c for a, b in ranges[:14] for c in (block(a, b, 40),)], vocab_size=4000, min_frequency=1, limit_alphabet=1500, show_progress=False)
lower = BertWordPieceTokenizer(lowercase=True)
lower.train_from_iterator(real, vocab_size=2000, min_frequency=1, limit_alphabet=800, show_progress=False)
pieces = [t for t, _ in sorted(trainer.get_vocab().items(), key=lambda e: e[1])]
pieces += sorted(set(lower.get_vocab()) - set(pieces))
os.makedirs(folder, exist_ok=True)
with open(f"{folder}/vocab.txt", "w", newline="\n") as file:
    file.write("\n".join(pieces) + "\n")
cased = BertTokenizerFast(vocab=f"{folder}/vocab.txt", do_lower_case=False)
uncased = BertTokenizerFast(vocab=f"{folder}/vocab.txt", do_lower_case=True)
unstripped = BertTokenizerFast(vocab=f"{folder}/vocab.txt", do_lower_case=True, strip_accents=False)
assert len(cased) == len(pieces) and len(texts) >= 5000, (len(cased), len(pieces), len(texts))
with open(f"{folder}/strings.jsonl", "w") as file:
    for text in texts:
        file.write(json.dumps({"text": text, "cased": cased(text)["input_ids"], "uncased": uncased(text)["input_ids"]}, separators=(",", ":")) + "\n")
print(len(texts), "strings,", len(pieces), "pieces")
