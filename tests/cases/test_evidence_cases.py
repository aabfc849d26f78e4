"""Golden cases of clinical facts, clinician queries and support of filed codes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.documents.facts import FactLexicon, FactReading, load_lexicon, read_facts
from zhibian.quality.evidence import EvidenceCondition, load_conditions, support
from zhibian.quality.queries import clinician_queries
from zhibian.records.types import Admission, Sex

CASES = Path(__file__).resolve().parent / "evidence"
RULES = Path(__file__).resolve().parents[2] / "rules"
HALF_WIDTH = {0x3000: 0x20} | {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}
UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def normalise(text: str) -> str:
    return text.translate(HALF_WIDTH).translate(UPPER)


def cases(name: str) -> list[dict[str, Any]]:
    found = yaml.safe_load((CASES / name).read_text(encoding="utf-8"))
    assert isinstance(found, list)
    return found


@cache
def lexicon() -> FactLexicon:
    return load_lexicon(RULES)


@cache
def conditions() -> tuple[EvidenceCondition, ...]:
    return load_conditions(RULES)


def read(record: dict[str, Any]) -> FactReading:
    texts = record["text"] if isinstance(record["text"], list) else [record["text"]]
    return read_facts([normalise(t) for t in texts], lexicon(), originals=texts)


def admission(record: dict[str, Any]) -> Admission:
    return Admission(
        sex=Sex.FEMALE,
        age=record.get("age", 60),
        admitted=datetime(2025, 3, 1),
    )


FACTS = [case for path in sorted(CASES.glob("facts*.yaml")) for case in cases(path.name)]
QUERIES = [case for path in sorted(CASES.glob("queries*.yaml")) for case in cases(path.name)]
SUPPORT = [case for path in sorted(CASES.glob("support*.yaml")) for case in cases(path.name)]


@pytest.mark.parametrize("case", FACTS, ids=[c["name"] for c in FACTS])
def test_facts(case: dict[str, Any]) -> None:
    reading = read(case["record"])
    expect = case["expect"]
    for wanted in expect.get("facts", []):
        assert any(_matches(fact, wanted) for fact in reading.facts), (wanted, reading.facts)
    names = {fact.name for fact in reading.facts}
    assert not names & set(expect.get("absent", []))
    if "count" in expect:
        assert len(reading.facts) == expect["count"]
    assert {r.name for r in reading.rejected} >= set(expect.get("rejected", []))


def _matches(fact: Any, wanted: dict[str, Any]) -> bool:
    value = None if wanted.get("value") is None else Decimal(wanted["value"])
    return (
        fact.name == wanted["name"]
        and ("value" not in wanted or fact.value == value)
        and all(
            getattr(fact, key) == wanted[key]
            for key in ("unit", "comparator", "when", "route")
            if key in wanted
        )
        and fact.flags >= set(wanted.get("flags", []))
        and not fact.flags & set(wanted.get("no_flags", []))
    )


@pytest.mark.parametrize("case", QUERIES, ids=[c["name"] for c in QUERIES])
def test_queries(case: dict[str, Any]) -> None:
    record = case["record"]
    asked = clinician_queries(
        read(record).facts,
        conditions(),
        record.get("documented", []),
        record.get("ruled_out", []),
        admission(record),
    )
    expect = case["expect"]
    found = {query.condition for query in asked}
    if "query" in expect:
        assert expect["query"] in found
        query = next(q for q in asked if q.condition == expect["query"])
        assert query.indicators
        for indicator in query.indicators:
            texts = record["text"] if isinstance(record["text"], list) else [record["text"]]
            span = indicator.span
            assert texts[span.document][span.start : span.end] == indicator.quote
    else:
        assert expect["no_query"] not in found


@pytest.mark.parametrize("case", SUPPORT, ids=[c["name"] for c in SUPPORT])
def test_support(case: dict[str, Any]) -> None:
    record = case["record"]
    found = support(record["code"], read(record).facts, conditions(), admission(record))
    status = case["expect"]["status"]
    if status is None:
        assert found is None
        return
    assert found is not None
    assert found.status.name.lower() == status
    assert bool(found.indicators) == (status == "supported")
    if "against" in case["expect"]:
        assert case["expect"]["against"] in {i.quote for i in found.against}


def test_every_condition_has_a_firing_and_a_silent_case() -> None:
    asking = {c.id for c in conditions() if c.query is not None}
    assert asking == {c["expect"]["query"] for c in QUERIES if "query" in c["expect"]}
    assert asking == {c["expect"]["no_query"] for c in QUERIES if "no_query" in c["expect"]}
    assert len(FACTS) >= 150
    assert len(QUERIES) + len(SUPPORT) >= 220


def test_every_condition_has_a_filed_code_with_and_without_evidence() -> None:
    for status in ("supported", "weak"):
        codes = [c["record"]["code"] for c in SUPPORT if c["expect"]["status"] == status]
        without = [
            condition.id
            for condition in conditions()
            if condition.supports and not any(code.startswith(condition.supports) for code in codes)
        ]
        assert without == []
