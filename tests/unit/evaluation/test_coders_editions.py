"""NHSA codes given back in another edition: the nearest name, counted where it is not certain."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.evaluation.coder_records import ASKED, questions, resources, task

from zhibian.evaluation.coders.editions import Edition, known_codes, load_edition, way_back
from zhibian.evaluation.coders.interface import CodedLine, CodedPage
from zhibian.evaluation.coders.registry import CODERS
from zhibian.problems import InputError
from zhibian.review.reviewer import Reviewer
from zhibian.terminology.code_set import CodeEntry, CodeSet
from zhibian.terminology.crosswalk import Crosswalk, OpenEntry

NAMES = {"A01.000": "甲病", "A02.000": "乙病", "A03.000": "丙病", "A04.000": "丁病"}
NHSA = CodeSet(
    "nhsa", "医保版", {c: CodeEntry(c, n, False) for c, n in NAMES.items()}, tuple(NAMES)
)
WALK = Crosswalk(
    "w",
    "映射",
    "临床版",
    {
        "A01.001": ("甲病", "A01.000"),
        "A02.001": ("乙病伴发热", "A02.000"),
        "A02.002": ("乙病", "A02.000"),
        "A03.009": ("丙", "A03.000"),
    },
    {},
    {
        "A03.001": OpenEntry("丙病", ("A03.000", "A01.000")),
        "A04.001": OpenEntry("丁", ("A04.000", "A03.000")),
    },
)


def test_the_way_back_takes_the_nearest_name_of_certain_codes_first() -> None:
    back = way_back(WALK, NHSA)
    # A03.001 has the very name, but leads to two codes; A03.009 leads there alone.
    assert back.codes == {
        "A01.000": "A01.001",
        "A02.000": "A02.002",
        "A03.000": "A03.009",
        "A04.000": "A04.001",
    }
    assert back.several == {"A02.000"}


def test_pages_are_converted_and_counted() -> None:
    back = way_back(WALK, NHSA)
    edition = Edition("clinical", back, back)
    page = CodedPage(
        CodedLine("A02.000", 0.9),
        (CodedLine("A01.000", 0.8), CodedLine("Z99.000", 0.1)),
        ranked_diagnoses=("A02.000", "A01.000", "Z99.000"),
    )
    converted = edition.page(page)
    assert converted.principal == CodedLine("A02.002", 0.9)
    assert converted.others == (CodedLine("A01.001", 0.8), CodedLine("Z99.000", 0.1))
    assert converted.ranked_diagnoses == ("A02.002", "A01.001", "Z99.000")
    (told,) = edition.notes.values()
    assert told.startswith("3 条编码，其中 1 条有多个对应编码")
    assert "1 条没有对应编码" in told


def test_lines_that_become_one_code_are_one_line() -> None:
    walk = Crosswalk(
        "w", "映射", "临床版", {}, {}, {"A01.001": OpenEntry("甲", ("A01.000", "A02.000"))}
    )
    back = way_back(walk, NHSA)
    page = CodedPage(CodedLine("A01.000"), (CodedLine("A02.000"),), (CodedLine("A01.000"),))
    converted = Edition("clinical", back, back).page(page)
    assert converted.principal == CodedLine("A01.001")
    assert converted.others == ()
    assert converted.procedures == (CodedLine("A01.001"),)


def test_every_code_taken_leads_back_to_where_it_came_from(rules: Path, reviewer: Reviewer) -> None:
    edition = load_edition(rules, "clinical-2.0")
    assert edition is not None
    crosswalk = reviewer.diagnosis_crosswalk
    sampled = sorted(edition.diagnoses.codes.items())[::97]
    assert len(sampled) > 100
    for nhsa, clinical in sampled:
        assert nhsa in crosswalk.convert(clinical).candidates


def test_answers_come_in_the_edition_of_the_task(rules: Path, reviewer: Reviewer) -> None:
    made = CODERS["rules"]({}, task(code_set="clinical-2.0"), resources(reviewer, rules))
    pages = list(made.code(questions(ASKED)))
    known, _ = known_codes(rules, "clinical-2.0")
    assert all(page.principal is not None and page.principal.code in known for page in pages)
    assert list(made.info.notes) == ["换算为 clinical-2.0"]


def test_an_unknown_edition_is_refused(rules: Path) -> None:
    assert load_edition(rules, "nhsa-2.0") is None
    for load in (load_edition, known_codes):
        with pytest.raises(InputError):
            load(rules, "icd-11")
