"""Writes Tests/Goldens/bert: a tiny random BERT (heads of 16, which the fused operations take too) and what Hugging Face computes with it.

Made with transformers 5.23.0 and torch 2.13.0 on the CPU. Run: python3 Tools/make-parity-goldens.py
`expected.safetensors` holds the outputs for four sequences, the gradients of a classification loss, and the weights
after one AdamW step in Fathom's three groups.
"""
import json, os, torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification

torch.manual_seed(2019)
folder = "Tests/Goldens/bert"
os.makedirs(folder, exist_ok=True)
pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "##s", "##ing"] + [f"word{i}" for i in range(93)]
config = BertConfig(vocab_size=len(pieces), hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64,
                    max_position_embeddings=48, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
                    classifier_dropout=0.0, num_labels=3, attn_implementation="eager")
model = BertForSequenceClassification(config)
with torch.no_grad():
    for name, parameter in model.named_parameters():
        # Wider than an initialisation, so that a mistake shows.
        parameter.normal_(1.0 if "LayerNorm.weight" in name else 0.0, 0.2)
model.eval()
model.save_pretrained(folder)
open(f"{folder}/vocab.txt", "w").write("\n".join(pieces) + "\n")

lengths = [7, 12, 12, 3]
sequences = [[2] + torch.randint(5, len(pieces), (n - 2,)).tolist() + [3] for n in lengths]
padded = torch.tensor([s + [0] * (max(lengths) - len(s)) for s in sequences])
mask = torch.tensor([[1] * len(s) + [0] * (max(lengths) - len(s)) for s in sequences])
labels = torch.tensor([0, 2, 1, 2])
expected = {"ids": padded, "lengths": torch.tensor(lengths), "labels": labels}

with torch.no_grad():
    out = model.bert(padded, attention_mask=mask, output_hidden_states=True, output_attentions=True)
real = mask.unsqueeze(-1).float()
square = (mask.unsqueeze(1) * mask.unsqueeze(2)).unsqueeze(1).float()
expected["sequence_output"] = out.last_hidden_state * real
expected["pooled_output"] = out.pooler_output
for i, state in enumerate(out.hidden_states):
    expected[f"hidden_states.{i}"] = state * real
for i, attention in enumerate(out.attentions):
    expected[f"attentions.{i}"] = attention * square

result = model(padded, attention_mask=mask, labels=labels)
result.loss.backward()
expected["logits"], expected["loss"] = result.logits.detach(), result.loss.detach()
for name, parameter in model.named_parameters():
    expected["gradient." + name] = parameter.grad.clone()

def group(name):
    if not name.startswith("bert."):
        return 2
    return 1 if name.endswith(".bias") or "LayerNorm.weight" in name else 0

groups = [[], [], []]
for name, parameter in model.named_parameters():
    groups[group(name)].append(parameter)
torch.optim.AdamW([dict(params=groups[0], lr=3e-5, weight_decay=0.01), dict(params=groups[1], lr=3e-5, weight_decay=0.0),
                   dict(params=groups[2], lr=1e-3, weight_decay=0.0)], betas=(0.9, 0.999), eps=1e-8).step()
for name, parameter in model.named_parameters():
    expected["stepped." + name] = parameter.detach().clone()
save_file({k: v.contiguous().clone() for k, v in expected.items()}, f"{folder}/expected.safetensors")
print({name: os.path.getsize(f"{folder}/{name}") for name in os.listdir(folder)})

# The archive formats, from the same weights.
small = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v.half()
         for k, v in model.state_dict().items() if "embeddings" in k}
small["transposed"] = torch.arange(12, dtype=torch.float32).reshape(3, 4).t()
small["sliced"] = torch.arange(10, dtype=torch.int64)[3:7]
torch.save(small, f"{folder}/zip.bin")
torch.save(small, f"{folder}/legacy.bin", _use_new_zipfile_serialization=False)
