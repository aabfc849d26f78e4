"""Conditions mean over tables what a plain reading of them means page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.front_pages import page_table
from tests.properties import quality_reference as reference

from zhibian.quality.front_page import judge as judging
from zhibian.quality.front_page.book import Check, RuleBook
from zhibian.quality.front_page.computations import Kind
from zhibian.quality.front_page.condition_reader import ConditionReader
from zhibian.quality.front_page.conditions import ALWAYS, Named, walk
from zhibian.quality.front_page.judge import Judge
from zhibian.quality.front_page.rule_files import load_rule_book

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "rules"
CASES = ROOT / "tests" / "cases" / "quality"
TODAY = date(2025, 6, 30)

Conditions = st.SearchStrategy[dict[str, Any]]


@cache
def book() -> RuleBook:
    return load_rule_book(RULES)


DIAGNOSES = st.sampled_from(["I10.x00x002", "E11.900", "O80.000", "O82.900", "Z37.000", "J18.900"])
PROCEDURES = st.sampled_from(["51.2300", "74.1x01", "96.7101", "99.0401"])
NAMES = st.sampled_from(["高血压", "2型糖尿病", "单胎顺产", "肺炎，左侧", "肺炎"])
NUMBERS = st.sampled_from(["0", "1", "2.5", "7", "10", "-3", "7.", "多", "1e3"])
MOMENTS = st.sampled_from(
    ["2025-03-01", "2025-03-01 09:00:00", "2025-03-02 08:30", "2025-03-08 10:00:00", "2025-02-30"]
)
SCALARS: dict[str, st.SearchStrategy[str]] = {
    "A12C": st.sampled_from(["1", "2", "9"]),
    "B20": NUMBERS,
    "D01": NUMBERS,
    "D11": NUMBERS,
    "B12": MOMENTS,
    "B15": MOMENTS,
    "C03C": DIAGNOSES,
    "C04N": NAMES,
    "C05C": st.sampled_from(["1", "4"]),
    "C14C": PROCEDURES,
    "C15N": NAMES,
    "C16": MOMENTS,
}
LISTS: tuple[dict[str, st.SearchStrategy[str]], ...] = (
    {"C06C": DIAGNOSES, "C07N": NAMES, "C08C": st.sampled_from(["1", "4"])},
    {"C35C": PROCEDURES, "C36N": NAMES, "C37": MOMENTS},
    {"A18": NUMBERS},
)
OF_ENTRIES = {
    "diagnoses": ("C06C", "C07N", "C08C"),
    "other_diagnoses": ("C06C", "C07N", "C08C"),
    "procedures": ("C35C", "C36N", "C37"),
    "birth_weights": ("A18",),
}
CODES = st.sampled_from(["I10", "O00-O99", "E10-E14 J18", "O80-O82", "Z", "51-74.1", "99.04 96.7"])


@st.composite
def pages(draw: Any, absent: frozenset[str]) -> dict[str, Any]:
    page: dict[str, Any] = {
        name: draw(st.none() | cells) for name, cells in SCALARS.items() if name not in absent
    }
    for group in LISTS:
        length = draw(st.integers(0, 3))
        for name, cells in group.items():
            if name not in absent:
                page[name] = draw(st.lists(st.none() | cells, min_size=length, max_size=length))
    return page


def bounds() -> st.SearchStrategy[dict[str, Any]]:
    bound = st.sampled_from(["at_least", "at_most", "above", "below", "equals"])
    limit = st.sampled_from([0, 1, 2.5, 7, "D01", "stay_days"])
    extra = st.sampled_from([{}, {"within": 0.5}, {"times": 2}, {"plus": 1}])
    return st.builds(lambda b, n, e: {b: n, **e}, bound, limit, extra)


def cell_atoms(field: str) -> Conditions:
    """Return conditions about one field of a page or of an entry."""
    words = st.sampled_from([{"contains": ["肺", "糖"]}, {"contains": ["肺炎"], "without": ["左"]}])
    kinds: list[st.SearchStrategy[dict[str, Any]]] = [
        st.sampled_from(["filled", "blank", "number", "whole", "date", "time"]).map(
            lambda shape: {"is": shape}
        ),
        st.sampled_from([["1"], ["1", "7"], ["E11.900"]]).map(lambda values: {"in": values}),
        st.sampled_from([r"^\d", "0$", "x"]).map(lambda pattern: {"matches": pattern}),
        words,
    ]
    if field in ("C03C", "C06C", "C14C", "C35C"):
        kinds.append(CODES.map(lambda codes: {"codes": codes, "except": "O81 E11.9"}))
    if field in ("B12", "B15", "C16", "C37"):
        kinds.append(
            st.builds(
                lambda bound, by, plus: {bound: "B12", "by": by, "plus": plus},
                st.sampled_from(["at_least", "at_most", "above", "below", "equals"]),
                st.sampled_from(["day", "second"]),
                st.sampled_from([0, -1, 1]),
            )
        )
    else:
        kinds.append(bounds())
    return st.one_of(kinds).map(lambda asked: {"field": field, **asked})


def joined(atoms: Conditions) -> Conditions:
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            inner.map(lambda c: {"not": c}),
            st.lists(inner, min_size=1, max_size=3).map(lambda cs: {"all": cs}),
            st.lists(inner, min_size=1, max_size=3).map(lambda cs: {"any": cs}),
        ),
        max_leaves=4,
    )


def page_atoms() -> Conditions:
    place = st.sampled_from(["principal", "other", "any"])
    coded = st.builds(
        lambda kind, where, codes: {kind: where, "in": codes},
        st.sampled_from(["diagnosis", "procedure"]),
        place,
        CODES,
    )
    named = st.sampled_from(["diagnosis", "procedure"]).map(
        lambda kind: {"name": kind, "contains": ["肺炎", "糖"], "without": ["左"]}
    )
    sums = bounds().map(lambda asked: {"sum": ["D01", "D11"], **asked})
    spans = bounds().map(lambda asked: {"days": ["B12", "B15"], **asked})
    stay = bounds().map(lambda asked: {"field": "stay_days", **asked})
    plain = st.sampled_from(sorted(SCALARS)).flatmap(cell_atoms)
    return st.one_of(plain, plain, coded, named, sums, spans, stay)


@st.composite
def counts(draw: Any) -> dict[str, Any]:
    group = draw(st.sampled_from(sorted(OF_ENTRIES)))
    own = st.sampled_from(OF_ENTRIES[group]).flatmap(cell_atoms)
    where = draw(st.none() | joined(st.one_of(own, own, page_atoms())))
    asked = {} if where is None else {"where": where}
    quantifier = draw(st.sampled_from(["some", "none", "count"]))
    if quantifier == "count":
        bound = draw(st.sampled_from(["at_least", "at_most", "above", "below", "equals"]))
        asked[bound] = draw(st.integers(0, 3))
    return {quantifier: group, **asked}


CONDITIONS = joined(st.one_of(page_atoms(), page_atoms(), counts()))
COLUMNS = sorted([*SCALARS, *(name for group in LISTS for name in group)])
ABSENT = st.frozensets(st.sampled_from(COLUMNS), max_size=4)


def judge_of(must: dict[str, Any]) -> Judge:
    """Return a judge of two checks: that a condition holds, and that it does not."""
    checks = []
    for id, asked in (("Y01", must), ("Y02", {"not": must})):
        reader = ConditionReader(book().names)
        demands = reader.demands("must", asked)
        assert not reader.problems, reader.problems
        checks.append(Check(id, "X01", ALWAYS, demands, "B20", "", "", {}))
    return Judge(replace(book(), checks=tuple(checks)))


def violated(judge: Judge, table: Any) -> dict[str, set[int]]:
    found = judge.judge(table, today=TODAY).findings
    return {id: set(found.filter(pl.col("check") == id)["row"].to_list()) for id in ("Y01", "Y02")}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), CONDITIONS, ABSENT)
def test_conditions_have_the_values_of_a_plain_reading(
    data: st.DataObject, condition: dict[str, Any], absent: frozenset[str]
) -> None:
    agree(condition, data.draw(st.lists(pages(absent), min_size=1, max_size=6)))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), ABSENT)
def test_each_entry_is_asked_as_by_a_plain_reading(
    data: st.DataObject, absent: frozenset[str]
) -> None:
    group = data.draw(st.sampled_from(sorted(OF_ENTRIES)))
    own = st.sampled_from(OF_ENTRIES[group]).flatmap(cell_atoms)
    when, must = (data.draw(joined(st.one_of(own, own, page_atoms()))) for _ in range(2))
    made = data.draw(st.lists(pages(absent), min_size=1, max_size=5))
    judge = judge_of_each(group, when, must)
    found = judge.judge(page_table(made, RULES), today=TODAY).findings
    wanted = {
        row: sum(
            reference.value(when, entry) is True and reference.value(must, entry) is False
            for entry in reference.entries(group, page)
        )
        for row, page in enumerate(made, start=2)
    }
    told = dict(found.group_by("row").len().iter_rows())
    assert {row: n for row, n in wanted.items() if n} == told


BOUNDS = ("at_least", "at_most", "above", "below", "equals")
CELLS = (None, "0", "1", "2", "2.5", "3", "6.5", "7", "7.5", "10", "多")
TIMES = (
    None,
    "2025-02-28",
    "2025-03-01",
    "2025-03-01 08:30:00",
    "2025-03-01 09:00:00",
    "2025-03-02 08:30:00",
    "2025-02-30",
)


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("extra", [{}, {"within": 0.5}, {"times": 2}, {"plus": 1}])
def test_numbers_compare_at_their_bounds(bound: str, extra: dict[str, Any]) -> None:
    made = [{"D01": left, "D11": right} for left in CELLS for right in CELLS]
    for limit in (7, 2.5, "D11"):
        agree({"field": "D01", bound: limit, **extra}, made)


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("by", ["day", "second"])
def test_times_compare_at_their_bounds(bound: str, by: str) -> None:
    made = [{"C16": left, "B12": right} for left in TIMES for right in TIMES]
    for plus in (-1, 0, 1):
        agree({"field": "C16", bound: "B12", "by": by, "plus": plus}, made)


def agree(condition: dict[str, Any], made: list[dict[str, Any]]) -> None:
    found = violated(judge_of(condition), page_table(made, RULES))
    for row, page in enumerate(made, start=2):
        wanted = reference.value(condition, page)
        known = False if row in found["Y01"] else True if row in found["Y02"] else None
        assert known is wanted, page


def judge_of_each(group: str, when: dict[str, Any], must: dict[str, Any]) -> Judge:
    reader = ConditionReader(book().names)
    demands = reader.demands("must", {"each": group, "when": when, "must": must})
    assert not reader.problems, reader.problems
    check = Check("Y01", "X01", ALWAYS, demands, OF_ENTRIES[group][0], "", "", {})
    return Judge(replace(book(), checks=(check,)))


def case_pages() -> list[dict[str, Any]]:
    """Return the pages of the golden cases, those of every seventh case."""
    base = yaml.safe_load((CASES / "base.yaml").read_text(encoding="utf-8"))
    found = [
        {**base, **case["page"]}
        for path in sorted(CASES.glob("[A-Z]*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
        if "page" in case
    ]
    return found[::7]


def row_local() -> RuleBook:
    """Return the rules whose answer depends on one page alone."""
    computations = book().computations

    def whole(check: Check) -> bool:
        parts = [p for d in check.demands for p in (check.when, d.when, d.must)]
        named = [c for part in parts for c in walk(part) if isinstance(c, Named)]
        return any(computations[n.name].whole_table for n in named)

    return replace(book(), checks=tuple(c for c in book().checks if not whole(c)))


def test_a_table_is_judged_as_its_rows_one_by_one() -> None:
    judge = Judge(row_local())
    made = case_pages()
    table = page_table(made, RULES)
    together = judge.judge(table, today=TODAY).findings
    alone = pl.concat(
        judge.judge(replace(table, cells=table.cells.slice(n, 1)), today=TODAY).findings
        for n in range(len(made))
    )
    assert together.height > len(made)
    assert together.equals(alone)


def test_portions_of_a_table_are_judged_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    table = page_table(case_pages(), RULES)
    whole = Judge(book()).judge(table, today=TODAY).findings
    monkeypatch.setattr(judging, "CHUNK", 7)
    assert Judge(book()).judge(table, today=TODAY).findings.equals(whole)
    assert any(c.kind is Kind.FINDINGS and c.whole_table for c in book().computations.values())
