"""Whatever the text, every span of reading lies inside it and quotes it verbatim."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.documents.lines import unwrap
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.normalise import normalise
from zhibian.documents.reader import find_mentions, load_reading_lexicon, read_documents
from zhibian.records.types import Document

RULES = Path(__file__).resolve().parents[2] / "rules"
LEXICON = load_reading_lexicon(RULES)
TERMS = ["高血压", "2型糖尿病", "糖尿病", "慢性阻塞性肺疾病", "肺炎", "COPD", "HP(+)", "胆囊结石"]
MATCHER = TermMatcher(TERMS, LEXICON.stop_terms)

# Clinical words and everything that a scan or an interface puts between them.
_BROKEN = [
    "高血\n压",
    "高 血 压",
    "慢性阻塞性肺\r\n疾病",
    "肺\u3000炎",
    "ＣＯＰＤ",
    "ｃｏｐｄ",
    "２型糖尿病",
]
_HEADS = [
    "主诉：",
    "出院诊断：",
    "【诊断】",
    "1.",
    "２．",
    "（1）",
    "①",
    "⑴",
    "一、",
    "1、",
    "否认",
    "未见",
]
_SIGNS = ["、", "，", ",", "。", "；", "？", "：", " ", "\u3000", "\t"]
_ENDS = ["\n", "\r\n", "\r", "\v", "\u2028", "\u0085"]
_STRANGE = [
    "👨\u200d⚕️",
    "e\u0301",
    "\u0300",
    "\ufeff",
    "\u200b",
    "𠮷",
    "﷽",
    "\ud83d",
    "\udc00",
    "İ",
    "ß",
]
_OTHERS = ["父亲", "拟行", "待排", "3年前", "10.5cm", "2024-01-02 ", "2O24", "×", "☑无"]
_WORDS = st.sampled_from([*TERMS, *_BROKEN, *_HEADS, *_SIGNS, *_ENDS, *_STRANGE, *_OTHERS])
_TEXTS = st.lists(st.one_of(_WORDS, st.text(max_size=4)), max_size=50).map("".join)
_TYPES = st.sampled_from(
    ["入院记录", "首次病程记录", "手术记录", "检验检查报告", "护理记录", "医嘱单", "出院记录"]
)


@given(_TEXTS)
@settings(max_examples=300, deadline=None)
def test_normal_form_keeps_every_position(text: str) -> None:
    normalised = normalise(text)
    assert len(normalised) == len(text)
    assert normalise(normalised) == normalised
    assert len(unwrap(normalised)) == len(text)
    changed = {(a, b) for a, b in zip(normalised, unwrap(normalised), strict=True) if a != b}
    assert changed <= {("\n", " ")}


@given(st.lists(st.tuples(_TYPES, _TEXTS), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_spans_lie_inside_and_quote_verbatim(parts: list[tuple[str, str]]) -> None:
    documents = [Document.model_construct(type=kind, title="", text=text) for kind, text in parts]
    reading = read_documents(documents, LEXICON)
    for spans in (
        [section.span for section in reading.sections],
        [sentence.span for sentence in reading.sentences],
        [item.span for item in reading.items],
    ):
        assert all(0 <= s.start < s.end <= len(documents[s.document].text) for s in spans)
        assert all(a.document < b.document or a.end <= b.start for a, b in pairwise(spans))
    mentions = find_mentions(reading, MATCHER, LEXICON)
    for mention in mentions:
        span, sentence = mention.span, mention.sentence
        original = documents[span.document].text
        assert sentence.start <= span.start < span.end <= sentence.end <= len(original)
        quote = original[span.start : span.end]
        assert "".join(normalise(quote).split()) == mention.term
    assert all(
        (a.span.document, a.span.end) <= (b.span.document, b.span.start)
        or a.span.document < b.span.document
        for a, b in pairwise(mentions)
    )


@given(_TEXTS, st.integers(1, 7))
@settings(max_examples=150, deadline=None)
def test_a_line_end_inside_a_word_hides_no_mention(before: str, cut: int) -> None:
    word = "慢性阻塞性肺疾病"
    for gap in ("\n", " ", "\r\n", "\u3000"):
        text = f"{before}。患有{word[:cut]}{gap}{word[cut:]}。"
        document = Document.model_construct(type="随笔", title="", text=text)
        reading = read_documents([document], LEXICON)
        last = find_mentions(reading, MATCHER, LEXICON)[-1]
        assert last.term == word
        assert text[last.span.start : last.span.end] == f"{word[:cut]}{gap}{word[cut:]}"
