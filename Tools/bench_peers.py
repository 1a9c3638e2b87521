#!/usr/bin/env python3
"""The same work in Fathom and in other frameworks, side by side: rounds alternate, medians and their ratios count.

    python3 -m venv venv && venv/bin/pip install torch transformers tokenizers onnxruntime onnx onnxscript
    swift build -c release --product fathom
    venv/bin/python Tools/bench_peers.py --hidden 384 --blocks 3,6
    venv/bin/python Tools/bench_peers.py --tokenizer bert-base-uncased --texts reviews.txt

Each framework runs in a process of its own, with the same batches of the same lengths (IMDB's distribution, like
lengths together), one warm-up round and real tokens counted only. Peers get their best settings: SDPA, padding to the
longest text of each batch, fused AdamW, bf16 autocast, glibc's allocator told to keep its pages.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

IMDB = [57, 73, 92, 111, 128, 137, 143, 148, 154, 159, 164, 169, 174, 179, 185, 189, 196, 206, 212, 218, 228, 235, 242,
        250, 262, 276, 291, 302, 319, 341, 371, 397, 417, 447, 492, 512, 512, 512, 512, 512]
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "2000000000", "MALLOC_TOP_PAD_": "67108864"}


def batches(count, size):
    """As training makes them: fifty batches of like lengths hold the whole distribution; these are evenly spaced."""
    starts = [min(49, (2 * i + 1) * 50 // (2 * count)) * size for i in range(count)]
    return [[IMDB[(2 * i + 1) * len(IMDB) // (100 * size)] for i in range(s, s + size)] for s in starts]


# --- a worker: reads the workload, then runs a round for each further line


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def transformers_round(work, compiled, device):
    import time
    import torch
    import transformers

    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=30522, hidden_size=work["hidden"], num_hidden_layers=work["blocks"], num_labels=2,
        num_attention_heads=work["heads"], intermediate_size=4 * work["hidden"], attn_implementation="sdpa")
    model = transformers.BertForSequenceClassification(config).to(device)
    training = work["mode"] == "train"
    model.train(training)
    inputs = []
    for lengths in work["batches"]:
        width = max(lengths)
        mask = torch.tensor([[1] * n + [0] * (width - n) for n in lengths], device=device)
        inputs.append({"input_ids": torch.randint(100, 30000, mask.shape, device=device), "attention_mask": mask,
                       "labels": torch.arange(len(lengths), device=device) % 2})
    run = torch.compile(model, dynamic=True) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5, weight_decay=0.01, fused=True)
    autocast = torch.autocast(device, dtype=torch.bfloat16, enabled=work["precision"] == "bf16")

    def once():
        start = time.perf_counter()
        for batch in inputs:
            if training:
                optimizer.zero_grad(set_to_none=True)
                with autocast:
                    loss = run(**batch).loss
                loss.backward()
                loss.item()
                optimizer.step()
            else:
                with torch.inference_mode(), autocast:
                    run(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.float().cpu().numpy()
        return time.perf_counter() - start

    return once


def onnx_round(work):
    import tempfile
    import time
    import numpy
    import onnxruntime
    import torch
    import transformers

    config = transformers.BertConfig(
        vocab_size=30522, hidden_size=work["hidden"], num_hidden_layers=work["blocks"], num_labels=2,
        num_attention_heads=work["heads"], intermediate_size=4 * work["hidden"], attn_implementation="eager")
    model = transformers.BertForSequenceClassification(config).eval()

    class Plain(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    path = os.path.join(tempfile.mkdtemp(), "model.onnx")
    example = (torch.ones(2, 9, dtype=torch.int64), torch.ones(2, 9, dtype=torch.int64))
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(Plain(), example, path, input_names=["input_ids", "attention_mask"], output_names=["logits"],
                      dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}}, dynamo=False)
    try:
        from onnxruntime.transformers import optimizer
        fused = optimizer.optimize_model(path, model_type="bert", num_heads=work["heads"], hidden_size=work["hidden"])
        fused.save_model_to_file(path)
    except Exception as error:  # the plain graph is then measured, and the reader is told
        print(f"onnxruntime.transformers did not fuse: {error}", file=sys.stderr)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = []
    for lengths in work["batches"]:
        mask = numpy.array([[1] * n + [0] * (max(lengths) - n) for n in lengths], dtype=numpy.int64)
        inputs.append({"input_ids": numpy.random.randint(100, 30000, mask.shape), "attention_mask": mask})

    def once():
        start = time.perf_counter()
        for batch in inputs:
            session.run(None, batch)
        return time.perf_counter() - start

    return once


def tokenizers_round(work):
    import time
    import tokenizers

    tokenizer = tokenizers.BertWordPieceTokenizer(os.path.join(work["tokenizer"], "vocab.txt"), lowercase=True)
    texts = read_texts(work["texts"])

    def once():
        start = time.perf_counter()
        once.ids = sum(len(encoded.ids) for encoded in tokenizer.encode_batch(texts))
        return time.perf_counter() - start

    once()
    return once


def read_texts(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line for line in file.read().split("\n") if line]


def worker(peer, device):
    work = json.loads(sys.stdin.readline())
    if peer == "tokenizers":
        once = tokenizers_round(work)
    else:
        once = onnx_round(work) if peer == "onnx" else transformers_round(work, peer == "compiled", device)
    print(json.dumps({"ids": getattr(once, "ids", None)}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": once(), "peak_memory_bytes": peak_bytes()}), flush=True)


# --- the comparison


class Process:
    def __init__(self, command, work, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})
        self.first = self.ask(work)

    def ask(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args[0]} ended with status {self.process.wait()}")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def race(own, rounds):
    """Rounds that alternate: the median of the seconds and the peak of memory, by name."""
    answers = {name: [] for name in own}
    for _ in range(rounds):
        for name, process in own.items():
            answers[name].append(process.ask("round"))
    return ({name: statistics.median(a["seconds"] for a in list_) for name, list_ in answers.items()},
            {name: max(a["peak_memory_bytes"] for a in list_) for name, list_ in answers.items()})


def compare(options, work):
    own = {"fathom": Process([options.fathom, "bench", "--worker", "--device", options.device], work)}
    peers = [p for p in options.peers.split(",") if p != "onnx" or (work["mode"], work["precision"]) == ("inference", "fp32")]
    for peer in peers:
        command = [sys.executable, os.path.abspath(__file__), "--worker", peer, "--device", options.device]
        try:
            own[peer] = Process(command, work, ALLOCATOR)
        except RuntimeError as error:
            print(f"{peer} left out: {error}", file=sys.stderr)
    for process in own.values():
        process.ask("warm-up")
    seconds, memory = race(own, options.rounds)
    rate = own["fathom"].ask("rate")["matrix_rate_flops"]
    for process in own.values():
        process.close()
    tokens = sum(map(sum, work["batches"]))
    row = {key: work[key] for key in ("mode", "precision", "hidden", "blocks")}
    row["share_of_matrix_rate"] = round(own["fathom"].first["operations"] / seconds["fathom"] / rate, 3)
    for name in own:
        row[f"{name}_tokens_per_second"] = round(tokens / seconds[name])
        row[f"{name}_peak_gb"] = round(memory[name] / 1e9, 2)
    for name in own:
        if name != "fathom":
            row[f"speed_over_{name}"] = round(seconds[name] / seconds["fathom"], 2)
            row[f"memory_over_{name}"] = round(memory["fathom"] / memory[name], 2)
    print(json.dumps(row), flush=True)


def compare_tokenizers(options):
    work = {"tokenizer": options.tokenizer, "texts": options.texts, "threads": options.threads}
    alone = {"RAYON_NUM_THREADS": str(options.threads), "TOKENIZERS_PARALLELISM": "false" if options.threads == 1 else "true"}
    own = {"fathom": Process([options.fathom, "bench", "--worker"], work),
           "tokenizers": Process([sys.executable, os.path.abspath(__file__), "--worker", "tokenizers"], work, alone)}
    seconds, memory = race(own, options.rounds)
    ids = {name: process.first["ids"] for name, process in own.items()}
    for process in own.values():
        process.close()
    if len(set(ids.values())) != 1:
        raise SystemExit(f"not the same ids: {ids}")
    row = {"mode": "tokenization", "threads": options.threads, "texts": len(read_texts(options.texts)), "ids": ids["fathom"]}
    for name in own:
        row[f"{name}_seconds"] = round(seconds[name], 3)
        row[f"{name}_peak_gb"] = round(memory[name] / 1e9, 2)
    row["speed_over_tokenizers"] = round(seconds["tokenizers"] / seconds["fathom"], 2)
    print(json.dumps(row), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fathom", default=".build/release/fathom")
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--blocks", default="1,3,6,12")
    parser.add_argument("--mode", default="train,inference")
    parser.add_argument("--precision", default="fp32,bf16")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--batches", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="eager,onnx", help="of eager, compiled, onnx")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--tokenizer", help="a folder with vocab.txt: compare tokenizers instead, on --texts")
    parser.add_argument("--texts", help="a file with one text a line")
    parser.add_argument("--threads", type=int, default=1, help="of the tokenizers")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker(options.worker, options.device)
    if options.tokenizer:
        return compare_tokenizers(options)
    for precision in options.precision.split(","):
        for mode in options.mode.split(","):
            for blocks in options.blocks.split(","):
                compare(options, {"mode": mode, "hidden": options.hidden, "heads": options.heads, "blocks": int(blocks),
                                  "precision": precision, "batches": batches(options.batches, options.batch_size)})


if __name__ == "__main__":
    main()
