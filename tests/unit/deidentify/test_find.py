"""Finding of identifiers: positions hold in any width, names repeat, odd text does no harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.problems import InputError
from zhibian.records.deidentify.find import find_identifiers
from zhibian.records.deidentify.places import plain
from zhibian.records.deidentify.rules import Rules, load_rules
from zhibian.settings import Settings

ROOT = Settings().rules


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules(ROOT)


def _found(rules: Rules, *texts: str) -> list[list[str]]:
    places = find_identifiers(texts, rules)
    return [
        [text[p.start : p.end] for p in found] for text, found in zip(texts, places, strict=True)
    ]


def test_plain_keeps_positions() -> None:
    text = "ＩＤ：０１２（甲）——　·•"
    assert plain(text) == "ID:012(甲)-- ··"
    assert len(plain(text)) == len(text)


def test_full_width_digits_are_found_where_they_stand(rules: Rules) -> None:
    assert _found(rules, "手机１３８１２３４５６７８。") == [["１３８１２３４５６７８"]]


def test_a_name_told_in_one_document_is_found_in_another(rules: Rules) -> None:
    found = _found(rules, "姓名：德吉措姆　性别：女", "今日德吉措姆诉头痛。")
    assert found == [["德吉措姆"], ["德吉措姆"]]


def test_a_name_of_two_characters_that_is_a_word_repeats_only_where_it_stands_free(
    rules: Rules,
) -> None:
    found = _found(rules, "责任护士：苏畅", "经络苏畅通，苏畅 08:00", "苏畅护士交班。")
    assert found[1:] == [["苏畅"], ["苏畅"]]


@pytest.mark.parametrize(
    "text",
    [
        "于当地医院、外院、上级医院、某三甲医院及附近诊所就诊，无医院感染。",
        "患者张某，家属王某某。",
        "小学文化，在建筑公司工作，儿子读大学。",
        "值班医师、管床医生、上级医师查房，各位主任同意。",
        "参考值 单位 结果：10-20 U/L，每次24单位：甘精胰岛素。",
        "药品批号：20240315A，型号：FX80。",
        "白细胞9.8×10^9/L，黄疸消退，于今日出院，时有咳嗽，平素体健。",
        "现住址：不详。",
        "",
        "　\n\n：，。",
    ],
)
def test_what_identifies_nobody_stays(rules: Rules, text: str) -> None:
    assert _found(rules, text) == [[]]


@pytest.mark.parametrize(
    "unit", ["中", "王", "省市区路号", "北京市", "患者", "1", "·", "姓名：王 "]
)
def test_places_of_long_monotonous_texts_are_apart_and_inside(rules: Rules, unit: str) -> None:
    text = unit * (40_000 // len(unit))
    (found,) = find_identifiers([text], rules)
    ends = [0, *(place.end for place in found)]
    assert all(end <= place.start for end, place in zip(ends, found, strict=False))
    assert ends[-1] <= len(text)


def test_rules_with_a_broken_pattern_are_refused_with_a_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "deidentify"
    folder.mkdir()
    for file in (ROOT / "deidentify").iterdir():
        text = file.read_text(encoding="utf-8").replace("check: id_card", "check: id_card, not: 5")
        (folder / file.name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_rules(tmp_path)
    assert "版本库" in refused.value.problems[0].remedy
