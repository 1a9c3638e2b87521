"""Writes Tests/Goldens/study-2019: what the code of the study of 2019 computes, itself, on the tiny BERT of Tests/Goldens/bert.

    git clone https://github.com/uzaymacar/comparatively-finetuning-bert ORIGINAL
    pip install torch==2.13.0 pytorch-transformers==1.2.0 safetensors nltk tqdm
    python3 Tools/make-study-2019-goldens.py ORIGINAL

The head's weights are a formula of name and place, so that the files of the recurrent heads need not be kept:
`0.3·sin(0.37·i + length of the name)` for element i. Two `.pt` files are kept, one in each of PyTorch's formats.
"""
import json, os, shutil, sys, tempfile, types
import torch
from safetensors.torch import load_file

sys.path.insert(0, sys.argv[1])
# The word lists that the original loads when it is imported are for its cleaning, which it leaves off.
for name in ("nltk", "nltk.stem", "nltk.corpus"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["nltk.stem"].WordNetLemmatizer = lambda: None
sys.modules["nltk.corpus"].stopwords = types.SimpleNamespace(words=lambda language: [])
from models.finetuned_models import FineTunedBert
from models.baseline_models import SimpleRNN, SimpleRNNWithBERTEmbeddings
from utils.data_utils import get_features

source, target = "Tests/Goldens/bert", "Tests/Goldens/study-2019"
os.makedirs(target, exist_ok=True)
model_folder = tempfile.mkdtemp()
for name in ("config.json", "vocab.txt"):
    shutil.copy(f"{source}/{name}", model_folder)
torch.save(load_file(f"{source}/model.safetensors"), f"{model_folder}/pytorch_model.bin")
length = json.load(open(f"{source}/config.json"))["max_position_embeddings"]
pieces = len(open(f"{source}/vocab.txt").read().split())

torch.manual_seed(2019)
lengths = [7, 12, 12, 3, length, 20]
sequences = [[2] + torch.randint(5, pieces, (n - 2,)).tolist() + [3] for n in lengths]
padded = torch.tensor([s + [0] * (length - len(s)) for s in sequences])


def fill(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not name.startswith("bert."):
                i = torch.arange(parameter.numel(), dtype=torch.float64)
                parameter.copy_((0.3 * torch.sin(0.37 * i + len(name))).reshape(parameter.shape).float())
    return model.eval()


def logits(model):
    token_type_ids, attention_mask = get_features(padded, model.get_tokenizer(), "cpu")
    with torch.no_grad():
        return model(padded, token_type_ids, attention_mask).tolist()


def tuned(blocks, recurrent=0, cls=True, concatenated=False, top_down=True):
    return fill(FineTunedBert(model_folder, blocks, length, num_classes=2, top_down=top_down, num_recurrent_layers=recurrent,
                              use_bidirectional=True, hidden_size=128, dropout_rate=0.2, aggregate_on_cls_token=cls,
                              concatenate_hidden_states=concatenated))


expected = {"ids": sequences, "maximum_length": length, "variants": {}}
models = {
    "1VA": tuned(1), "2VA": tuned(2), "1VF": tuned(1, cls=False), "2VF": tuned(2, cls=False), "2LV": tuned(2, recurrent=1),
    "2LC": tuned(2, recurrent=1, concatenated=True),
    "baseline-bert": fill(SimpleRNNWithBERTEmbeddings(model_folder, length, num_classes=2, use_bidirectional=True)),
    "baseline-custom": fill(SimpleRNN(model_folder, pieces + 20, length, 100, num_classes=2, use_bidirectional=True)),
}
for name, model in models.items():
    own = {key: list(value.shape) for key, value in model.state_dict().items() if not key.startswith("bert.")}
    expected["variants"][name] = {"head": own, "logits": logits(model)}
torch.save(models["1VA"].state_dict(), f"{target}/1VA.pt")
torch.save(models["1VF"].state_dict(), f"{target}/1VF.pt", _use_new_zipfile_serialization=False)
json.dump(expected, open(f"{target}/expected.json", "w"), indent=1)
