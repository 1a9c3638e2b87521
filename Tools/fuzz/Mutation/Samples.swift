let sampleVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nfilm\ngood\nbad\n##s\nthe\n!\n"

let sampleTokenizerConfig = """
  {"tokenizer_class": "BertTokenizer", "do_lower_case": true, "strip_accents": null,
  "tokenize_chinese_chars": true,
  "cls_token": "[CLS]", "mask_token": {"content": "[MASK]", "lstrip": true},
  "added_tokens_decoder": {
  "0": {"content": "[PAD]", "special": true}, "11": {"content": "[E1]", "single_word": true, "normalized": true,
  "lstrip": false, "rstrip": true, "special": false}}, "additional_special_tokens": ["[X]"]}
  """

let sampleTokenizer = """
  {"version": "1.0", "added_tokens": [{"id": 0, "content": "[PAD]", "special": true, "normalized": false},
  {"id": 7, "content": "[E1]", "single_word": true, "normalized": true, "special": false}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
  "strip_accents": null,
  "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {"type": "WordPiece",
  "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
  "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "film": 4, "na\\u00efve": 5, "##s": 6}}}
  """

let sampleRun = """
  {"variant": "2VA", "seed": 1, "parameters": 100, "identity": "a", "fingerprint": "b",
  "classes": ["neg", "pos"],
  "settings": {"epochs": 2, "bert_lr": 2e-5, "batch_size": 8}, "history": [],
  "epochs": [{"epoch": 1, "train_loss": 0.5}],
  "test": {"accuracy": 0.5, "loss": 0.7, "confusion": [[1, 2], [3, 4]]}, "mistakes": []}
  """
