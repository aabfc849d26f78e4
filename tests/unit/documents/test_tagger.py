from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.documents.matcher import TermMatcher
from zhibian.documents.normalise import normalise
from zhibian.documents.reader import load_reading_lexicon, read_documents
from zhibian.documents.tag_features import dictionary_marks, feature_keys
from zhibian.documents.tagger import (
    DictionaryHints,
    EntityTagger,
    EntityType,
    TaggerWeights,
    TermKind,
    decode,
    read_weights,
    sentence_pieces,
    tag_entities,
    write_weights,
)
from zhibian.documents.types import Assertion, SectionKind
from zhibian.records.types import Document

RULES = Path(__file__).resolve().parents[3] / "rules"
KINDS = {"肺炎": TermKind.DISEASE, "胃镜检查": TermKind.PROCEDURE}
HINTS = DictionaryHints(TermMatcher(KINDS), KINDS)
LABELS = ("B-疾病和诊断", "I-疾病和诊断", "O")


def _marks(text: str) -> np.ndarray:
    return dictionary_marks(len(text), [])


def _toy() -> EntityTagger:
    """Return a tagger that learned one word by heart: 腺癌."""
    text = "。肺腺癌。"
    keys = feature_keys(text, _marks(text))
    begins, goes_on = set(keys[:, 2].tolist()), set(keys[:, 3].tolist())
    others = "右肺无殊。无殊。:否认肺。病理为肺。:病理。:否认。"
    outside = set(feature_keys(others, _marks(others)).ravel().tolist()) - begins - goes_on
    rows = sorted(begins | goes_on | outside)
    states = np.zeros((len(rows), 3), np.int8)
    for place, key in enumerate(rows):
        states[place] = [5 * (key in begins), 5 * (key in goes_on), 5 * (key in outside)]
    transitions = np.array([[0, 1, 0], [0, 1, 0], [0, -9, 0]], np.float32)
    weights = TaggerWeights(LABELS, np.array(rows, np.uint32), states, transitions, 0.1)
    return EntityTagger(weights, HINTS)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_decoding_finds_the_best_sequence_and_its_probability(
    lengths: list[int], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    emissions = generator.normal(size=(sum(lengths), 3)).astype(np.float32)
    transitions = generator.normal(size=(3, 3)).astype(np.float32)
    ends = np.cumsum(lengths).tolist()
    pieces = list(zip([0, *ends[:-1]], ends, strict=True))
    states, sure = decode(emissions, transitions, pieces)
    for start, end in pieces:
        ways = list(product(range(3), repeat=end - start))
        scores = np.array(
            [
                sum(emissions[start + i, s] for i, s in enumerate(way))
                + sum(transitions[a, b] for a, b in pairwise(way))
                for way in ways
            ]
        )
        best = ways[int(scores.argmax())]
        chances = np.exp(scores) / np.exp(scores).sum()
        assert tuple(states[start:end].tolist()) == best
        for place, state in enumerate(best):
            expected = sum(c for c, way in zip(chances, ways, strict=True) if way[place] == state)
            assert sure[start + place] == pytest.approx(expected, abs=1e-4)


@given(st.text(alphabet="肺炎癌。,\nA", max_size=900))
def test_pieces_cover_the_text_and_are_short(text: str) -> None:
    pieces = list(sentence_pieces(text))
    assert "".join(text[start:end] for start, end in pieces) == text
    assert all(0 < end - start <= 160 for start, end in pieces)


@given(st.text(max_size=60))
def test_features_do_not_depend_on_what_is_far_away(text: str) -> None:
    normalised = normalise(text)
    longer = normalised + "。" * 4 + "高血压"
    alone = feature_keys(normalised + "。" * 4, _marks(normalised + "。" * 4))
    beside = feature_keys(longer, _marks(longer))
    assert (alone[:, : len(normalised)] == beside[:, : len(normalised)]).all()


def test_a_learned_word_is_found_wherever_it_stands() -> None:
    text = "右肺腺癌。" + "无殊。" * 8_000 + "肺腺癌。"
    found = list(_toy().tag(text))
    assert {text[e.start : e.end] for e in found} == {"腺癌"}
    assert len(found) == 2
    assert all(0 < e.score <= 1 and e.type is EntityType.DISEASE for e in found)


def test_dictionary_marks_tell_kind_place_and_length() -> None:
    marks = HINTS.marks("患肺炎,行胃镜检查")
    assert marks[0] == 0
    assert len({*marks[1:3].tolist(), *marks[5:9].tolist()}) == 5
    assert marks[6] == marks[7]


def test_tagged_stretches_carry_section_sentence_and_assertion() -> None:
    lexicon = load_reading_lexicon(RULES)
    text = "既往史：否认肺腺癌。\n诊疗经过：病理为肺腺癌。"
    reading = read_documents([Document(type="出院记录", text=text)], lexicon)
    denied, stated = tag_entities(reading, _toy(), lexicon.cues, frozenset({EntityType.DISEASE}))
    assert (denied.mention.section, denied.mention.assertion) == (
        SectionKind.PAST_HISTORY,
        Assertion.NEGATED,
    )
    assert stated.mention.assertion is Assertion.PRESENT
    span = stated.mention.span
    assert text[span.start : span.end] == stated.mention.term == "腺癌"
    assert tag_entities(reading, _toy(), lexicon.cues, frozenset({EntityType.DRUG})) == ()


def test_weights_survive_their_file_byte_by_byte(tmp_path: Path) -> None:
    weights = _toy()._weights
    write_weights(weights, tmp_path / "one.npz")
    write_weights(read_weights(tmp_path / "one.npz"), tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@pytest.mark.parametrize("text", ["", "\n", "。", "\ud83d肺腺癌\udc00", "👨\u200d⚕️e\u0301"])
def test_any_text_can_be_tagged(text: str) -> None:
    for entity in _toy().tag(normalise(text)):
        assert 0 <= entity.start < entity.end <= len(text)
