"""Writes Tests/Goldens/tokenizer/folders.json: model folders, and the ids that Hugging Face's AutoTokenizer gives from them;
texts with marks, and a digest of every code point after normalisation.

Made with tokenizers 0.23.3 and transformers 5.24.0. Run from the project's root:
  python3 Tools/make-tokenizer-folder-goldens.py
"""
import hashlib, json, os, random, tempfile
from tokenizers.normalizers import BertNormalizer
from transformers import AutoTokenizer

random.seed(14)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "film", "Film", "cafe", "café", "Café", "a", "##b", "good", "!", "-", "[",
         "]", "e", "E", "##1", "1", "new", "york", "中", "文"]
lower = [word for word in words if word == word.lower() or word.startswith("[")]
texts = ["Film film café Café [E1] x[E1]a", "[e1] [E1][CLS] new york NEW YORK newyork-new yorker", "good! 中文 [MASK] e1 E1",
         "a new york_ new york. a good goodb"]


def bert(**options):
    return {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True,
            **options}


def added(content, identity, **flags):
    return {"id": identity, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": True, **flags}


named = [added(word, index) for index, word in enumerate(words[:5])]


def tokenizer(normalizer, extra=()):
    def special(name):
        return {"SpecialToken": {"id": name, "type_id": 0}}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": named + list(extra), "normalizer": normalizer,
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {
                "type": "TemplateProcessing", "single": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]")],
                "pair": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {name: {"id": name, "ids": [words.index(name)], "tokens": [name]} for name in ("[CLS]", "[SEP]")}},
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                      "vocab": {word: index for index, word in enumerate(words)}}}


V, L = "\n".join(words) + "\n", "\n".join(lower) + "\n"
size = len(words)
cased, uncased = {"do_lower_case": False}, {"do_lower_case": True}
flags = {"lstrip": True, "normalized": False, "rstrip": False, "single_word": False, "special": True}
whole = {"lstrip": False, "normalized": True, "rstrip": False, "single_word": True, "special": False}
verbatim = {"tokenizer_class": "PreTrainedTokenizerFast"}
cases = {
    "pieces without capitals and no configuration": {"vocab.txt": L},
    "case kept": {"vocab.txt": V, "tokenizer_config.json": cased},
    "case kept, accents stripped": {"vocab.txt": V, "tokenizer_config.json": {**cased, "strip_accents": True}},
    "ideographs left together": {"vocab.txt": V, "tokenizer_config.json": {**cased, "tokenize_chinese_chars": False}},
    "the file keeps case, the configuration does not": {"tokenizer.json": tokenizer(bert(lowercase=False)), "tokenizer_config.json": uncased},
    "the configuration keeps case, the file does not": {"tokenizer.json": tokenizer(bert()), "tokenizer_config.json": cased},
    "the file keeps accents, the configuration does not": {
        "tokenizer.json": tokenizer(bert(strip_accents=False)), "tokenizer_config.json": {**uncased, "strip_accents": True}},
    "the file keeps accents, the configuration speaks of case": {
        "tokenizer.json": tokenizer(bert(strip_accents=False)), "tokenizer_config.json": uncased},
    "rules as the file has them": {"tokenizer.json": tokenizer(bert(lowercase=False)), "tokenizer_config.json": {**uncased, **verbatim}},
    "two vocabularies": {"vocab.txt": "\n".join(words[:5] + words[5:][::-1]) + "\n", "tokenizer.json": tokenizer(bert()),
                         "tokenizer_config.json": cased},
    "added_tokens.json": {"vocab.txt": V, "tokenizer_config.json": uncased, "added_tokens.json": {"[E1]": size, "new york": size + 1}},
    "added_tokens.json, case kept": {"vocab.txt": V, "tokenizer_config.json": cased, "added_tokens.json": {"[E1]": size}},
    "added_tokens.json with a gap": {"vocab.txt": V, "tokenizer_config.json": uncased, "added_tokens.json": {"[E1]": 557}},
    "added_tokens.json with a piece": {"vocab.txt": V, "tokenizer_config.json": uncased, "added_tokens.json": {"good": 99}},
    "added_tokens_decoder": {"vocab.txt": V, "tokenizer_config.json": {**uncased, "added_tokens_decoder": {
        str(size): {"content": "[E1]", **flags}, str(size + 1): {"content": "new york", **whole}}}},
    "added_tokens_decoder, single words as typed": {"vocab.txt": V, "tokenizer_config.json": {**uncased, "added_tokens_decoder": {
        str(size): {"content": "new", **whole, "normalized": False}}}},
    "added_tokens_decoder beside tokenizer.json": {"tokenizer.json": tokenizer(bert()), "tokenizer_config.json": {
        **uncased, "added_tokens_decoder": {str(size): {"content": "[E1]", **flags}}}},
    "added_tokens of tokenizer.json beside an old vocab.txt": {
        "vocab.txt": V, "tokenizer_config.json": uncased,
        "tokenizer.json": tokenizer(bert(), [added("[E1]", size), added("new york", size + 1, normalized=True, special=False)])},
    "special_tokens_map.json": {"vocab.txt": V, "tokenizer_config.json": uncased,
                                "special_tokens_map.json": {"cls_token": "a", "additional_special_tokens": ["[E1]"]}},
    "another unknown token": {"vocab.txt": V, "tokenizer_config.json": {**uncased, "unk_token": "e"}},
    "repeated, empty and padded lines": {"vocab.txt": V + "good\n\nnew \u00a0\r\n", "tokenizer_config.json": uncased},
}
found = []
for name, files in cases.items():
    with tempfile.TemporaryDirectory() as folder:
        files = {file: text if isinstance(text, str) else json.dumps(text, ensure_ascii=False) for file, text in files.items()}
        for file, text in {**files, "config.json": '{"model_type": "bert"}'}.items():
            with open(os.path.join(folder, file), "w", newline="") as out:
                out.write(text)
        ids = [AutoTokenizer.from_pretrained(folder)(text)["input_ids"] for text in texts]
        found.append({"name": name, "files": files, "ids": ids})

options = [(a, b) for a in (False, True) for b in (False, True)]
normalizers = [BertNormalizer(clean_text=True, handle_chinese_chars=True, lowercase=a, strip_accents=b) for a, b in options]
blocks = ["".join("a" + chr(code) + "." for code in range(start, start + 256) if not 0xD800 <= code < 0xE000)
          for start in range(0, 0x20000, 256)]
digests = [hashlib.sha256("".join(map(normalizer.normalize_str, blocks)).encode()).hexdigest() for normalizer in normalizers]
marks = [0x8D4, 0x1B44, 0x1DFB, 0x302E, 0x11446, 0x1D165, 0x1D16D, 0x1E026, 0x1E94A, 0x301, 0x323, 0x34F, 0x941, 0xAD, 0x1D15F]
drawn = ["".join(random.choice("aéऀ한") + "".join(chr(random.choice(marks)) for _ in range(random.randint(0, 6))) for _ in range(4))
         for _ in range(200)]
normalized = [[normalizer.normalize_str(text) for normalizer in normalizers] for text in drawn]
with open("Tests/Goldens/tokenizer/folders.json", "w") as out:
    json.dump({"texts": texts, "folders": found, "digests": digests, "marks": drawn, "normalized": normalized}, out, indent=0)
