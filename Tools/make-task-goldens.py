"""Writes Tests/Goldens/tasks/expected.json: what Hugging Face Transformers, PyTorch, scikit-learn and SciPy make of tasks.

Made with transformers 5.24.0, torch 2.13.0, scikit-learn 1.9 and scipy 1.17 on the CPU, over the weights of
Tests/Goldens/bert. Run: python3 Tools/make-task-goldens.py
"""
import json, os, random
import numpy, scipy.stats, sklearn.metrics, torch
import torch.nn.functional as F
from transformers import BertForSequenceClassification, BertTokenizer

bert, folder = "Tests/Goldens/bert", "Tests/Goldens/tasks"
os.makedirs(folder, exist_ok=True)
generator = random.Random(15)
tokenizer = BertTokenizer.from_pretrained(bert)

def text(words):
    return " ".join(f"word{generator.randrange(93)}" for _ in range(words))

# Pairs: cut at either end, evenly and unevenly, and not at all.
pairs = [[text(a), text(b)] for a, b in [(3, 4), (9, 2), (2, 9), (9, 9), (5, 8), (8, 5), (1, 14), (6, 0)]]
expected = {"max_length": 13, "pairs": []}
model = BertForSequenceClassification.from_pretrained(bert, attn_implementation="eager").eval()
for first, second in pairs:
    encoded = tokenizer(first, second, truncation=True, max_length=13, return_tensors="pt")
    with torch.no_grad():
        logits = model(**encoded).logits[0]
    expected["pairs"].append({
        "first": first, "second": second, "ids": encoded["input_ids"][0].tolist(),
        "types": encoded["token_type_ids"][0].tolist(), "logits": logits.tolist()})

# Losses of four texts, with the gradient at the logits.
logits = torch.tensor([[0.3, -1.2, 2.0], [1.5, 0.1, -0.4], [-2.0, 0.7, 0.9], [0.0, 0.2, -0.1]], requires_grad=True)
classes, weights = torch.tensor([2, 0, 1, 1]), torch.tensor([0.5, 2.0, 1.25])
sets, numbers = [[0, 2], [], [1], [0, 1, 2]], torch.tensor([[0.5, -1, 2.5], [1, 0, 0], [-3, 1, 1], [0.25, 0.2, 4]])
present = torch.tensor([[1.0 if c in s else 0.0 for c in range(3)] for s in sets])

def focal(values, gamma, weight=1.0):
    return ((1 - torch.exp(-values)) ** gamma * values * weight)

losses = {
    "cross_entropy": F.cross_entropy(logits, classes),
    "cross_entropy_weighted": F.cross_entropy(logits, classes, weight=weights),
    "cross_entropy_smoothed": F.cross_entropy(logits, classes, label_smoothing=0.1),
    "cross_entropy_focal": focal(F.cross_entropy(logits, classes, reduction="none"), 2.0).mean(),
    "binary": F.binary_cross_entropy_with_logits(logits, present),
    "binary_weighted": F.binary_cross_entropy_with_logits(logits, present, pos_weight=weights),
    "binary_focal": focal(F.binary_cross_entropy_with_logits(logits, present, reduction="none"), 2.0).mean(),
    "squares": F.mse_loss(logits, numbers),
    "huber": F.huber_loss(logits, numbers, delta=0.5),
}
expected["losses"] = {}
for name, loss in losses.items():
    gradient = torch.autograd.grad(loss, logits, retain_graph=True)[0]
    expected["losses"][name] = {"value": loss.item(), "gradient": gradient.flatten().tolist()}
expected["logits"], expected["classes"], expected["sets"] = logits.tolist(), classes.tolist(), sets
expected["numbers"], expected["weights"] = numbers.tolist(), weights.tolist()

# Figures of 60 answers.
source = numpy.random.default_rng(15)
truth = source.integers(0, 3, 60)
scores = source.normal(size=(60, 3)) + 1.2 * numpy.eye(3)[truth]
probabilities = numpy.exp(scores) / numpy.exp(scores).sum(1, keepdims=True)
answers = scores.argmax(1)
expected["single"] = {
    "targets": truth.tolist(), "logits": scores.tolist(),
    "accuracy": sklearn.metrics.accuracy_score(truth, answers),
    "macro-f1": sklearn.metrics.f1_score(truth, answers, average="macro"),
    "micro-f1": sklearn.metrics.f1_score(truth, answers, average="micro"),
    "mcc": sklearn.metrics.matthews_corrcoef(truth, answers),
    "auc": sklearn.metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro"),
    "loss": sklearn.metrics.log_loss(truth, probabilities),
    "precision": sklearn.metrics.precision_score(truth, answers, average=None).tolist(),
    "recall": sklearn.metrics.recall_score(truth, answers, average=None).tolist(),
    "brier": ((probabilities - numpy.eye(3)[truth]) ** 2).sum(1).mean(),
}
there = source.random((60, 4)) < [0.5, 0.2, 0.1, 0.4]
there[7] = False
scores = source.normal(size=(60, 4)) + 1.5 * there - 0.7
chances = 1 / (1 + numpy.exp(-scores))
given = chances >= 0.5
expected["multi"] = {
    "targets": [numpy.flatnonzero(row).tolist() for row in there], "logits": scores.tolist(),
    "accuracy": sklearn.metrics.accuracy_score(there, given),
    "macro-f1": sklearn.metrics.f1_score(there, given, average="macro", zero_division=0),
    "micro-f1": sklearn.metrics.f1_score(there, given, average="micro"),
    # Two empty sets agree.
    "sample-f1": sklearn.metrics.f1_score(there, given, average="samples", zero_division=1),
    "mcc": sklearn.metrics.matthews_corrcoef(there.ravel(), given.ravel()),
    "auc": sklearn.metrics.roc_auc_score(there, chances, average="macro"),
    "loss": sklearn.metrics.log_loss(there.ravel(), chances.ravel()),
}
truth = source.normal(size=60)
found = 0.6 * truth + 0.5 * source.normal(size=60)
found[3] = found[4]
expected["regression"] = {
    "targets": truth.tolist(), "logits": found.tolist(),
    "pearson": scipy.stats.pearsonr(found, truth).statistic,
    "spearman": scipy.stats.spearmanr(found, truth).statistic,
    "mae": sklearn.metrics.mean_absolute_error(truth, found),
    "rmse": sklearn.metrics.mean_squared_error(truth, found) ** 0.5,
    "r2": sklearn.metrics.r2_score(truth, found),
    "loss": sklearn.metrics.mean_squared_error(truth, found),
}
with open(f"{folder}/expected.json", "w") as file:
    json.dump(expected, file, indent=1)
    file.write("\n")
