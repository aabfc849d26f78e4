"""Figures of de-identification: what counts as found, by place and by character."""

from __future__ import annotations

from zhibian.evaluation.deidentification import (
    ALL,
    Places,
    deidentification_figures,
    score_text,
)
from zhibian.records.deidentify.places import Identifier

NAME = Identifier("name", 0, 3)
PHONE = Identifier("phone", 5, 16)


def test_a_place_of_the_same_kind_hits_by_one_character_and_is_exact_only_whole() -> None:
    score = score_text(20, [NAME, PHONE], [Identifier("name", 1, 3), PHONE])
    assert score.places["name"] == Places(1, 1, exact=0, marked_hit=1, found_hit=1)
    assert score.places["phone"] == Places(1, 1, exact=1, marked_hit=1, found_hit=1)
    assert score.places[ALL] == Places(2, 2, exact=1, marked_hit=2, found_hit=2)
    assert (score.identifying, score.left) == (14, 1)


def test_another_kind_is_no_hit_but_takes_the_characters() -> None:
    score = score_text(20, [NAME], [Identifier("address", 0, 4)])
    assert score.places["name"] == Places(marked=1)
    assert score.places["address"] == Places(found=1)
    assert (score.left, score.staying, score.lost) == (0, 17, 1)


def test_touching_places_do_not_overlap() -> None:
    score = score_text(20, [NAME], [Identifier("name", 3, 5)])
    assert score.places["name"] == Places(1, 1)
    assert (score.left, score.lost) == (3, 2)


def test_one_found_place_may_hold_two_marked_ones() -> None:
    marked = [NAME, Identifier("name", 3, 5)]
    score = score_text(20, marked, [Identifier("name", 0, 5)])
    assert score.places["name"] == Places(2, 1, exact=0, marked_hit=2, found_hit=1)


def test_figures_are_over_all_places_and_leave_out_kinds_without_any() -> None:
    texts = [
        score_text(20, [NAME, PHONE], [NAME]),
        score_text(20, [NAME], [NAME, Identifier("name", 8, 10)]),
    ]
    figures = deidentification_figures(texts, draws=50)
    assert figures["recall", ALL].n == 3
    assert figures["recall", ALL].figure.value == 2 / 3
    assert figures["precision", "name"].figure.value == 2 / 3
    assert figures["recall", "phone"].figure.value == 0.0
    assert ("precision", "phone") not in figures
    assert ("recall", "id_card") not in figures
    low, high = figures["recall", ALL].figure.low, figures["recall", ALL].figure.high
    assert 0.5 <= low <= 2 / 3 <= high <= 1.0
    assert figures == deidentification_figures(texts, draws=50)
