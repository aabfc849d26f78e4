"""Every text under tests/cases/reading: its sections, the entries of its lists, its mentions."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import yaml

from zhibian.documents.lexicon import ReadingLexicon
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.reader import find_mentions, load_reading_lexicon, read_documents
from zhibian.records.types import Document

_HERE = Path(__file__).resolve().parent
_RULES = _HERE.parents[1] / "rules"
_FORM_FIELDS = {"术前诊断", "术后诊断", "手术名称"}


def _cases(name: str) -> list[dict[str, object]]:
    data = yaml.safe_load((_HERE / "reading" / name).read_text(encoding="utf-8"))
    return list(data["cases"])


@cache
def _lexicon() -> ReadingLexicon:
    return load_reading_lexicon(_RULES)


@pytest.mark.parametrize("case", _cases("sections.yaml"), ids=lambda case: str(case["name"]))
def test_sections(case: dict[str, object]) -> None:
    document = Document.model_validate(case)
    reading = read_documents([document], _lexicon())
    found = [
        [section.kind.value, document.text[section.span.start : section.span.end]]
        for section in reading.sections
    ]
    assert found == case["sections"]


@pytest.mark.parametrize("case", _cases("lists.yaml"), ids=lambda case: str(case["name"]))
def test_lists(case: dict[str, object]) -> None:
    heading, text = str(case.get("type", "")), str(case["text"])
    if "document" in case:
        document = Document(type=str(case["document"]), text=text)
    elif heading in _FORM_FIELDS:
        document = Document(type="手术记录", text=f"{heading}：{text}")
    else:
        document = Document(type=heading, text=text)
    reading = read_documents([document], _lexicon())
    assert [
        [item.depth, document.text[item.span.start : item.span.end]] for item in reading.items
    ] == case["items"]
    if "document" not in case:
        assert [item.order for item in reading.items] == list(range(len(reading.items)))


@cache
def _terms() -> TermMatcher:
    data = yaml.safe_load((_HERE / "reading" / "mentions.yaml").read_text(encoding="utf-8"))
    return TermMatcher(data["terms"])


@pytest.mark.parametrize("case", _cases("mentions.yaml"), ids=lambda case: str(case["name"]))
def test_mentions(case: dict[str, object]) -> None:
    document = Document.model_validate(case)
    found = find_mentions(read_documents([document], _lexicon()), _terms(), _lexicon())
    assert [
        [document.text[mention.span.start : mention.span.end], mention.assertion.value]
        for mention in found
    ] == case["mentions"]
