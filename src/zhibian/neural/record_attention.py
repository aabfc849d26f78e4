"""Label attention on onnxruntime (标签注意力): a hospital's classifier, served without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from zhibian.coding.record_codes.classifier import Attended
from zhibian.coding.record_codes.model import ENCODER, HEADS, TOKENIZER, RecordModel
from zhibian.coding.record_codes.parts import Floats, Scores, log_softmax
from zhibian.coding.record_codes.segments import Segment, batches
from zhibian.coding.record_codes.text import Passage
from zhibian.documents.types import Span
from zhibian.neural.tokens import RecordTokenizer


class OnnxEncoder:
    """An encoder of segments; heads learn from the very vectors that serve.

    Parameters
    ----------
    weights
        ONNX file; inputs ``input_ids`` and ``attention_mask``, output ``hidden``.
    tokenizer
        Tokenizer of the encoder.
    """

    def __init__(self, weights: Path, tokenizer: RecordTokenizer) -> None:
        self._session = _session(weights)
        self.tokenizer = tokenizer

    def hidden(self, segments: Sequence[Segment]) -> Floats:
        """Return the vectors of the text of one record, in order (pieces, hidden)."""
        found: list[Floats] = [np.zeros((0, 0), np.float32)] * len(segments)
        for places in batches(segments):
            width = max(len(segments[place].ids) for place in places)
            ids = np.full((len(places), width), self.tokenizer.pad, np.int64)
            mask = np.zeros((len(places), width), np.int64)
            for row, place in enumerate(places):
                one = segments[place].ids
                ids[row, : len(one)], mask[row, : len(one)] = one, 1
            (hidden,) = self._session.run(["hidden"], {"input_ids": ids, "attention_mask": mask})
            for row, place in enumerate(places):
                body = segments[place].body
                found[place] = hidden[row, body.start : body.stop]
        return np.concatenate(found)


class OnnxRecordAttention:
    """The attention part of a model folder.

    Parameters
    ----------
    encoder
        The encoder.
    heads
        ONNX file; inputs ``hidden`` and ``sections``, outputs ``principal``, ``others`` and
        ``attention``.
    sections
        Section names by number; an unknown section is the last.
    """

    def __init__(self, encoder: OnnxEncoder, heads: Path, sections: Sequence[str]) -> None:
        self._encoder = encoder
        self._heads = _session(heads)
        self._sections = sections

    def read(self, passages: Sequence[Passage]) -> Attended:
        """Score one record and tell what each label looked at."""
        segments = self._encoder.tokenizer.segments(passages)
        principal, others, attention = self._heads.run(
            ["principal", "others", "attention"],
            {
                "hidden": self._encoder.hidden(segments),
                "sections": section_numbers(segments, self._sections).astype(np.int64),
            },
        )
        places = [
            Span(segment.document, start, end)
            for segment in segments
            for start, end in segment.offsets
        ]
        return Attended(Scores(log_softmax(principal[None]), others[None]), attention, places)


def section_numbers(segments: Sequence[Segment], sections: Sequence[str]) -> NDArray[np.int16]:
    """Return the section number of every piece; an unknown section is the last."""
    number = {name: place for place, name in enumerate(sections)}
    unknown = len(sections) - 1
    marks = [number.get(s.section, unknown) for s in segments for _ in s.body]
    return np.asarray(marks, np.int16)


def _session(weights: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # Spinning threads take the processor from whatever else runs on a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def attention_of(model: RecordModel) -> OnnxRecordAttention | None:
    """Return the attention part of a verified model folder; None where it has none."""
    if not model.attends:
        return None
    longest, overlap = model.segment
    tokenizer = RecordTokenizer(model.folder / TOKENIZER, longest=longest, overlap=overlap)
    encoder = OnnxEncoder(model.folder / ENCODER, tokenizer)
    return OnnxRecordAttention(encoder, model.folder / HEADS, model.sections)
