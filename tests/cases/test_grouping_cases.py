"""Runs the golden grouping cases of ``tests/cases/grouping/*.yaml``.

A case names ``scheme``, ``reference``, ``record`` and ``expect``. ``expect`` gives the
fields of the result that matter; ``steps`` are steps that the trace must contain in this
order. ``dictionary: false`` leaves the code sets out.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.grouping import (
    CodeBook,
    Grouping,
    GroupingInput,
    RulePack,
    group,
    load_codebook,
    load_scheme,
)

FILES = sorted((Path(__file__).parent / "grouping").glob("*.yaml"))
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in FILES
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]
KEYS = {"name", "scheme", "reference", "record", "expect", "note", "dictionary"}
EXPECTED = {"status", "mdc", "adrg", "drg", "level", "reason", "problems", "steps"}


@cache
def _pack(rules: Path, scheme: str) -> RulePack:
    return load_scheme(rules, scheme)


@cache
def _codebook(rules: Path) -> CodeBook:
    return load_codebook(rules)


def _input(record: dict[str, Any]) -> GroupingInput:
    lists = {k: tuple(record.get(k, ())) for k in ("others", "procedures")}
    return GroupingInput(**{"principal": None, **record, **lists})


def _steps(result: Grouping) -> list[dict[str, str]]:
    return [
        {"kind": s.kind, "subject": s.subject, "outcome": s.outcome, **dict(s.detail)}
        for s in result.trace
    ]


def _in_order(wanted: list[dict[str, str]], found: list[dict[str, str]]) -> bool:
    rest = iter(found)
    return all(any(w.items() <= step.items() for step in rest) for w in wanted)


@pytest.mark.parametrize("case", CASES)
def test_grouping_case(case: dict[str, Any], rules: Path) -> None:
    assert case.keys() <= KEYS
    assert case["reference"]
    expect = case["expect"]
    assert expect.keys() <= EXPECTED
    codebook = _codebook(rules) if case.get("dictionary", True) else None

    result = group(_input(case["record"]), _pack(rules, case["scheme"]), codebook)

    told = result.to_json()
    for field in expect.keys() - {"problems", "steps"}:
        assert told[field] == expect[field], field
    assert [p.code for p in result.problems] == expect.get("problems", [])
    assert _in_order(expect.get("steps", []), _steps(result)), _steps(result)
