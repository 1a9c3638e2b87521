"""Writes Tests/Goldens/tables: small Parquet and Arrow files as pyarrow and datasets write them.

Made with pyarrow 26.0.1 and datasets 5.2.0. Run from the project's root:
  python3 Tools/make-tables-goldens.py
"""
import datetime, decimal, gzip, os, shutil
import pyarrow as pa
import pyarrow.feather, pyarrow.ipc, pyarrow.parquet
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value

folder = "Tests/Goldens/tables"
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)

texts = ["a fine film", None, "zu viel Lärm", "", "twelve bytes", "more than twelve bytes: 映画", "last"]
kinds = {
    "text": pa.array(texts),
    "large": pa.array(texts, pa.large_string()),
    "class": pa.array(["pos", "neg", None, "pos", "neg", "neg", "pos"]).dictionary_encode(),
    "integer": pa.array([1, -2, None, 4, 5, 6, 7], pa.int8()),
    "unsigned": pa.array([0, 2**64 - 1, None, 3, 4, 5, 6], pa.uint64()),
    "single": pa.array([0.1, -1.5, None, 3, 4, 5, 6], pa.float32()),
    "double": pa.array([0.1, 1e300, None, 3, 4, 5, 6]),
    "half": pa.array([0.5, 65504, None, -2, 6.1e-5, 5, 6], pa.float16()),
    "truth": pa.array([True, False, None, True, True, False, False]),
    "bytes": pa.array([b"a\xff", b"", None, b"d", b"e", b"f", b"g"]),
    "fixed": pa.array([b"ab", b"cd", None, b"ef", b"gh", b"ij", b"kl"], pa.binary(2)),
    "tags": pa.array([["x", "y"], [], None, ["z", None], ["x"], ["y"], ["x"]]),
    "box": pa.array([[1.0, 2.0], [3.0, 4.0], None] + [[5.0, 6.0]] * 4, pa.list_(pa.float32(), 2)),
    "nested": pa.array([{"who": "Ann", "marks": [1, 2]}, {"who": None, "marks": []}, None]
                       + [{"who": "B", "marks": [3]}] * 4),
    "day": pa.array([datetime.date(1969, 12, 31), datetime.date(2024, 2, 29), None]
                    + [datetime.date(1970, 1, 1)] * 4),
    "moment": pa.array([datetime.datetime(1969, 12, 31, 23, 59, 59, 500000),
                        datetime.datetime(2024, 2, 29, 1, 2, 3), None]
                       + [datetime.datetime(1970, 1, 1)] * 4, pa.timestamp("us")),
    "nothing": pa.nulls(7),
}
table = pa.table(kinds)
pa.parquet.write_table(
    table.drop_columns(["half"]), f"{folder}/kinds.parquet", row_group_size=3, compression="zstd")
views = table.append_column("view", pa.array(texts, pa.string_view()))
views = views.append_column("price", pa.array([decimal.Decimal("1.50")] * 7))
pa.feather.write_feather(views, f"{folder}/kinds.feather", compression="lz4", chunksize=3)
with pa.ipc.new_file(f"{folder}/kinds.arrow", views.schema) as writer:
    writer.write_table(views.slice(1), max_chunksize=4)
with pa.ipc.new_stream(f"{folder}/kinds.arrows", views.schema) as writer:
    writer.write_table(views, max_chunksize=2)
for name in ["kinds.parquet", "kinds.arrow"]:
    with open(f"{folder}/{name}", "rb") as source, open(f"{folder}/{name}.gz", "wb") as target:
        target.write(gzip.compress(source.read(), mtime=0))

csv = "text,label\n" + "".join(
    f"film number {i} of a hundred,{'neg' if i % 2 else 'pos'}\n" for i in range(100))
with open(f"{folder}/rows.csv.gz", "wb") as file:
    half = csv.index("film number 50")
    # Two members, as `cat a.gz b.gz` makes them.
    file.write(gzip.compress(csv[:half].encode(), mtime=0) + gzip.compress(csv[half:].encode(), mtime=0))
with pa.CompressedOutputStream(f"{folder}/rows.csv.zst", "zstd") as file:
    file.write(csv.encode())

features = Features({"text": Value("string"), "label": ClassLabel(names=["World", "Sports", "Sci/Tech"])})
def part(size, start):
    return Dataset.from_dict(
        {"text": [f"item {start + i}" for i in range(size)],
         "label": [(start + i) % 3 for i in range(size)]}, features)
DatasetDict({"train": part(7, 0), "validation": part(2, 7), "test": part(4, 9)}).save_to_disk(
    f"{folder}/news", num_shards={"train": 2, "validation": 1, "test": 1})
part(3, 0).save_to_disk(f"{folder}/single")
part(3, 0).to_parquet(f"{folder}/news.parquet")
many = Features({"text": Value("string"), "labels": Sequence(ClassLabel(names=["joy", "fear"]))})
Dataset.from_dict({"text": ["a", "b"], "labels": [[0, 1], []]}, many).to_parquet(f"{folder}/many.parquet")
unlabelled = Dataset.from_dict({"text": ["a", "b"], "label": [-1, 2]}, features)
unlabelled.to_parquet(f"{folder}/unlabelled.parquet")
