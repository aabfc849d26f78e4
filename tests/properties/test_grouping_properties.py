"""What holds for every case: total, deterministic, blind to order, monotone in severity."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.grouping import (
    CodeBook,
    GroupingInput,
    Level,
    RulePack,
    Status,
    group,
    list_schemes,
    load_codebook,
    load_scheme,
    severity,
)
from zhibian.grouping.language import (
    And,
    Compare,
    Condition,
    Count,
    Length,
    Member,
    Not,
    Or,
    RuleParser,
    render,
)

RULES = Path(__file__).resolve().parents[2] / "rules"


@cache
def _pack(scheme: str) -> RulePack:
    return load_scheme(RULES, scheme)


@cache
def _codebook() -> CodeBook:
    return load_codebook(RULES)


# Overlays differ in data only: one stands for all, with length of stay, discharge way and age.
OVERLAYS = ("changzhou-2022",)
SCHEMES = [s for s in list_schemes(RULES) if s.startswith("chs-drg-") or s in OVERLAYS]
DEFAULTS = [s for s in SCHEMES if "@" not in s]


@cache
def _principals() -> list[str]:
    """All codes of the categories' tables, so that most cases enter a category."""
    found = (
        codes
        for scheme in DEFAULTS
        for name, codes in _pack(scheme).sets.items()
        if name.startswith("MDC")
    )
    return sorted(frozenset[str]().union(*found))


@cache
def _diagnoses() -> list[str]:
    return sorted(_codebook().diagnoses)


@cache
def _procedures() -> list[str]:
    return sorted(_codebook().procedures)


@cache
def _never_used(scheme: str) -> list[str]:
    """Codes that are in no set and neither CC nor MCC."""
    pack = _pack(scheme)
    used = frozenset[str]().union(*pack.sets.values()) | pack.severity.levels.keys()
    return sorted(_codebook().diagnoses - used)


@cache
def _mccs(scheme: str) -> list[str]:
    levels = _pack(scheme).severity.levels
    return sorted(code for code, (level, _) in levels.items() if level is Level.MCC)


_diagnosis = st.deferred(lambda: st.sampled_from(_diagnoses()))
_cases = st.builds(
    GroupingInput,
    principal=st.deferred(lambda: st.sampled_from(_principals())),
    others=st.lists(_diagnosis, max_size=6).map(tuple),
    procedures=st.lists(st.deferred(lambda: st.sampled_from(_procedures())), max_size=3).map(tuple),
    sex=st.sampled_from([1, 2]),
    age=st.sampled_from([0, 0, 5, 17, 40, 80]),
    age_days=st.none() | st.integers(0, 365),
    weight_g=st.none() | st.integers(500, 5000).map(float),
    days=st.none() | st.integers(0, 20),
    discharge_way=st.none() | st.sampled_from([1, 2, 5]),
    department=st.none() | st.sampled_from(["ICU", "03"]),
    icu_hours=st.none() | st.sampled_from([0.0, 130.0]),
)
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)
_ORDER = [Level.NONE, Level.CC, Level.MCC]

_anything = st.builds(
    GroupingInput,
    principal=st.none() | st.text(max_size=12),
    others=st.lists(st.text(max_size=12), max_size=200).map(tuple),
    procedures=st.lists(st.text(max_size=12), max_size=20).map(tuple),
    sex=st.none() | st.integers(),
    age=st.none() | st.integers(),
    age_days=st.none() | st.integers(),
    weight_g=st.none() | st.floats(),
)


@every_scheme
@settings(deadline=None, max_examples=150)
@given(case=_anything, checked=st.booleans())
def test_grouping_is_total(case: GroupingInput, scheme: str, checked: bool) -> None:
    result = group(case, _pack(scheme), _codebook() if checked else None)
    assert result.status in Status
    assert (result.status is Status.GROUPED) == (result.reason is None)
    told = {Status.INVALID, Status.INSUFFICIENT}
    assert (result.status in told) == bool(result.problems)


@every_scheme
@settings(deadline=None, max_examples=150)
@given(case=_cases)
def test_same_case_same_group_with_and_without_trace(case: GroupingInput, scheme: str) -> None:
    pack = _pack(scheme)
    first, again = group(case, pack), group(case, pack)
    quick = group(case, pack, trace=False)
    assert first == again
    assert not quick.trace
    assert first.trace
    told, short = first.to_json(), quick.to_json()
    del told["trace"], short["trace"]
    assert told == short


@every_scheme
@settings(deadline=None, max_examples=150)
@given(case=_cases, data=st.data())
def test_order_of_other_diagnoses_is_irrelevant(
    case: GroupingInput, scheme: str, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(case.others))
    other = _with_others(case, tuple(shuffled))
    pack = _pack(scheme)
    assert _group(other, pack) == _group(case, pack)


@every_scheme
@settings(deadline=None, max_examples=150)
@given(case=_cases, data=st.data())
def test_added_uncounted_code_changes_nothing(
    case: GroupingInput, scheme: str, data: st.DataObject
) -> None:
    extra = data.draw(st.sampled_from(_never_used(scheme)))
    pack = _pack(scheme)
    assert _group(_with_others(case, (*case.others, extra)), pack) == _group(case, pack)


@every_scheme
@settings(deadline=None, max_examples=150)
@given(case=_cases, data=st.data())
def test_added_mcc_never_lowers_the_level(
    case: GroupingInput, scheme: str, data: st.DataObject
) -> None:
    pack = _pack(scheme)
    extra = data.draw(st.sampled_from(_mccs(scheme)))
    before = group(case, pack)
    after = group(_with_others(case, (*case.others, extra)), pack)
    if before.level is None or after.level is None:
        return
    assert _ORDER.index(after.level) >= _ORDER.index(before.level)
    assert case.principal is not None
    if not severity(extra, case.principal, pack).excluded:
        assert after.level is Level.MCC


@settings(deadline=None, max_examples=300)
@given(case=_cases)
def test_a_covered_case_is_grouped_as_if_there_were_no_gaps(case: GroupingInput) -> None:
    open_, closed = _pack("chs-drg-2.0"), _pack("chs-drg-2.0@first-transcription")
    assert open_.gaps
    assert not closed.gaps
    assert group(case, closed, trace=False).status is not Status.NOT_COVERED
    if group(case, open_, trace=False).status is not Status.NOT_COVERED:
        assert _group(case, open_) == _group(case, closed)


def _with_others(case: GroupingInput, others: tuple[str, ...]) -> GroupingInput:
    return replace(case, others=others)


def _group(case: GroupingInput, pack: RulePack) -> tuple[object, ...]:
    result = group(case, pack, trace=False)
    return (result.status, result.mdc, result.adrg, result.drg, result.level, result.reason)


_fields = st.sampled_from([("ZYZD",), ("QTZD",), ("ZYZD", "QTZD"), ("ZYSS",), ("ZYSS", "QTSS")])
_sets = st.sampled_from([("A",), ("A", "B"), ("MCC",), ("MCC", "CC")])
_operators = st.sampled_from(["=", "!=", ">=", "<=", ">", "<"])
_numbers = st.integers(0, 5000).map(float)
_leaves: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Member, _fields, _sets, st.booleans()),
    st.builds(Compare, st.sampled_from(["NL", "XB", "XSRTL", "XSRTZ"]), _operators, _numbers),
    st.builds(Length, _sets, _fields, _operators, _numbers),
)


def _several(
    inner: st.SearchStrategy[Condition], kind: type[And] | type[Or]
) -> st.SearchStrategy[Condition]:
    """And/Or of parts that are not of the same kind: nested equal kinds need no brackets."""
    parts = inner.filter(lambda c: not isinstance(c, kind))
    return st.lists(parts, min_size=2, max_size=3).map(lambda cs: kind(tuple(cs)))


conditions = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        inner.map(Not),
        _several(inner, And),
        _several(inner, Or),
        st.builds(Count, st.lists(inner, min_size=1, max_size=3).map(tuple), _operators, _numbers),
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(condition=conditions)
def test_every_tree_reads_back_from_its_text(condition: Condition) -> None:
    assert RuleParser().parse(render(condition)) == condition
