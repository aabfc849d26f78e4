"""A tiny random network from its own format to ONNX; needs the extra ``train``."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")
pytest.importorskip("tokenizers", reason="the extra models is not installed")

from zhibian.problems import InputError
from zhibian.training.e5 import Contents, kept_pieces, parse, read_wheel, write_bert
from zhibian.training.epochs import EpochDone

HIDDEN, LAYERS, INNER, POSITIONS = 32, 2, 64, 64
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "胃", "炎", "急", "性", "慢", "ж", "高", "血", "压"]


def tiny_file(seed: int = 0) -> bytes:
    """Return an ``E5S1`` file with random weights, laid out as the module says."""
    dice = np.random.default_rng(seed)
    tensors: dict[str, tuple[bool, np.ndarray]] = {}

    def plain(name: str, values: np.ndarray) -> None:
        tensors[name] = (False, values.astype("<f4"))

    def quantised(name: str, rows: int, columns: int) -> None:
        blocks = rows * columns // 32
        scale = np.full((blocks, 1), 0.05, "<f2").view(np.uint8)
        packed = dice.integers(0, 256, (blocks, 16), dtype=np.uint8)
        tensors[name] = (True, np.concatenate([scale, packed], axis=1))

    quantised("emb.word", len(PIECES), HIDDEN)
    plain("emb.pos", 0.1 * dice.normal(size=POSITIONS * HIDDEN))
    plain("emb.type", np.zeros(HIDDEN))
    plain("emb.ln.w", np.ones(HIDDEN))
    plain("emb.ln.b", np.zeros(HIDDEN))
    for layer in range(LAYERS):
        for name, rows, columns in (
            ("q", HIDDEN, HIDDEN),
            ("k", HIDDEN, HIDDEN),
            ("v", HIDDEN, HIDDEN),
            ("ao", HIDDEN, HIDDEN),
            ("fi", INNER, HIDDEN),
            ("fo", HIDDEN, INNER),
        ):
            quantised(f"l{layer}.{name}.w", rows, columns)
            plain(f"l{layer}.{name}.b", np.zeros(rows))
        for name in ("aln", "oln"):
            plain(f"l{layer}.{name}.w", np.ones(HIDDEN))
            plain(f"l{layer}.{name}.b", np.zeros(HIDDEN))
    text = "".join(PIECES).encode()
    starts = np.cumsum([0, *(len(p.encode()) for p in PIECES)]).astype("<u4").tobytes()
    scores = np.linspace(-1, -5, len(PIECES)).astype("<f4").tobytes()
    sizes = (HIDDEN, LAYERS, 2, INNER, len(PIECES), POSITIONS, 2)
    head = b"E5S1" + struct.pack("<I7ifi", 1, *sizes, 1e-12, 4)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)) + starts + scores + text
    head += struct.pack("<iI", 0, 0) + struct.pack("<i", len(tensors))
    table = sum(2 + len(name.encode()) + 21 for name in tensors)
    offset = len(head) + table
    body = b""
    for name, (is_packed, values) in tensors.items():
        content = values.tobytes()
        count = values.size if not is_packed else values.shape[0] * 32
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", is_packed, count, offset + len(body), len(content))
        body += content
    return head + body


@pytest.fixture(scope="module")
def contents() -> Contents:
    return parse(tiny_file())


def test_sizes_pieces_and_weights_are_read(contents: Contents) -> None:
    assert contents.sizes.hidden == HIDDEN
    assert contents.pieces == tuple(PIECES)
    words = contents.quantised("emb.word", len(PIECES), HIDDEN)
    assert words.shape == (len(PIECES), HIDDEN)
    assert np.allclose(words / 0.05, np.rint(words / 0.05), atol=1e-2)
    assert words.min() >= -8 * 0.0501
    assert words.max() <= 7 * 0.0501


def test_foreign_pieces_are_dropped(contents: Contents) -> None:
    kept = kept_pieces(contents)
    assert PIECES.index("ж") not in kept
    assert len(kept) == len(PIECES) - 1


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        parse(b"GGUF" + bytes(100))
    (tmp_path / "x.whl").write_bytes(b"PK")
    with pytest.raises(InputError) as told:
        read_wheel(tmp_path / "x.whl")
    assert told.value.problems[0].code == "wheel_unknown"


def test_from_the_file_to_onnx_and_one_training_step(contents: Contents, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra train is not installed")
    pytest.importorskip("onnx", reason="the extra train is not installed")
    pytest.importorskip("onnxruntime", reason="the extra models is not installed")
    from tokenizers import Tokenizer  # noqa: PLC0415

    from zhibian.evaluation.data.term_pairs import TermPair  # noqa: PLC0415
    from zhibian.neural.onnx_encoder import OnnxTermEncoder  # noqa: PLC0415
    from zhibian.training.encoder import Recipe, encode, train_encoder  # noqa: PLC0415
    from zhibian.training.export import export_onnx  # noqa: PLC0415
    from zhibian.training.mining import Task  # noqa: PLC0415
    from zhibian.training.network import TermNetwork  # noqa: PLC0415
    from zhibian.training.packed import LowerLayers  # noqa: PLC0415

    write_bert(contents, kept_pieces(contents), tmp_path)
    bert = transformers.BertModel.from_pretrained(
        tmp_path, add_pooling_layer=False, attn_implementation="eager", dtype=torch.float32
    )
    network = TermNetwork(bert, width=8)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    pairs = [TermPair("急性胃炎", ("胃炎",)), TermPair("高血压", ("高血",))] * 8
    names = ["胃炎", "高血", *(a + b for a in "急慢胃高" for b in "性炎血压")]
    told: list[EpochDone] = []
    recipe = Recipe(epochs=2, batch=8, frozen=1, mined=4)
    lower = LowerLayers(bert, tokenizer, frozen=1, longest=48, device="cpu")
    train_encoder(network, lower, [Task("t", pairs, names)], recipe, told=told.append)
    assert [one.number for one in told] == [1, 2]

    out = tmp_path / "out"
    weights = export_onnx(network, tmp_path / "tokenizer.json", names, out)
    served = OnnxTermEncoder(weights, out / "tokenizer.json", "fp")
    texts = ["急性胃炎", "压", "高血压高血压慢性胃炎"]
    encoded = served.encode(texts)
    exact = encode(network, lower, texts)
    assert np.all((encoded.vectors * exact).sum(1) > 0.98)
    assert np.allclose(encoded.weights.sum(1), 1, atol=1e-4)
    assert encoded.tokens.shape == (3, encoded.weights.shape[1], 8)
    again = served.encode(texts[::-1])
    assert np.allclose(encoded.vectors[0], again.vectors[2], atol=1e-3)
    assert len(served.encode([])) == 0
