from __future__ import annotations

import pytest
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
    folded = normalise(text)[place]
    # Only a point looks at its neighbours: it may be a full stop.
    assert folded == normalise(text[place]) or (normalise(text[place]) == "." and folded == "。")


def test_variants_take_one_spelling() -> None:
    assert normalise("ＣＫＤ５期（ｐ＜０．０５）") == "CKD5期(P<0.05)"
    assert normalise("【诊断】：“肺炎”？；！，") == '[诊断]:"肺炎"?;!,'
    assert normalise("a－b–c—d") == "A-B-C-D"
    assert normalise("不\u3000适\u00a0\r\n") == "不 适  \n"


def test_chinese_stops_and_roman_numerals_stay() -> None:
    assert normalise("Ⅲ级，ⅱ度。甲、乙①") == "Ⅲ级,Ⅱ度。甲、乙①"


def test_compatibility_ideographs_become_the_usual_ones() -> None:
    assert normalise("\uf97e\u2f08") == "量人"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("好转.继续观察.", "好转。继续观察。"),
        ("排除(肺栓塞).Hb 90", "排除(肺栓塞)。HB 90"),
        ("WBC 12.5,S1.2", "WBC 12.5,S1.2"),
        ("一.高血压", "一.高血压"),
        ("1.肺炎", "1.肺炎"),
    ],
)
def test_a_point_behind_a_chinese_word_is_a_full_stop(written: str, read: str) -> None:
    assert normalise(written) == read


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2O24年", "2024年"),
        ("血钾3.O", "血钾3.0"),
        ("5月3曰", "5月3日"),
        ("H2O2冲洗", "H2O2冲洗"),
        ("PaO2 60", "PAO2 60"),
        ("O型血", "O型血"),
        ("T12O", "T12O"),
    ],
)
def test_slips_of_scanning_are_mended(written: str, expected: str) -> None:
    assert normalise(written) == expected
