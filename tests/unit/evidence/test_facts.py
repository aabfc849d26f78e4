"""Reading of clinical facts: the lexicon's checks, positions, flags of sections, totality."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhibian.documents.facts import FactLexicon, extract_facts, load_lexicon, read_facts
from zhibian.documents.types import Section, SectionKind, Span
from zhibian.problems import InputError

RULES = Path(__file__).resolve().parents[3] / "rules"


@cache
def lexicon() -> FactLexicon:
    return load_lexicon(RULES)


def write_lexicon(folder: Path, text: str) -> Path:
    (folder / "lexicons").mkdir()
    (folder / "lexicons" / "facts.yaml").write_text(text, encoding="utf-8")
    return folder


def test_quote_is_the_text_as_written() -> None:
    (fact,) = extract_facts(["急查K 2.9MMOL/L↓"], lexicon(), originals=["急查k 2.9mmol/L↓"])
    assert fact.quote == "k 2.9mmol/L↓"
    assert fact.span == Span(0, 2, 14)
    assert fact.value == Decimal("2.9")


def test_facts_are_ordered_by_document_and_place() -> None:
    facts = extract_facts(["NA 128MMOL/L,K 2.9MMOL/L", "HB 71G/L"], lexicon())
    assert [f.name for f in facts] == ["NA", "K", "HB"]
    assert [f.span.document for f in facts] == [0, 0, 1]


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        (SectionKind.PAST_HISTORY, "history"),
        (SectionKind.FAMILY_HISTORY, "family"),
        (SectionKind.DIFFERENTIAL_DIAGNOSIS, "differential"),
    ],
)
def test_section_flags_its_facts(kind: SectionKind, flag: str) -> None:
    text = "体检CR 72UMOL/L。黑便1次"
    section = Section(kind, Span(0, 0, len(text)))
    facts = extract_facts([text], lexicon(), sections=[section])
    assert {f.name for f in facts} >= {"CR", "melaena"}
    assert all(flag in f.flags for f in facts)


def test_examination_run_into_the_history_is_of_this_stay() -> None:
    text = "既往:高血压8年,BP170/100MMHG。查:T39.4 SPO2 79%(面罩)"
    section = Section(SectionKind.PAST_HISTORY, Span(0, 0, len(text)))
    facts = extract_facts([text], lexicon(), sections=[section])
    assert {f.name for f in facts if "history" in f.flags} == {"SBP", "DBP"}
    assert {f.name for f in facts if "history" not in f.flags} == {"TEMP", "SPO2"}


def test_section_of_another_document_flags_nothing() -> None:
    section = Section(SectionKind.PAST_HISTORY, Span(1, 0, 40))
    (fact,) = extract_facts(["CR 72UMOL/L"], lexicon(), sections=[section])
    assert fact.flags == frozenset()


def test_time_of_the_document_serves_where_no_date_is_written() -> None:
    texts = ["K 2.9MMOL/L", "03-05 K 3.1MMOL/L", "K 3.3MMOL/L"]
    facts = extract_facts(
        texts, lexicon(), times=["2025-03-02 10:00", "2025-03-02", "2025-03-02～2025-03-08"]
    )
    assert [f.when for f in facts] == ["2025-03-02 10:00", "03-05", None]


def test_reference_range_is_kept() -> None:
    (fact,) = extract_facts(["CR 95UMOL/L(参考41-81)"], lexicon())
    assert fact.reference == (Decimal(41), Decimal(81))


def test_implausible_value_is_rejected_with_a_reason() -> None:
    reading = read_facts(["血钾41MMOL/L"], lexicon())
    assert reading.facts == ()
    (rejected,) = reading.rejected
    assert rejected.name == "K"
    assert "可信范围" in rejected.reason


def test_texts_and_originals_must_fit() -> None:
    with pytest.raises(ValueError, match="keep the length"):
        extract_facts(["K 2.9"], lexicon(), originals=["K 2.90"])
    with pytest.raises(ValueError, match="one original text"):
        extract_facts(["K 2.9"], lexicon(), originals=[])


def test_every_measure_has_a_plausible_name_unit_and_range() -> None:
    data = yaml.safe_load((RULES / "lexicons" / "facts.yaml").read_text(encoding="utf-8"))
    for row in data["measures"]:
        assert row["names"], row["id"]
        assert row["plausible"][0] < row["plausible"][1], row["id"]
        assert not row.get("units") or row["unit"] in row["units"], row["id"]


def test_missing_lexicon_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_lexicon(tmp_path)
    assert [p.code for p in caught.value.problems] == ["lexicon_unreadable"]


def test_all_problems_of_a_lexicon_are_told_at_once(tmp_path: Path) -> None:
    data = yaml.safe_load((RULES / "lexicons" / "facts.yaml").read_text(encoding="utf-8"))
    data["measures"][0]["kind"] = "气味"
    data["measures"][1]["units"] = {"furlong": 1}
    data["drugs"][0] = {"id": "x"}
    folder = write_lexicon(tmp_path, yaml.safe_dump(data, allow_unicode=True))
    with pytest.raises(InputError) as caught:
        load_lexicon(folder)
    fields = [p.field for p in caught.value.problems]
    assert fields == ["measures[0].kind", "measures[1].units", "drugs[0]"]


def test_lexicon_must_be_a_mapping(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_lexicon(write_lexicon(tmp_path, "- 1\n"))


NAMES = ["K", "CR", "血钾", "HB", "BP", "NYHA", "压疮", "PAO2", "呋塞米", "血培养", "大肠埃希菌"]
NUMBERS = ["2.9", "120/80", "Ⅲ级", "MMOL/L", "UMOL/L", "20MG", "IV", "×10^9/L", "10^5", "^"]
MARKS = [" ", "(", ")", ",", "。", "\n", "→", "降至", "↑", "<", "-", "~", "基线", "未", "无"]
DATES = ["12-01", "03-31", "10:30"]
SCANNED = ["l0.5", "O.9", "3。5", "12,300", "3 .5", "|", "\t", "H", "L", "3.5-5.3", "umol/L"]
STAGED = ["pT3N1M0", "ⅢA期", "Apgar 9-10分", "孕38+3周", "上机", "撤机", "CKD5期", "GCS E2V1M4"]
PIECES = st.sampled_from([*NAMES, *NUMBERS, *MARKS, *DATES, *SCANNED, *STAGED])
UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_is_read_and_spans_stay_inside(text: str) -> None:
    folded = text.translate(UPPER)
    reading = read_facts([folded], lexicon(), originals=[text])
    for fact in reading.facts:
        assert 0 <= fact.span.start < fact.span.end <= len(text)
        assert fact.quote == text[fact.span.start : fact.span.end]
    for rejected in reading.rejected:
        assert 0 <= rejected.span.start < rejected.span.end <= len(text)
    assert read_facts([folded], lexicon(), originals=[text]) == reading


@pytest.mark.parametrize(
    "piece",
    [
        *[
            "(",
            "K ",
            "CR 198UMOL/L,",
            "→",
            "12-01 ",
            "升高",
            "0",
            "<",
            "血培养",
            "吸氧PAO2 58MMHG ",
        ],
        *["T3N1", "APGAR 1", "癌", "高血压", "12-01 10:30上机", "K 2.9 3.5-5.3 ", "孕3", "GCS E2V"],
        *["| ", "机械通气", "1.O", "Ⅲ", "目标", "压疮,", "12:00 "],
    ],
)
def test_a_million_characters_are_read(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    facts = extract_facts([text], lexicon())
    assert len(facts) <= len(text)
