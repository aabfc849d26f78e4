"""Chapters and blocks hold every category of the code set once; levels nest."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.evaluation.metrics import icd10, procedure_levels

CODES = Path(__file__).parents[4] / "rules" / "terminology" / "icd10-nhsa-2.0.csv"


def diagnoses() -> list[str]:
    with CODES.open(encoding="utf-8") as lines:
        return [row["code"] for row in csv.DictReader(lines)]


def test_blocks_do_not_overlap_and_every_chapter_is_one_stretch() -> None:
    for before, after in pairwise(icd10.blocks()):
        assert before.first <= before.last < after.first
    chapters = [block.chapter for block in icd10.blocks()]
    # U00-U85 is chapter 22 and stands before chapter 20 (V to Y) and 21 (Z) in the alphabet.
    assert list(dict.fromkeys(chapters)) == [*range(1, 20), 22, 20, 21]
    assert sum(a != b for a, b in pairwise(chapters)) == 21


def test_every_category_of_the_code_set_has_a_block() -> None:
    categories = {icd10.category(code) for code in diagnoses()}
    assert len(categories) > 1_900
    without = {one for one in categories if icd10.block(one) == one}
    assert without == set()


@pytest.mark.parametrize(
    ("code", "block", "chapter"),
    [
        ("J15.900", "J09-J18", "ch10"),
        ("D48.900", "D37-D48", "ch2"),
        ("D50.900", "D50-D53", "ch3"),
        ("H59.900", "H55-H59", "ch7"),
        ("H60.900", "H60-H62", "ch8"),
        ("X99.900", "X85-Y09", "ch20"),
        ("U07.100", "U00-U49", "ch22"),
        ("99", "99", "99"),
    ],
)
def test_block_and_chapter(code: str, block: str, chapter: str) -> None:
    assert (icd10.block(code), icd10.chapter(code)) == (block, chapter)


SOME = st.sampled_from(diagnoses()[::7])


@given(SOME, SOME)
@settings(max_examples=100, deadline=None)
def test_distance_is_what_the_ancestors_have_in_common(code: str, other: str) -> None:
    shared = icd10.ancestors(code) & icd10.ancestors(other)
    assert icd10.distance(code, other) == icd10.distance(other, code)
    # Codes of a category without further characters stand at several levels at once.
    assert (icd10.distance(code, other) == 5) == (not shared)
    assert (icd10.distance(code, other) == 0) == (code == other)


def test_levels_of_a_procedure() -> None:
    assert procedure_levels.ancestors("36.0601") == {"36", "36.0", "36.06", "36.0601"}
