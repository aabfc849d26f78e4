"""Runs the golden cases of ``tests/cases/what_if`` and ``tests/cases/conversion``.

A what-if case lists all alternatives in order; ``deciding``, ``redundant``, ``standings``,
``excluded_by`` (tables of the diagnosis and of the principal), ``counts_beside`` and
``adrg_decided_by`` are its sensitivity. A conversion case gives the fields of each conversion
that matter.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.grouping import CodeBook, GroupingInput, RulePack, load_codebook, load_scheme
from zhibian.grouping.convert import group_converted
from zhibian.grouping.sensitivity import sensitivity
from zhibian.grouping.what_if import what_if
from zhibian.terminology.crosswalk import FiledSet, load_filed_set

HERE = Path(__file__).parent


def _cases(folder: str) -> list[Any]:
    return [
        pytest.param(case, id=case["name"])
        for file in sorted((HERE / folder).glob("*.yaml"))
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


@cache
def _pack(rules: Path, scheme: str) -> RulePack:
    return load_scheme(rules, scheme)


@cache
def _codebook(rules: Path) -> CodeBook:
    return load_codebook(rules)


@cache
def _filed(rules: Path, id: str) -> FiledSet:
    return load_filed_set(rules, id)


def _input(record: dict[str, Any]) -> GroupingInput:
    lists = {k: tuple(record.get(k, ())) for k in ("others", "procedures")}
    return GroupingInput(**{"principal": None, **record, **lists})


@pytest.mark.parametrize("case", _cases("what_if"))
def test_what_if_case(case: dict[str, Any], rules: Path) -> None:
    assert case["reference"]
    pack, codebook = _pack(rules, case["scheme"]), _codebook(rules)
    entry = _input(case["record"])

    found = what_if(
        entry,
        pack,
        codebook,
        add_diagnoses=case.get("add_diagnoses", ()),
        add_procedures=case.get("add_procedures", ()),
        schemes=[_pack(rules, s) for s in case.get("schemes", ())],
    )
    decided = sensitivity(entry, pack, codebook)

    assert found.before.drg == case["before"]
    assert [
        {
            "kind": a.change.kind,
            "code": a.change.code,
            **({"instead_of": a.change.instead_of} if a.change.instead_of else {}),
            "drg": a.after.drg,
        }
        for a in found.alternatives
    ] == case["alternatives"]
    assert [d.code for d in decided.deciding] == case["deciding"]
    assert [d.code for d in decided.redundant] == case["redundant"]
    assert {d.code: d.standing for d in decided.diagnoses} == case["standings"]
    excluded = {d.code: [d.table, d.principal_table] for d in decided.excluded}
    assert excluded == case.get("excluded_by", {})
    beside = {d.code: list(d.counts_beside) for d in decided.excluded}
    assert beside == case.get("counts_beside", {})
    assert [c.code for c in decided.codes if c.changes_adrg] == case["adrg_decided_by"]


@pytest.mark.parametrize("case", _cases("conversion"))
def test_conversion_case(case: dict[str, Any], rules: Path) -> None:
    assert case["reference"]
    expect = case["expect"]

    result = group_converted(
        _input(case["record"]),
        _filed(rules, case["code_set"]),
        _pack(rules, "chs-drg-1.1"),
        _codebook(rules),
    )

    assert result.status == expect["status"]
    assert result.reason == expect.get("reason")
    assert [p.code for p in result.problems] == expect.get("problems", [])
    for remedy in expect.get("remedies", []):
        assert remedy in [p.remedy for p in result.problems]
    told = [c.to_json() for c in result.conversions]
    assert len(told) == len(expect["conversions"])
    for found, wanted in zip(told, expect["conversions"], strict=True):
        assert {field: found[field] for field in wanted} == wanted
