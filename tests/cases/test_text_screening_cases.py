"""Golden cases of text screening (tests/cases/text_screening/*.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.review.pipeline import review
from zhibian.review.reviewer import Reviewer, code_check
from zhibian.screening.queries.questions import load_question_rules
from zhibian.screening.text.evidence import text_items
from zhibian.screening.text.rules import load_text_rules

FOLDER = Path(__file__).parent / "text_screening"
CASES = [
    case
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]
LIMITS = Limits(document_chars=10_000, file_bytes=100_000)


def lines(entries: list[str], poa: dict[str, str]) -> list[dict[str, Any]]:
    split = [entry.split(" ", 1) for entry in entries]
    return [{"code": code, "name": name, "poa": poa.get(code, "1")} for code, name in split]


def as_case(case: dict[str, Any]) -> dict[str, Any]:
    page, poa = case["page"], case["page"].get("poa", {})
    return {
        "id": "case",
        "admission": {
            "sex": case.get("sex", "男"),
            "age": 60,
            "admitted": "2026-01-03 10:00",
            "discharged": "2026-01-12 09:00",
            "discharge_way": "1",
        },
        "documents": [{"type": kind, "text": text} for kind, text in case["documents"].items()],
        "coded_front_page": {
            "principal": lines([page["principal"]], poa)[0],
            "others": lines(page.get("others", []), poa),
            "procedures": [
                {"code": line["code"], "name": line["name"]}
                for line in lines(page.get("procedures", []), {})
            ],
        },
    }


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any], reviewer: Reviewer, rules: Path) -> None:
    read = case_from_mapping(as_case(case), "case", LIMITS, code_check(reviewer))
    items = text_items(
        read, review(read, reviewer), reviewer, load_text_rules(rules), load_question_rules(rules)
    )
    found = [f"{item.suspicion} {item.code} {item.rule}" for item in items]
    if "expect" in case:
        assert sorted(found) == sorted(case["expect"])
    for start in case.get("absent", ()):
        assert not any(line.startswith(start) for line in found)
