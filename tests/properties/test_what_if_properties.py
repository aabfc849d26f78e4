"""What holds for what-if, sensitivity and conversion of every case."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.grouping import (
    CodeBook,
    GroupingInput,
    RulePack,
    Status,
    group,
    load_codebook,
    load_scheme,
    severity,
)
from zhibian.grouping.cases import SCHEMA
from zhibian.grouping.convert import conversions_text, convert_case, group_converted
from zhibian.grouping.convert_table import convert_table
from zhibian.grouping.sensitivity import sensitivity
from zhibian.grouping.what_if import CHANGE_KINDS, what_if
from zhibian.terminology.crosswalk import FiledSet, load_filed_set

RULES = Path(__file__).resolve().parents[2] / "rules"
_quick = settings(deadline=None, max_examples=60)


@cache
def _pack() -> RulePack:
    return load_scheme(RULES, "chs-drg-1.1")


@cache
def _codebook() -> CodeBook:
    return load_codebook(RULES)


@cache
def _filed() -> FiledSet:
    return load_filed_set(RULES, "clinical-1.0")


@cache
def _levelled() -> list[str]:
    """CC and MCC with the principals that exclude them: most cases have something to decide."""
    tables = _pack().severity
    return sorted(tables.levels.keys() & tables.principals.keys() & _codebook().diagnoses)


@cache
def _operations() -> list[str]:
    return sorted(_pack().sets["OP_ALL"] & _codebook().procedures)


_diagnosis = st.deferred(lambda: st.sampled_from(_levelled()))
_procedure = st.deferred(lambda: st.sampled_from(_operations()))
_cases = st.builds(
    GroupingInput,
    principal=_diagnosis,
    others=st.lists(_diagnosis, max_size=4).map(tuple),
    procedures=st.lists(_procedure, max_size=3).map(tuple),
    sex=st.sampled_from([1, 2]),
    age=st.sampled_from([0, 40, 80]),
    age_days=st.none() | st.integers(0, 364),
    weight_g=st.none() | st.integers(500, 5000).map(float),
)


@_quick
@given(case=_cases, added=st.lists(_diagnosis, max_size=2))
def test_every_answer_is_the_group_of_the_changed_case(
    case: GroupingInput, added: list[str]
) -> None:
    found = what_if(case, _pack(), add_diagnoses=added, trace=False)
    assert found.before == group(case, _pack(), trace=False)
    for answer in found.alternatives:
        assert answer.case != case or answer.change.kind == "scheme"
        assert answer.after == group(answer.case, _pack(), trace=False)
        assert answer.before == found.before
    keys = [(CHANGE_KINDS.index(a.change.kind), a.change.position) for a in found.alternatives]
    assert keys == sorted(keys)


@_quick
@given(case=_cases)
def test_no_code_is_invented(case: GroupingInput) -> None:
    own = {case.principal, *case.others, *case.procedures}
    for answer in what_if(case, _pack(), trace=False).alternatives:
        changed = answer.case
        assert {changed.principal, *changed.others, *changed.procedures} <= own


@_quick
@given(case=_cases)
def test_the_same_scheme_changes_nothing(case: GroupingInput) -> None:
    (same,) = [
        a
        for a in what_if(case, _pack(), schemes=(_pack(),)).alternatives
        if a.change.kind == "scheme"
    ]
    assert same.after == same.before
    changed = (same.mdc_changed, same.adrg_changed, same.group_changed, same.level_changed)
    assert not any(changed)


@_quick
@given(case=_cases)
def test_what_is_excluded_or_no_cc_never_decides_the_level(case: GroupingInput) -> None:
    assert case.principal is not None
    for found in sensitivity(case, _pack()).diagnoses:
        if found.standing in ("excluded", "not_cc", "outranked"):
            assert not found.changes_level
        assert (found.standing == "excluded") == severity(
            found.code, case.principal, _pack()
        ).excluded
        assert found.redundant <= (found.standing == "counted")
        for beside in found.counts_beside:
            assert not severity(found.code, beside, _pack()).excluded


@_quick
@given(case=_cases)
def test_one_counting_diagnosis_decides_and_several_are_redundant(case: GroupingInput) -> None:
    found = sensitivity(case, _pack())
    counted = [d for d in found.diagnoses if d.standing == "counted"]
    assert [d.redundant for d in counted] == [len(counted) > 1] * len(counted)


@cache
def _filed_codes() -> tuple[list[str], list[str]]:
    walks = (_filed().diagnoses, _filed().procedures)
    open_and_some = (sorted(w.open) + sorted(w.homonyms) + sorted(w.entries)[::97] for w in walks)
    diagnoses, procedures = ([*codes, "无此编码"] for codes in open_and_some)
    return diagnoses, procedures


_filed_cases = st.builds(
    GroupingInput,
    principal=st.none() | st.deferred(lambda: st.sampled_from(_filed_codes()[0])),
    others=st.lists(st.deferred(lambda: st.sampled_from(_filed_codes()[0])), max_size=3).map(tuple),
    procedures=st.lists(st.deferred(lambda: st.sampled_from(_filed_codes()[1])), max_size=3).map(
        tuple
    ),
)


@_quick
@given(cases=st.lists(_filed_cases, max_size=4))
def test_a_table_is_converted_as_case_by_case(cases: list[GroupingInput]) -> None:
    frame = pl.DataFrame([asdict(c) for c in cases], schema=dict(SCHEMA))
    found = convert_table(frame, _filed())
    alone = [convert_case(c, _filed()) for c in cases]
    assert found.cases.equals(
        pl.DataFrame([asdict(c.case) for c in alone], schema=dict(SCHEMA)), null_equal=True
    )
    assert found.failed.to_list() == [bool(c.findings) for c in alone]
    assert found.conversions.to_list() == [conversions_text(c.conversions) for c in alone]


@_quick
@given(case=_cases, data=st.data())
def test_conversion_keeps_every_place_or_refuses(case: GroupingInput, data: st.DataObject) -> None:
    walk = _filed().diagnoses
    codes = st.sampled_from(sorted(walk.open)) | st.sampled_from(sorted(walk.entries)[::97])
    filed = replace(case, others=tuple(data.draw(st.lists(codes, max_size=4))))
    converted = convert_case(filed, _filed())
    assert len(converted.conversions) == 1 + len(filed.others) + len(filed.procedures)
    assert len(converted.case.others) == len(filed.others)
    assert len(converted.findings) == sum(
        c.conversion.target is None for c in converted.conversions
    )
    result = group_converted(filed, _filed(), _pack(), _codebook(), trace=False)
    assert result.conversions == converted.conversions
    if converted.findings:
        assert result.status is Status.INVALID
    else:
        plain = group(converted.case, _pack(), _codebook(), trace=False)
        assert replace(result, conversions=()) == plain
