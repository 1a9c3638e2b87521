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
  {"variant": "2VA", "seed": 3, "epochs": 1, "peak_epoch": 1, "parameters": 5, "size_bytes": 20,
   "inference_examples_per_second": 1, "fingerprint": "batch_size=32",
   "test": {"count": 2, "accuracy": 0.5, "macro_f1": 0.4, "loss": 0.7, "confusion": [[1, 0], [1, 0]]},
   "history": [{"epoch": 1, "train_loss": 0.7, "seconds": 1, "tokens": 9}],
   "settings": {"variant": "2VA", "epochs_planned": 4, "batch_size": 8, "bert_lr": 5e-4, "clip_norm": 0,
    "patience": 0, "select_on": "validation", "seed": 3, "max_length": 96, "truncation": "head+tail",
    "head_share": 0.25, "dropout": 0.2, "pooler": "pretrained", "model": "bert", "train_examples": 90,
    "validation_examples": 10, "test_examples": 2, "threads": 2, "device": "cpu", "precision": "fp32"}}
  """
