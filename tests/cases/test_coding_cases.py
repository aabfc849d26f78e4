"""Golden cases of coding: from a few sentences to principal, others, procedures, entry condition.

One entry: ``name``, ``reference`` (rule id or regulation), ``documents`` (``{type, text}`` with
optional ``time`` and ``title``), optional ``admission`` (fields that differ from the usual adult
of 2025-03-01), and ``expect`` with any of

- ``principal``: the code, or null when nothing is proposed
- ``principal_begins``: families, one of which the principal diagnosis belongs to
- ``others_include``: codes among the other diagnoses
- ``others_begin``: lists of families; each list has a proposed diagnosis in one of its families
- ``others_exclude``: code families that no proposed diagnosis begins with
- ``procedures_include``, ``procedures_exclude``: codes, families
- ``procedures``: all proposed procedure codes, whatever their order
- ``ordered``: code of the first procedure
- ``poa``: ``{code: entry condition}``
- ``poa_begins``: ``{family: entry condition}`` of every proposed diagnosis in that family
- ``poa_reason``: ``{code: id of the reason}``
- ``raised_by``: ``{code: what proposed it}``
- ``decided_by``: id of the rule that decided the principal diagnosis
- ``rules_include``, ``rules_exclude``: ids of rules and clauses in the trace
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.coding.coder import propose
from zhibian.coding.types import Proposal
from zhibian.documents.reader import read_documents
from zhibian.records.types import Case
from zhibian.review.reviewer import Reviewer

FOLDER = Path(__file__).resolve().parent / "coding"
RULES = Path(__file__).resolve().parents[2] / "rules" / "coding"
# Cases that the product does not answer yet; each tells why.
NOT_COLLECTED = "known_gaps.yaml"
USUAL_STAY = {
    "sex": "女",
    "age": 60,
    "admitted": "2025-03-01 09:00",
    "discharged": "2025-03-12 10:00",
}
KEYS = {
    "principal",
    "principal_begins",
    "others_begin",
    "poa_begins",
    "decided_by",
    "rules_include",
    "rules_exclude",
    "others_include",
    "others_exclude",
    "procedures_include",
    "procedures",
    "procedures_exclude",
    "ordered",
    "poa",
    "poa_reason",
    "raised_by",
}


def _load(path: Path) -> list[dict[str, Any]]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, list)
    return loaded


FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != NOT_COLLECTED)
CASES = [case for path in FILES for case in _load(path)]


def _proposal(case: dict[str, Any], reviewer: Reviewer) -> Proposal:
    record = Case.model_validate(
        {
            "id": "case",
            "admission": {**USUAL_STAY, **case.get("admission", {})},
            "documents": case["documents"],
        }
    )
    reading = read_documents(record.documents, reviewer.knowledge.lexicon)
    return propose(record, reading, reviewer.knowledge)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_coding(case: dict[str, Any], reviewer: Reviewer) -> None:
    expect = case["expect"]
    proposal = _proposal(case, reviewer)
    principal = proposal.principal.code if proposal.principal else None
    diagnoses = {
        entry.code: entry for entry in (proposal.principal, *proposal.others) if entry is not None
    }
    procedures = [entry.code for entry in proposal.procedures]
    if "principal" in expect:
        assert principal == expect["principal"], list(diagnoses)
    if "principal_begins" in expect:
        assert str(principal).startswith(tuple(expect["principal_begins"])), list(diagnoses)
    others = set(diagnoses) - {principal}
    for families in expect.get("others_begin", ()):
        among = diagnoses if len(families) > 1 else others
        assert [code for code in among if code.startswith(tuple(families))], list(diagnoses)
    assert others >= set(expect.get("others_include", ())), others
    for family in expect.get("others_exclude", ()):
        assert not [code for code in diagnoses if code.startswith(family)]
    assert set(procedures) >= set(expect.get("procedures_include", ())), procedures
    for family in expect.get("procedures_exclude", ()):
        assert not [code for code in procedures if code.startswith(family)]
    if "procedures" in expect:
        assert sorted(procedures) == sorted(expect["procedures"])
    if "ordered" in expect:
        assert procedures[:1] == [expect["ordered"]]
    for code, condition in expect.get("poa", {}).items():
        assert diagnoses[code].poa.value == condition, diagnoses[code].poa_reason
    for family, condition in expect.get("poa_begins", {}).items():
        found = [entry for code, entry in diagnoses.items() if code.startswith(family)]
        assert found, list(diagnoses)
        assert {entry.poa.value for entry in found} == {condition}
    for code, reason in expect.get("poa_reason", {}).items():
        assert diagnoses[code].poa_reason == reason
    for code, source in expect.get("raised_by", {}).items():
        assert diagnoses[code].raised_by == source
    applied = [rule.id for rule in proposal.rules]
    if "decided_by" in expect:
        decisions = [rule.id for rule in proposal.rules if "决定" in rule.explanation]
        assert decisions == [expect["decided_by"]]
    assert set(applied) >= set(expect.get("rules_include", ())), applied
    assert set(applied).isdisjoint(expect.get("rules_exclude", ())), applied


def test_every_case_expects_something_known() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)
    for case in CASES:
        assert case["reference"]
        assert case["expect"]
        assert set(case["expect"]) <= KEYS, case["name"]


def test_expected_codes_exist(reviewer: Reviewer) -> None:
    for case in CASES:
        expect = case["expect"]
        diagnoses = {*expect.get("others_include", ()), *expect.get("poa", {})}
        if expect.get("principal") is not None:
            diagnoses.add(expect["principal"])
        for code in diagnoses:
            assert code in reviewer.diagnoses, (case["name"], code)
        procedures = {*expect.get("procedures_include", ()), *expect.get("procedures", ())}
        if "ordered" in expect:
            procedures.add(expect["ordered"])
        for code in procedures:
            assert code in reviewer.procedures, (case["name"], code)


def test_every_principal_rule_has_a_case_where_it_applies_and_one_where_it_does_not() -> None:
    raw = yaml.safe_load((RULES / "principal.yaml").read_text(encoding="utf-8"))
    references = [str(case["reference"]) for case in CASES]
    for rule in raw["rules"]:
        if rule["role"] == "elsewhere":
            continue
        own = [r for r in references if r.split(",")[0].split("-")[0] == rule["id"]]
        assert any(reference.endswith(", applies") for reference in own), rule["id"]
        assert any(reference.endswith(", silent") for reference in own), rule["id"]


def test_the_norm_s_rules_are_all_there() -> None:
    raw = yaml.safe_load((RULES / "principal.yaml").read_text(encoding="utf-8"))
    assert {f"P{number:02d}" for number in range(1, 34)} <= {rule["id"] for rule in raw["rules"]}


def test_many_combinations_have_a_case() -> None:
    raw = yaml.safe_load((RULES / "combinations.yaml").read_text(encoding="utf-8"))
    known = {rule["id"] for rule in raw["combinations"]}
    tested = {case["reference"] for case in CASES if str(case["reference"]).startswith("CB")}
    assert tested <= known
    assert len(tested) >= 25


def test_known_gaps_tell_their_reason() -> None:
    path = FOLDER / NOT_COLLECTED
    gaps = _load(path) if path.exists() else []
    for gap in gaps:
        assert gap["reason"]
        assert gap["documents"]
        assert gap["expect"]
