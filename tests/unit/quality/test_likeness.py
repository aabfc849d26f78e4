"""Names laid over a record: other words for the same, and what the record says of them."""

from __future__ import annotations

import pytest

from zhibian.documents.reader import read_documents
from zhibian.documents.types import Assertion
from zhibian.records.types import Document
from zhibian.review.reviewer import Reviewer


def said(reviewer: Reviewer, code: str, name: str, text: str) -> set[Assertion]:
    lexicon = reviewer.knowledge.lexicon
    reading = read_documents([Document(type="病程记录", text=text)], lexicon)
    places = reviewer.doubt.likeness.mentions(code, [name], reading, lexicon.cues)
    return {place.assertion for place in places}


@pytest.mark.parametrize(
    ("code", "name", "text", "expected"),
    [
        ("01.5106", "脑膜病损切除术", "行凸面脑膜瘤切除，全切。", {Assertion.PRESENT}),
        ("E11.900", "2型糖尿病", "否认糖尿病及抗凝药。", {Assertion.NEGATED}),
        ("I85.000x001", "食管静脉曲张破裂出血", "胃镜示食管胃底静脉曲张，已套扎。", set()),
        ("N45.907", "急性附睾炎", "咳嗽三天，双肺呼吸音粗。", set()),
    ],
)
def test_other_words_for_a_code(
    reviewer: Reviewer, code: str, name: str, text: str, expected: set[Assertion]
) -> None:
    assert said(reviewer, code, name, text) == expected


@pytest.mark.parametrize(
    ("filed", "proposed", "expected"),
    [
        ("继发于（慢性）失血的缺铁性贫血", "缺铁性贫血", True),
        ("心房颤动", "持续性心房颤动", False),
        ("胸腔积液", "胸腔积液，不可归类在他处者", True),
        ("肺炎", "心力衰竭", False),
    ],
)
def test_a_name_holds_a_less_exact_one(
    reviewer: Reviewer, filed: str, proposed: str, expected: bool
) -> None:
    assert reviewer.doubt.likeness.holds(filed, proposed) is expected
