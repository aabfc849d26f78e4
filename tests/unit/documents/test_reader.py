from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.documents.matcher import TermMatcher
from zhibian.documents.reader import find_mentions, load_reading_lexicon, read_documents
from zhibian.documents.types import Assertion, DocumentKind, Mention, SectionKind
from zhibian.records.types import Document

RULES = Path(__file__).resolve().parents[3] / "rules"
LEXICON = load_reading_lexicon(RULES)
TERMS = ["高血压", "肺炎", "糖尿病", "2型糖尿病", "胃癌", "COPD", "阑尾切除术"]
MATCHER = TermMatcher(TERMS, LEXICON.stop_terms)

_PIECES = st.sampled_from(
    [
        *TERMS, "否认", "未见", "主诉：", "既往史：", "出院诊断：", "诊断：",
        "【家族史】", "鉴别诊断：",
        "1.", "2.", "（1）", "①", "、", "，", "。", "；", "\n", "？", "待排", "父亲", "（", "）",
        ":", "+",
        "拟行", "3年前", " ", "　", "05-01 ", "10.5cm", "患者",
    ]
)  # fmt: skip
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=40).map("".join)
_TYPES = st.sampled_from(["入院记录", "手术记录", "日常病程记录", "出院记录", "既往史", "随笔"])


def mentions(text: str, type_: str = "入院记录") -> tuple[Mention, ...]:
    return find_mentions(
        read_documents([Document(type=type_, text=text)], LEXICON), MATCHER, LEXICON
    )


@given(st.lists(st.tuples(_TYPES, _TEXTS), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_every_span_points_into_the_original_text(documents: list[tuple[str, str]]) -> None:
    originals = [Document(type=type_, text=text) for type_, text in documents]
    reading = read_documents(originals, LEXICON)
    assert [len(text) for text in reading.normalised] == [len(d.text) for d in originals]
    for span in (
        *(section.span for section in reading.sections),
        *(sentence.span for sentence in reading.sentences),
        *(item.span for item in reading.items),
    ):
        assert 0 <= span.start < span.end <= len(originals[span.document].text)
    for mention in find_mentions(reading, MATCHER, LEXICON):
        span, sentence = mention.span, mention.sentence
        assert reading.normalised[span.document][span.start : span.end] == mention.term
        assert sentence.start <= span.start < span.end <= sentence.end
        if mention.item is not None:
            item = reading.items[mention.item].span
            assert item.document == span.document
            assert item.start <= span.start < span.end <= item.end


@given(_TYPES, _TEXTS)
@settings(max_examples=150, deadline=None)
def test_sections_and_items_stand_in_order_without_overlap(type_: str, text: str) -> None:
    reading = read_documents([Document(type=type_, text=text)], LEXICON)
    for spans in (
        [section.span for section in reading.sections],
        [sentence.span for sentence in reading.sentences],
        [item.span for item in reading.items],
    ):
        assert all(a.end <= b.start for a, b in pairwise(spans))


@given(_TYPES, _TEXTS)
@settings(max_examples=60, deadline=None)
def test_reading_is_deterministic(type_: str, text: str) -> None:
    documents = [Document(type=type_, text=text)]
    assert read_documents(documents, LEXICON) == read_documents(documents, LEXICON)


def test_a_mention_carries_section_sentence_and_entry() -> None:
    text = "既往史：否认高血压。\n出院诊断：1.肺炎 2.２型糖尿病"
    denied, pneumonia, diabetes = mentions(text, "出院记录")
    assert (denied.term, denied.section) == ("高血压", SectionKind.PAST_HISTORY)
    assert (denied.assertion, denied.cue) == (Assertion.NEGATED, "否认")
    assert text[denied.sentence.start : denied.sentence.end] == "否认高血压。"
    assert (pneumonia.item, pneumonia.assertion) == (0, Assertion.PRESENT)
    assert (diabetes.item, diabetes.term) == (1, "2型糖尿病")


def test_cues_of_one_entry_say_nothing_of_the_next() -> None:
    found = mentions("出院诊断：1.肺炎 2.胃癌待排 3.COPD？4.高血压", "出院记录")
    assert [(m.term, m.assertion) for m in found] == [
        ("肺炎", Assertion.PRESENT),
        ("胃癌", Assertion.POSSIBLE),
        ("COPD", Assertion.POSSIBLE),
        ("高血压", Assertion.PRESENT),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "最高血压170mmHg",
        "双肺炎症吸收",
        "肺炎支原体抗体升高",
        "糖尿病饮食",
        "抗肺炎治疗",
        "胃癌筛查",
    ],
)
def test_accidental_spellings_are_no_mentions(text: str) -> None:
    assert mentions(text) == ()


def test_a_term_inside_a_heading_is_no_mention() -> None:
    matcher = TermMatcher(["病理诊断", "胃炎"])
    reading = read_documents([Document(type="病理报告", text="病理诊断：慢性胃炎")], LEXICON)
    assert [m.term for m in find_mentions(reading, matcher, LEXICON)] == ["胃炎"]


@pytest.mark.parametrize(
    ("type_", "title", "kind"),
    [
        ("入院记录", "", DocumentKind.ADMISSION_RECORD),
        ("首次病程记录", "", DocumentKind.FIRST_PROGRESS),
        ("日常病程记录", "主任医师查房记录", DocumentKind.PROGRESS),
        ("手术记录", "胃镜诊疗记录", DocumentKind.OPERATION),
        ("手术知情同意书", "", DocumentKind.OTHER),
        ("检验检查报告", "病理", DocumentKind.REPORT),
        ("术后病理报告", "", DocumentKind.PATHOLOGY),
        ("24小时内入出院记录", "", DocumentKind.DISCHARGE_RECORD),
        ("文书", "死亡记录", DocumentKind.DISCHARGE_RECORD),
        ("现病史", "", DocumentKind.ADMISSION_RECORD),
        ("出院医嘱", "", DocumentKind.DISCHARGE_RECORD),
        ("护理记录", "", DocumentKind.NURSING),
        ("医嘱单", "", DocumentKind.ORDERS),
        ("会诊记录", "", DocumentKind.CONSULTATION),
        ("随笔", "", DocumentKind.OTHER),
    ],
)
def test_kinds_of_documents(type_: str, title: str, kind: DocumentKind) -> None:
    reading = read_documents([Document(type=type_, title=title, text="肺炎")], LEXICON)
    assert reading.kinds == (kind,)


def test_blank_and_absent_documents_yield_nothing() -> None:
    assert read_documents([], LEXICON).sections == ()
    reading = read_documents([Document(type="入院记录", text=" \n　")], LEXICON)
    assert (reading.sections, reading.sentences) == ((), ())
    assert reading.items == ()


@pytest.mark.parametrize(
    "unit",
    [
        "否认高血压，",
        "1.肺炎",
        "((((",
        "既往史：",
        "无 ",
        "肺炎？",
        "\n1、",
        "肺炎、",
        "肺炎 ",
        "A",
        "。\n",
    ],
)
def test_a_huge_document_is_read(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    reading = read_documents([Document(type="出院诊断", text=text)], LEXICON)
    found = find_mentions(reading, MATCHER, LEXICON)
    assert len(found) <= text.count("肺炎") + text.count("高血压")
