"""Statements of procedures are data: codes under their names, words in normal form."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.coding.procedure.narrative import told_procedures
from zhibian.coding.procedure.narrative_rules import NarrativeRules, load_narrative_rules
from zhibian.documents.normalise import normalise
from zhibian.documents.reader import read_documents
from zhibian.documents.types import Assertion
from zhibian.problems import InputError
from zhibian.records.types import Document
from zhibian.review.reviewer import Reviewer

# Headings that have no finer code to choose from the words, or none that may be filed.
GREY_ALLOWED = {"99.1000", "96.7000", "28.7x00", "53.0200"}
SLOT_KEYS = ("document", "case", "without", "without_document", "if")


@pytest.fixture(scope="module")
def parts(rules: Path) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in sorted((rules / "coding" / "procedure" / "narrative").glob("*.yaml")):
        part = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert not merged.keys() & part.keys(), path.name
        merged |= part
    return merged


@pytest.fixture(scope="module")
def narrative(rules: Path) -> NarrativeRules:
    return load_narrative_rules(rules)


@pytest.fixture(scope="module")
def official(rules: Path) -> dict[str, tuple[str, bool]]:
    path = rules / "terminology" / "icd9cm3-nhsa-2.0.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: (row["name"], row["grey"] == "1") for row in csv.DictReader(lines)}


def _statements(parts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, rows in parts.items():
        if key.isupper():
            yield from rows


def _choices(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for choice in statement["codes"]:
        yield {"code": choice} if isinstance(choice, str) else choice


def _codes(statement: dict[str, Any]) -> Iterator[str]:
    for choice in _choices(statement):
        code = choice["code"]
        yield from [code] if isinstance(code, str) else code


def _texts(statement: dict[str, Any]) -> Iterator[str]:
    yield from statement["say"]
    for row in (statement, *_choices(statement)):
        yield from (row[key] for key in SLOT_KEYS if key in row)


def test_ids_are_unique(parts: dict[str, Any]) -> None:
    ids = [statement["id"] for statement in _statements(parts)]
    assert len(ids) == len(set(ids))
    assert len(ids) >= 450


def test_codes_stand_under_their_official_names(
    parts: dict[str, Any], official: dict[str, tuple[str, bool]]
) -> None:
    for statement in _statements(parts):
        for written in _codes(statement):
            code, _, name = written.partition(" ")
            assert official[code][0] == name, (statement["id"], written)
            assert not official[code][1] or code in GREY_ALLOWED, (statement["id"], code)


def test_every_chapter_of_the_classification_is_told(parts: dict[str, Any]) -> None:
    chapters = {code[:2] for statement in _statements(parts) for code in _codes(statement)}
    # 18, 24, 25, 29, 61, 64 hold few procedures of inpatients; 87 to 91 are not proposed.
    assert len(chapters) >= 75


def test_words_are_found_as_written(parts: dict[str, Any]) -> None:
    for statement in _statements(parts):
        for text in _texts(statement):
            for part in re.split(r"[|&]", re.sub(r"~\d+\s*$", "", text)):
                word = part.strip()
                if word.startswith("@"):
                    assert word[1:] in parts["groups"], (statement["id"], word)
                else:
                    assert word, (statement["id"], text)
                    assert normalise(word) == word, (statement["id"], word)


def test_the_last_choice_is_reached_and_no_choice_hides_another(parts: dict[str, Any]) -> None:
    for statement in _statements(parts):
        conditions = [
            tuple(choice.get(key, "") for key in ("if", "document", "without"))
            for choice in _choices(statement)
        ]
        assert len(conditions) == len(set(conditions)), statement["id"]
        assert ("", "", "") not in conditions[:-1], statement["id"]


def _told(text: str, kind: str, reviewer: Reviewer) -> list[tuple[str, Assertion]]:
    reading = read_documents([Document(type=kind, text=text)], reviewer.knowledge.lexicon)
    told = told_procedures(reading, reviewer.knowledge.procedure_rules.narrative)
    return [(entry.code, entry.mention.assertion) for entry in told]


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("今行腰穿,脑脊液清亮。", Assertion.PRESENT),
        ("建议腰穿送检。", Assertion.PLANNED),
        ("与家属交代后行腰穿,脑脊液清亮。", Assertion.PRESENT),
        ("家属拒绝腰穿。", Assertion.PLANNED),
        ("外院腰穿示压力高。", Assertion.HISTORICAL),
        ("2019年行腰穿未见异常。", Assertion.HISTORICAL),
        ("腰穿失败。", Assertion.NEGATED),
    ],
)
def test_the_clause_says_whether_it_was_done(
    text: str, assertion: Assertion, reviewer: Reviewer
) -> None:
    assert _told(text, "病程记录", reviewer) == [("03.3101", assertion)]


def test_the_course_of_an_operation_is_read_over_sentence_ends(reviewer: Reviewer) -> None:
    course = "见阑尾长7cm,中段坏疽。结扎系膜,距根部0.5cm双重结扎切断,残端包埋。"
    assert ("47.0901", Assertion.PRESENT) in _told(course, "手术记录", reviewer)
    assert _told(course, "病程记录", reviewer) == []


def test_an_organ_only_looked_at_is_no_site(reviewer: Reviewer) -> None:
    course = "阑尾外观正常。胆囊管夹闭离断,剥离胆囊床。"
    assert not [code for code, _ in _told(course, "手术记录", reviewer) if code.startswith("47")]


def test_every_stretch_is_words_of_the_record(reviewer: Reviewer) -> None:
    text = "于右髂后上棘行骨穿，取骨髓组织一条送活检。"
    reading = read_documents([Document(type="病程记录", text=text)], reviewer.knowledge.lexicon)
    for entry in told_procedures(reading, reviewer.knowledge.procedure_rules.narrative):
        span = entry.mention.span
        assert normalise(text[span.start : span.end]) == entry.mention.term


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"words\.yaml"):
        load_narrative_rules(tmp_path)
