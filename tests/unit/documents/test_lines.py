from __future__ import annotations

import pytest

from zhibian.documents.lines import unwrap
from zhibian.documents.normalise import normalise

_FULL = "患者于二天前无明显诱因出现上腹部疼痛呈持续性胀痛否认高血"


def test_lines_of_fixed_width_are_joined_but_for_the_last() -> None:
    text = f"{_FULL}\n{_FULL}\n{_FULL}\n压。\n查体无殊"
    assert unwrap(text) == f"{_FULL} {_FULL} {_FULL} 压。\n查体无殊"


@pytest.mark.parametrize(
    "own",
    ["1.肺炎", "（1）肺炎", "①肺炎", "一、肺炎", "【诊断】肺炎", "诊断：肺炎", "2024-01-02 查房"],
)
def test_lines_that_begin_like_one_of_their_own_stay(own: str) -> None:
    text = normalise(f"{_FULL}\n{_FULL}\n{_FULL}\n{own}")
    assert unwrap(text).endswith("\n" + normalise(own))


def test_a_sentence_that_has_ended_goes_on_nowhere() -> None:
    text = f"{_FULL[:-1]}。\n{_FULL[:-1]}。\n{_FULL[:-1]}。\n查体无殊"
    assert unwrap(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("否认高血压、\n糖尿病", "否认高血压、 糖尿病"),
        ("否认高血压\n、糖尿病", "否认高血压 、糖尿病"),
        ("发热,\n咳嗽", "发热, 咳嗽"),
        ("1.肺炎,\n2.胃炎", "1.肺炎,\n2.胃炎"),
        ("肺炎\n胃炎", "肺炎\n胃炎"),
        ("肺炎、\n\n胃炎", "肺炎、\n\n胃炎"),
        ("", ""),
    ],
)
def test_punctuation_tells_whether_a_sentence_goes_on(text: str, expected: str) -> None:
    assert unwrap(text) == expected


def test_a_few_short_lines_have_no_margin() -> None:
    text = "胆囊结石\n脂肪肝\n高血压"
    assert unwrap(text) == text
