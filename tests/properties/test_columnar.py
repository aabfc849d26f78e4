"""The columnar engine answers every case as the single-case engine does, on every scheme."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.garbled import garbled_case
from tests.properties.test_grouping_properties import conditions

from zhibian.grouping import (
    GroupingInput,
    RulePack,
    Status,
    group,
    list_schemes,
    load_codebook,
    load_scheme,
)
from zhibian.grouping.cases import SCHEMA, Vocabulary, read_cases
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.evaluate import Facts, Inputs
from zhibian.grouping.evaluate import rule as make_rule
from zhibian.grouping.language import Condition
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.severity import Level, SeverityTables
from zhibian.grouping.vector import Block, Questions, Severity
from zhibian.problems import InputError

RULES = Path(__file__).resolve().parents[2] / "rules"
SCHEMES = list_schemes(RULES)
CASES = 1500
# Overlays share most of their rules with an edition.
OVERLAY_CASES = 300


@cache
def _codes() -> tuple[tuple[str, ...], tuple[str, ...]]:
    book = load_codebook(RULES)
    return tuple(sorted(book.diagnoses)), tuple(sorted(book.procedures))


def frame_of(cases: list[GroupingInput]) -> pl.DataFrame:
    columns = {name: [getattr(c, name) for c in cases] for name in SCHEMA}
    columns["others"] = [list(codes) for codes in columns["others"]]
    columns["procedures"] = [list(codes) for codes in columns["procedures"]]
    return pl.DataFrame(columns, schema=dict(SCHEMA))


def _of_scheme(pack: RulePack, size: int) -> list[GroupingInput]:
    """Cases around the sets of a scheme, so that most enter a category and many an operation."""
    draw = random.Random(pack.scheme)
    sets = [sorted(codes) for name, codes in sorted(pack.sets.items()) if codes]
    diagnoses = [s for s in sets if s[0][0].isalpha()] or [list(_codes()[0])]
    procedures = [s for s in sets if s[0][0].isdigit()] or [list(_codes()[1])]

    def some(of: list[list[str]], most: int) -> tuple[str, ...]:
        return tuple(draw.choice(draw.choice(of)) for _ in range(draw.randint(0, most)))

    return [
        GroupingInput(
            draw.choice(draw.choice(diagnoses)),
            some(diagnoses, 5),
            some(procedures, 3),
            draw.choice([1, 2]),
            draw.choice([0, 0, 1, 6, 14, 17, 40, 80]),
            draw.choice([None, 3, 28, 29, 200]),
            draw.choice([None, 900.0, 1500.0, 2400.0, 3200.0]),
            draw.choice([None, 1, 5, 7, 13, 30, 61]),
            draw.choice([None, 1, 2, 5]),
            draw.choice([None, "ICU", "04"]),
            draw.choice([None, 0.0, 60.0, 121.0]),
        )
        for _ in range(size)
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_both_engines_agree(scheme: str) -> None:
    pack = load_scheme(RULES, scheme)
    draw = random.Random(7)
    overlay = pack.manifest.base is not None
    size = OVERLAY_CASES if overlay else CASES
    cases = _of_scheme(pack, size)
    cases += [garbled_case(draw, *_codes(), typed=True) for _ in range(size // 3)]
    for codebook in (None,) if overlay else (None, load_codebook(RULES)):
        table = group_table(frame_of(cases), ColumnarPack(pack, codebook))
        for case, row in zip(cases, table.iter_rows(named=True), strict=True):
            single = group(case, pack, codebook, trace=False)
            assert row == {
                "status": single.status.value,
                "mdc": single.mdc,
                "adrg": single.adrg,
                "drg": single.drg,
                "level": single.level.value if single.level else None,
                "reason": single.reason.value if single.reason else None,
                "missing": ",".join(p.field for p in single.problems) or None
                if single.status is Status.INSUFFICIENT
                else None,
            }, case


_PRINCIPALS = ("P1", "P2", "P9")
_OTHERS = ("D1", "D2", "M1", "M2", "C1", "P1")
_PROCEDURES = ("X1", "X2", "X3", "X9")
_SETS = {
    "A": frozenset({"P1", "D1", "X2"}),
    "B": frozenset({"P2", "D2", "X1", "X3"}),
}
_TABLES = SeverityTables(
    {
        "M1": (Level.MCC, "1"),
        "M2": (Level.MCC, "2"),
        "C1": (Level.CC, "1"),
        "P1": (Level.CC, "7"),
    },
    {"P1": "1", "P2": "2"},
)
_small = st.builds(
    GroupingInput,
    principal=st.sampled_from(_PRINCIPALS),
    others=st.lists(st.sampled_from(_OTHERS), max_size=4).map(tuple),
    procedures=st.lists(st.sampled_from(_PROCEDURES), max_size=4).map(tuple),
    sex=st.none() | st.sampled_from([1, 2]),
    age=st.none() | st.integers(0, 3),
    age_days=st.none() | st.integers(0, 3),
    weight_g=st.none() | st.sampled_from([1.0, 3.0]),
)


@settings(deadline=None, max_examples=400)
@given(condition=conditions, cases=st.lists(_small, min_size=1, max_size=8))
def test_every_condition_means_the_same_for_one_case_and_for_many(
    condition: Condition, cases: list[GroupingInput]
) -> None:
    single = make_rule("", condition, _SETS)
    vocabulary = Vocabulary([*_PRINCIPALS, *_OTHERS, *_PROCEDURES])
    questions = Questions(vocabulary, _SETS)
    many = questions.rule(single)
    columns = read_cases(frame_of(cases), vocabulary)
    rows = np.arange(len(cases))
    words = questions.words(columns, rows)
    block = Block(columns, rows, words, _severity(cases), columns.numbers)
    holds, possible = many.holds(block), many.possible(block)
    for case, certain, perhaps in zip(cases, holds, possible, strict=True):
        facts = _facts(case)
        assert certain == (single.first_failed(facts) is None)
        assert perhaps == (certain or bool(single.awaits(facts)))


def _facts(case: GroupingInput) -> Facts:
    assert case.principal is not None
    numbers = Inputs(
        {"NL": case.age, "XB": case.sex, "XSRTL": case.age_days, "XSRTZ": case.weight_g}
    )
    return Facts(case.principal, case.others, case.procedures, numbers, _TABLES)


def _severity(cases: list[GroupingInput]) -> Severity:
    counted = [_facts(c) for c in cases]
    levels = (Level.MCC, Level.CC)
    codes = [
        2 if o in f.counted(Level.MCC) else 1 if o in f.counted(Level.CC) else 0
        for c, f in zip(cases, counted, strict=True)
        for o in c.others
    ]
    return Severity(
        {v: np.array([bool(f.counted(v)) for f in counted]) for v in levels},
        np.array(codes, np.uint8),
    )


_cell = st.sampled_from(
    ["", " ", "1", "2", "男", "9", "0", "28", "-3", "2.0", "2.5", "1e5", "abc", "１", " 7 ", "0.30"]
)
_codes_cell = st.sampled_from(
    ["", "J15.902", " J15.902 | I50.908", "a,b;c；d，e", "||", "|x", "x||y", "😀|", " ; "]
)


@pytest.mark.parametrize("form", list(InputFormat))
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_a_table_is_read_as_its_rows_are(form: InputFormat, data: st.DataObject) -> None:
    layout = LAYOUTS[form]
    codes = {"principal", "others", "procedures", "zdList", "ssList"}
    extra = ("days", "discharge_way", "department", "icu_hours") if form == "own" else ()
    names = (*layout.columns, *extra)
    row = st.fixed_dictionaries({c: _codes_cell if c in codes else _cell for c in names})
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    table, unread = layout.columns_of(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)))
    for cells, found, wrong in zip(rows, table.iter_rows(named=True), unread, strict=True):
        case, problems = layout.read(cells)
        assert wrong == bool(problems)
        if not problems:
            expected = {name: getattr(case, name) for name in found}
            found["others"], found["procedures"] = (
                tuple(found["others"]),
                tuple(found["procedures"]),
            )
            assert found == expected


def test_a_table_of_wrong_columns_tells_all_of_them() -> None:
    frame = pl.DataFrame({"principal": [1], "others": ["J15.902"], "sex": ["1"], "age": [1.5]})
    pack = ColumnarPack(load_scheme(RULES, "chs-drg-1.1"))
    with pytest.raises(InputError) as caught:
        group_table(frame, pack)
    assert [(p.field, p.code) for p in caught.value.problems] == [
        ("principal", "column_type"),
        ("others", "column_type"),
        ("procedures", "column_missing"),
        ("sex", "column_type"),
        ("age", "column_type"),
    ]


def test_an_empty_table_has_an_empty_answer() -> None:
    frame = pl.DataFrame(schema=dict(SCHEMA))
    found = group_table(frame, ColumnarPack(load_scheme(RULES, "chs-drg-1.1")))
    assert found.columns == ["status", "mdc", "adrg", "drg", "level", "reason", "missing"]
    assert len(found) == 0


def test_garbled_cases_have_a_status_in_the_single_case_engine() -> None:
    pack, book = load_scheme(RULES, "chs-drg-1.1"), load_codebook(RULES)
    draw = random.Random(20261122)
    for number in range(20_000):
        case = garbled_case(draw, *_codes(), typed=False)
        result = group(case, pack, book, trace=number % 10 == 0)
        assert result.status in Status
        assert (result.drg != "") == (result.status not in {Status.INVALID, Status.INSUFFICIENT})
