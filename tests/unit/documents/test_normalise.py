from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zhibian.documents.normalise import normalise


@given(st.text())
def test_length_is_kept(text: str) -> None:
    assert len(normalise(text)) == len(text)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(min_size=1), st.data())
def test_each_character_is_folded_alone(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    assert normalise(text)[place] == normalise(text[place])


def test_variants_take_one_spelling() -> None:
    assert normalise("ＣＫＤ５期（ｐ＜０．０５）") == "CKD5期(P<0.05)"
    assert normalise("【诊断】：“肺炎”？；！，") == '[诊断]:"肺炎"?;!,'
    assert normalise("a－b–c—d") == "A-B-C-D"
    assert normalise("不\u3000适\u00a0\r\n") == "不 适  \n"


def test_chinese_stops_and_roman_numerals_stay() -> None:
    assert normalise("Ⅲ级，ⅱ度。甲、乙①") == "Ⅲ级,Ⅱ度。甲、乙①"


def test_compatibility_ideographs_become_the_usual_ones() -> None:
    assert normalise("\uf97e\u2f08") == "量人"
