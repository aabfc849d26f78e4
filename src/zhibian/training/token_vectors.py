"""Token vectors of whole records (词元向量): made once with a frozen encoder, kept on disk.

Training heads over a frozen encoder reads every record many times, and the encoder is by
far the most costly part: so its vectors are made once, at 16 bits, in a table of
`datasets` named after everything they depend on. They are made from patient text and belong where
the records themselves may stay.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset, Features, Value
from datasets.arrow_writer import ArrowWriter
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from zhibian.coding.record_codes.model import TOKENIZER
from zhibian.coding.record_codes.segments import Segment, batches
from zhibian.neural.record_attention import OnnxEncoder, section_numbers
from zhibian.neural.tokens import RecordTokenizer
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import sha256_of
from zhibian.training.records import TrainingRecord

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
# Records that are written together.
_ROWS = 50
_REMEDY = "给出本地的 Hugging Face 编码器目录：config.json、权重、tokenizer.json 或 vocab.txt"


def load_base(base: Path) -> nn.Module:
    """Load an encoder from a local folder; nothing is ever downloaded.

    Dropout is off: on a few hundred records it costs time and gains nothing.

    Raises
    ------
    InputError
        The folder holds no encoder.
    """
    weights_of(base)
    if not (base / "config.json").is_file():
        raise _incomplete(base, "config.json")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    network: nn.Module = AutoModel.from_pretrained(
        base,
        dtype=torch.float32,
        local_files_only=True,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )
    return network.eval()


def weights_of(base: Path) -> Path:
    """Return the file of an encoder's weights.

    Raises
    ------
    InputError
        The folder has none.
    """
    for name in _WEIGHTS:
        if (base / name).is_file():
            return base / name
    raise _incomplete(base, " 或 ".join(_WEIGHTS))


def tokenizer_of(base: Path, cache: Path) -> Path:
    """Return the ``tokenizer.json`` of an encoder, written into the cache where it has none.

    Older encoders come with ``vocab.txt`` alone.

    Raises
    ------
    InputError
        The folder has neither.
    """
    if (base / TOKENIZER).is_file():
        return base / TOKENIZER
    if not (base / "vocab.txt").is_file():
        raise _incomplete(base, f"{TOKENIZER} 或 vocab.txt")
    target = cache / f"tokenizer-{sha256_of(base / 'vocab.txt')[:16]}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    fast = AutoTokenizer.from_pretrained(base, local_files_only=True, use_fast=True)
    fast.backend_tokenizer.save(str(target))
    return target


def _incomplete(base: Path, absent: str) -> InputError:
    message = f"编码器目录缺少 {absent}"
    return InputError(base.name, [Problem("--base", "encoder_missing", message, _REMEDY)])


def hidden_of(network: nn.Module, segments: Sequence[Segment], pad: int, device: str) -> Tensor:
    """Encode the segments of one record and return the vectors of its text, in order.

    Parameters
    ----------
    network
        The encoder.
    segments
        Segments of one record.
    pad
        Number of the padding piece.
    device
        Where the network is.

    Returns
    -------
    Tensor
        Shape (text pieces, hidden).
    """
    found: list[Tensor | None] = [None] * len(segments)
    for places in batches(segments):
        width = max(len(segments[place].ids) for place in places)
        ids = torch.full((len(places), width), pad, dtype=torch.long)
        mask = torch.zeros((len(places), width), dtype=torch.long)
        for row, place in enumerate(places):
            one = segments[place].ids
            ids[row, : len(one)] = torch.tensor(one)
            mask[row, : len(one)] = 1
        hidden = network(input_ids=ids.to(device), attention_mask=mask.to(device)).last_hidden_state
        for row, place in enumerate(places):
            body = segments[place].body
            found[place] = hidden[row, body.start : body.stop]
    return torch.cat([vectors for vectors in found if vectors is not None])


def name_vectors(network: nn.Module, tokenizer: RecordTokenizer, names: Sequence[str]) -> Tensor:
    """Return one unit vector a label name: the mean of its pieces."""
    rows = []
    with torch.no_grad():
        for name in names:
            ids = torch.tensor([tokenizer.framed(name)])
            hidden = network(input_ids=ids, attention_mask=torch.ones_like(ids))
            rows.append(hidden.last_hidden_state[0].mean(dim=0))
    return nn.functional.normalize(torch.stack(rows), dim=-1)


class TokenVectors:
    """Token vectors of records on disk, by digest (词元向量库).

    Parameters
    ----------
    table
        Rows of vectors and sections.
    """

    def __init__(self, table: Dataset) -> None:
        self._table = table
        self._rows = {digest: row for row, digest in enumerate(table["digest"])}

    def get(self, digest: str) -> tuple[Tensor, Tensor]:
        """Return vectors (pieces, hidden) at 32 bits and section numbers (pieces)."""
        row = self._table[self._rows[digest]]
        width = int(row["width"])
        vectors = np.frombuffer(row["vectors"], np.float16).reshape(-1, width)
        sections = np.frombuffer(row["sections"], np.int16)
        return torch.from_numpy(vectors.astype(np.float32)), torch.from_numpy(
            sections.astype(np.int64)
        )


def encode_records(
    records: Sequence[TrainingRecord],
    encoder: OnnxEncoder,
    fingerprint: str,
    sections: Sequence[str],
    cache: Path,
    log: Callable[[str], None],
) -> TokenVectors:
    """Make the token vectors of records, or find them made.

    Parameters
    ----------
    records
        Records; each digest once.
    encoder
        The encoder, exported.
    fingerprint
        What tells this encoder from another.
    sections
        Section names by number; an unknown section is the last.
    cache
        Folder for made vectors.
    log
        Told of progress.
    """
    key = hashlib.sha256(
        "\n".join(
            [
                fingerprint,
                encoder.tokenizer.fingerprint,
                *sections,
                *sorted(r.digest for r in records),
            ]
        ).encode()
    ).hexdigest()
    target = cache / f"tokens-{key[:16]}.arrow"
    if not target.is_file():
        _make(records, encoder, sections, target, log)
    return TokenVectors(Dataset.from_file(str(target)))


def _make(
    records: Sequence[TrainingRecord],
    encoder: OnnxEncoder,
    sections: Sequence[str],
    target: Path,
    log: Callable[[str], None],
) -> None:
    columns = Features(
        {
            "digest": Value("string"),
            "width": Value("int32"),
            "vectors": Value("large_binary"),
            "sections": Value("binary"),
        }
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and moved: a stop half way leaves nothing that looks finished.
    scratch = target.with_suffix(".making")
    with ArrowWriter(features=columns, path=str(scratch), writer_batch_size=_ROWS) as writer:
        for done, record in enumerate(records, start=1):
            segments = encoder.tokenizer.segments(record.passages)
            vectors = encoder.hidden(segments)
            writer.write(
                {
                    "digest": record.digest,
                    "width": vectors.shape[1],
                    "vectors": vectors.astype(np.float16).tobytes(),
                    "sections": section_numbers(segments, sections).tobytes(),
                }
            )
            if done % _ROWS == 0 or done == len(records):
                log(f"  词元向量 {done}/{len(records)}")
        writer.finalize()
    scratch.replace(target)
