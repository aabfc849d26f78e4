"""Candidates, features and choices over a small code set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.linking.conftest import CODES, CharacterEncoder, comparer_of, no_labels, ranker_by

from zhibian.coding.terms.features import columns
from zhibian.coding.terms.linker import BATCH, Comparer, TermLinker
from zhibian.coding.terms.load import load_comparer
from zhibian.coding.terms.meaning import build_meaning
from zhibian.coding.terms.names import TargetCode, build_names, kind_of
from zhibian.coding.terms.parts import clean


def linker_by(comparer: Comparer, column: str, threshold: float) -> TermLinker:
    return TermLinker(comparer, ranker_by(comparer, column, threshold))


def test_a_name_of_several_codes_stands_for_the_finest_that_may_be_filed(
    comparer: Comparer,
) -> None:
    assert comparer.names.codes[comparer.names.exact["高血压"]] == "I10.x00x002"


def test_an_alias_leads_to_the_name_it_means(comparer: Comparer) -> None:
    names = build_names(CODES, [("老慢胃", "慢性胃炎"), ("无", "不存在")], comparer.attributes)
    assert names.codes[names.exact["老慢胃"]] == "K29.500"
    assert names.aliases == {"老慢胃"}


def test_an_alias_never_takes_the_place_of_a_name(comparer: Comparer) -> None:
    names = build_names(CODES, [("急性胃炎", "慢性胃炎")], comparer.attributes)
    assert names.codes[names.exact["急性胃炎"]] == "K29.100"


def test_kind_follows_the_shape_of_the_codes() -> None:
    assert kind_of(["I10.x00", "M85000/3", "E11.900"]) == "diagnosis"
    assert kind_of(["45.1000", "00.5500"]) == "procedure"


@pytest.mark.parametrize("encoder", [None, CharacterEncoder()])
def test_the_exact_name_is_found(rules: Path, encoder: CharacterEncoder | None) -> None:
    linker = linker_by(comparer_of(rules, encoder), "exact_whole", 0.5)
    (answer,) = linker.link(["急性胃炎"])
    assert [c.code for c in answer.codes] == ["K29.100"]
    assert answer.method == ("encoder" if encoder else "spelling")
    assert "K29.100" not in [c.code for c in answer.alternatives]


def test_a_composite_term_keeps_several_codes(comparer: Comparer) -> None:
    (answer,) = linker_by(comparer, "exact_part", 0.5).link(["高血压；2型糖尿病"])
    assert {c.code for c in answer.codes} == {"I10.x00x002", "E11.900"}


def test_names_inside_run_together_text_are_candidates(comparer: Comparer) -> None:
    (answer,) = linker_by(comparer, "contained", 0.5).link(["老年高血压慢性胃炎史"])
    assert {c.code for c in answer.codes} == {"I10.x00x002", "K29.500"}


def test_answers_keep_the_order_of_the_terms_over_batches(comparer: Comparer) -> None:
    terms = [("急性胃炎", "高血压", "")[n % 3] for n in range(2 * BATCH + 5)]
    answers = list(linker_by(comparer, "exact_whole", 0.5).link(terms))
    assert [a.term for a in answers] == terms
    codes = [a.codes[0].code if a.codes else None for a in answers]
    expected = {"急性胃炎": "K29.100", "高血压": "I10.x00x002", "": None}
    assert codes == [expected[t] for t in terms]


def test_an_empty_line_and_a_strange_one_do_no_harm(comparer: Comparer) -> None:
    answers = list(linker_by(comparer, "exact_whole", 0.5).link(["  ", "@@@", "x" * 5000]))
    assert answers[0].codes == ()
    assert all(len(a.codes) == 1 for a in answers[1:])


def test_without_a_good_candidate_the_score_is_low(comparer: Comparer) -> None:
    (answer,) = linker_by(comparer, "exact_whole", 0.5).link(["肺结核"])
    assert answer.codes[0].score < 0.1


def test_rows_have_the_columns_they_are_said_to_have(rules: Path, comparer: Comparer) -> None:
    groups = comparer.attributes.groups
    (spelled,) = comparer.compare([clean("左乳腺浸润性导管癌")])
    assert spelled.rows.shape == (len(spelled.places), len(columns(groups, meaning=False)))
    (meant,) = comparer_of(rules, CharacterEncoder()).compare([clean("左乳腺浸润性导管癌")])
    names = columns(groups, meaning=True)
    assert meant.rows.shape == (len(meant.places), len(names))
    unknown = {n for n, c in zip(names, meant.rows.T, strict=True) if np.isnan(c).any()}
    assert unknown == {"prior", "label_whole", "label_part", "label_gap"}


def test_encoded_names_are_kept_and_used_again(rules: Path, tmp_path: Path) -> None:
    first, second = CharacterEncoder(), CharacterEncoder()
    (before,) = comparer_of(rules, first, tmp_path).compare(["胃炎"])
    (after,) = comparer_of(rules, second, tmp_path).compare(["胃炎"])
    assert second.encoded < len(CODES) <= first.encoded
    assert np.allclose(before.rows, after.rows, atol=2e-2, equal_nan=True)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_code_set_is_not_served_from_the_kept_one(rules: Path, tmp_path: Path) -> None:
    comparer_of(rules, CharacterEncoder(), tmp_path)
    other = [TargetCode("A00.000", "霍乱")]
    load_comparer(rules, other, (), no_labels(), CharacterEncoder(), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("count", [1, 223, 224, 225, 255, 256, 257, 2000])
def test_nearest_names_are_those_with_the_greatest_cosines(count: int) -> None:
    dice = np.random.default_rng(2)
    vectors = dice.normal(size=(count, 8)).astype(np.float32)
    tokens, weights = np.zeros((count, 1, 4), np.int8), np.ones((count, 1), np.float32)
    index = build_meaning(vectors, tokens, weights, [str(n) for n in range(count)], no_labels())
    terms = dice.normal(size=(5, 8)).astype(np.float32)
    expected = np.argsort(-(terms @ vectors.T), kind="stable")[:, :7]
    assert np.array_equal(index.nearest(terms, 7), expected)
    assert index.nearest(terms, 5000).shape == (5, count)
    assert index.nearest_labels(index.label_cosines(terms)[0], 3).shape == (5, 0)


def test_an_exact_name_wins_over_what_the_ranker_likes_better(comparer: Comparer) -> None:
    linker = linker_by(comparer, "code_length", 7.5)
    (answer,) = linker.link(["急性胃炎"])
    assert [c.code for c in answer.codes] == ["K29.100"]
    assert answer.codes[0].score >= max(c.score for c in answer.alternatives)


def test_a_text_that_spells_a_name_is_not_encoded_again(rules: Path) -> None:
    encoder = CharacterEncoder()
    comparer = comparer_of(rules, encoder)
    before = encoder.encoded
    spelled, other = comparer.compare(["急性胃炎", "急性的胃炎"])
    assert encoder.encoded == before + 1
    names = columns(comparer.attributes.groups, meaning=True)
    place = spelled.places.tolist().index(comparer.names.exact["急性胃炎"])
    assert spelled.rows[place, names.index("dense_whole")] == pytest.approx(1, abs=1e-3)
    assert spelled.rows[place, names.index("covered")] == pytest.approx(1, abs=2e-2)
    assert len(other.places)
