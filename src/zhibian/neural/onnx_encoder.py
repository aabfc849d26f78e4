"""The term encoder on onnxruntime (术语编码器, ONNX): serves the shipped weights without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from zhibian.coding.terms.model import ENCODER, TOKENIZER, LinkModel
from zhibian.coding.terms.types import Encoded

LONGEST = 48
_BATCH = 16


class OnnxTermEncoder:
    """A term encoder read from a model folder.

    Parameters
    ----------
    weights
        The ONNX file; inputs ``input_ids`` and ``attention_mask``, outputs ``vectors``,
        ``tokens`` and ``weights``.
    tokenizer
        ``tokenizer.json`` of the same model.
    fingerprint
        sha256 of the weights, already checked.
    """

    def __init__(self, weights: Path, tokenizer: Path, fingerprint: str) -> None:
        options = onnxruntime.SessionOptions()
        # Spinning threads take the processor from whatever else runs on a small machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            weights, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        self._pad = self._tokenizer.token_to_id("<pad>")
        self._fingerprint = fingerprint

    @property
    def fingerprint(self) -> str:
        """Return the sha256 of the weights."""
        return self._fingerprint

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Encode texts in their order; short ones run together, which saves padding."""
        ids = [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        widest = max((len(row) for row in ids), default=0)
        done = []
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            done.append((rows, self._run([ids[row] for row in rows])))
        if not done:
            return Encoded(*(np.zeros((0, *s), np.float32) for s in ((0,), (0, 0), (0,))))
        hidden, width = done[0][1][0].shape[1], done[0][1][1].shape[2]
        vectors = np.zeros((len(ids), hidden), np.float32)
        tokens = np.zeros((len(ids), widest, width), np.float32)
        weights = np.zeros((len(ids), widest), np.float32)
        for rows, (some, some_tokens, some_weights) in done:
            vectors[rows] = some
            tokens[rows, : some_tokens.shape[1]] = some_tokens
            weights[rows, : some_weights.shape[1]] = some_weights
        return Encoded(vectors, tokens, weights)

    def _run(self, rows: Sequence[Sequence[int]]) -> list[np.ndarray]:
        width = max(len(row) for row in rows)
        ids = np.full((len(rows), width), self._pad, np.int64)
        mask = np.zeros((len(rows), width), np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        found: list[np.ndarray] = self._session.run(
            ["vectors", "tokens", "weights"], {"input_ids": ids, "attention_mask": mask}
        )
        return found


def load_encoder(model: LinkModel) -> OnnxTermEncoder:
    """Load the encoder of a model folder after comparing its sha256.

    Raises
    ------
    InputError
        A file is absent or differs from the manifest.
    """
    return OnnxTermEncoder(model.verify(ENCODER), model.verify(TOKENIZER), model.hashes[ENCODER])
