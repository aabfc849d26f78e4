from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from zhibian.payment.group_weight import GroupWeight
from zhibian.payment.published.defects import (
    Defect,
    DefectKinds,
    Rounding,
    bare,
    load_defect_kinds,
    table_defects,
)
from zhibian.payment.tariff import Tariff, Variant

EXACT = Rounding(Decimal(0), Decimal("0.005"))


@pytest.fixture(scope="module")
def kinds(rules: Path) -> DefectKinds:
    return load_defect_kinds(rules / "tariffs")


def _tariff(groups: Iterable[GroupWeight]) -> Tariff:
    return Tariff(
        id="small-2024",
        title="小 2024",
        region="小",
        year=2024,
        scheme="small",
        method="rate",
        variants={"三级": Variant("三级", rate=Decimal(100))},
        default_variant="三级",
        groups={group.drg: group for group in groups},
    )


def _weights(**weights: tuple[str, str | None]) -> list[GroupWeight]:
    return [
        GroupWeight(drg, name, None if weight is None else Decimal(weight))
        for drg, (name, weight) in weights.items()
    ]


def _found(
    groups: Iterable[GroupWeight], kinds: DefectKinds, scheme: dict[str, str] | None = None
) -> list[Defect]:
    tariff = _tariff(groups)
    own = {group.drg: group.name for group in tariff.groups.values()}
    return table_defects(tariff, own if scheme is None else scheme, kinds, EXACT)


def test_a_sound_table_has_no_defect(kinds: DefectKinds) -> None:
    groups = _weights(
        AA11=("手术，伴严重并发症或合并症", "2"),
        AA13=("手术，伴一般并发症或合并症", "1.5"),
        AA15=("手术，不伴并发症或合并症", "0.8"),
    )
    assert _found(groups, kinds) == []


def test_groups_that_one_side_lacks(kinds: DefectKinds) -> None:
    found = _found(
        _weights(AA19=("甲", "2"), BB19=("乙", "3")), kinds, {"AA19": "甲", "CC19": "丙"}
    )
    assert found == [
        Defect("group_not_in_scheme", "BB19", "乙"),
        Defect("scheme_group_not_in_tariff", "CC19", "丙"),
    ]


def test_an_excerpt_lacks_nothing(kinds: DefectKinds) -> None:
    tariff = dataclasses.replace(_tariff(_weights(AA19=("甲", "2"))), excerpt=True)
    assert table_defects(tariff, {"AA19": "甲", "CC19": "丙"}, kinds, EXACT) == []


def test_rows_of_ungrouped_cases_are_no_groups(kinds: DefectKinds) -> None:
    assert (
        _found(_weights(**{"0000": ("未入组", "0.2"), "000P": ("未入组", "0.6")}), kinds, {}) == []
    )


def test_core_group_divided_otherwise(kinds: DefectKinds) -> None:
    groups = _weights(
        LF11=("透析，伴严重并发症或合并症", "2"), LF15=("透析，不伴并发症或合并症", "1.1")
    )
    found = _found(groups, kinds, {"LF19": "透析"})
    assert Defect("split_differs", "LF1", "本表 LF11、LF15，方案 LF19") in found


def test_more_severe_level_with_less_weight(kinds: DefectKinds) -> None:
    groups = _weights(
        BB2A=("开颅术，伴严重或一般并发症与合并症", "6.7"),
        BB25=("开颅术，不伴并发症或合并症", "10.2"),
    )
    assert _found(groups, kinds) == [Defect("level_inversion", "BB2A", "BB2A 6.7 ＜ BB25 10.2")]


@pytest.mark.parametrize(
    ("heavier", "lighter"),
    [
        ("伴有严重并发症与合并症", "不伴严重并发症与合并症"),
        ("伴严重合并症或并发症", "伴一般合并症或并发症"),
        ("伴严重或一般并发症与合并症", "不伴有并发症与合并症"),
        ("伴有并发症或合并症", "不伴并发症或合并症"),
        ("伴一般并发症或合并症", "不伴严重并发症或合并症"),
    ],
)
def test_levels_are_told_from_their_wording(kinds: DefectKinds, heavier: str, lighter: str) -> None:
    groups = _weights(AA11=(f"手术，{heavier}", "1.2"), AA15=(f"手术，{lighter}", "1.3"))
    assert [defect.code for defect in _found(groups, kinds)] == ["level_inversion"]


def test_levels_of_other_ages_are_not_compared(kinds: DefectKinds) -> None:
    groups = _weights(
        ES21=("感染，年龄≤17岁，伴严重并发症或合并症", "0.5"),
        ES25=("感染，年龄＞17岁，不伴并发症或合并症", "0.7"),
    )
    assert _found(groups, kinds) == []


def test_equal_weights_of_two_levels(kinds: DefectKinds) -> None:
    groups = _weights(
        AA13=("手术，伴并发症或合并症", "0.7"), AA15=("手术，不伴并发症或合并症", "0.70")
    )
    assert [defect.code for defect in _found(groups, kinds)] == ["levels_equal"]


def test_weights_that_are_no_price(kinds: DefectKinds) -> None:
    groups = [
        *_weights(AA19=("甲", None), BB19=("乙", "1")),
        GroupWeight("CC19", "丙", Decimal(1), frozenset({"placeholder"})),
        GroupWeight("DD19", "丁", None, mean_cost=Decimal("7990.242")),
    ]
    assert [(defect.code, defect.drg) for defect in _found(groups, kinds)] == [
        ("mean_cost_only", "DD19"),
        ("no_weight", "AA19"),
        ("no_weight", "DD19"),
        ("placeholder_weight", "CC19"),
        ("weight_one", "BB19"),
    ]


def test_placeholders_have_no_level(kinds: DefectKinds) -> None:
    groups = [
        GroupWeight("AA11", "手术，伴严重并发症或合并症", Decimal(1), frozenset({"placeholder"})),
        *_weights(AA15=("手术，不伴并发症或合并症", "2.5")),
    ]
    assert [defect.code for defect in _found(groups, kinds)] == ["placeholder_weight"]


@pytest.mark.parametrize(("amount", "codes"), [("200.005", []), ("200.02", ["amount_differs"])])
def test_amounts_are_held_against_the_weight(
    kinds: DefectKinds, amount: str, codes: list[str]
) -> None:
    group = GroupWeight("AA19", "甲", Decimal(2), standards={"三级": Decimal(amount)})
    assert [defect.code for defect in _found([group], kinds)] == codes


def test_names_differ_only_where_more_than_typography_does(kinds: DefectKinds) -> None:
    groups = _weights(
        AA11=("感染/炎症，伴有严重并发症或合并症", "2"),
        AA13=("感染／炎症，伴一般并发症与合并症", "1.5"),
        BB19=("高皿压", "0.5"),
    )
    scheme = {
        "AA11": "感染／炎症,伴严重并发症或合并症",
        "AA13": "感染/炎症，伴并发症或合并症",
        "BB19": "高血压",
    }
    assert _found(groups, kinds, scheme) == [
        Defect("name_differs", "BB19", "本表“高皿压”，方案“高血压”")
    ]


def test_ambiguous_groups_are_named_freely(kinds: DefectKinds) -> None:
    assert _found(_weights(EQY=("与主要诊断无关的手术", "0.5")), kinds, {"EQY": "歧义组"}) == []


def test_bare_names_keep_comparisons() -> None:
    assert bare("年龄＞17岁") == bare("年龄>17 岁") != bare("年龄≤17岁")


def test_every_kind_of_defect_is_explained(kinds: DefectKinds) -> None:
    assert kinds.titles.keys() == kinds.meanings.keys()
    assert kinds.found_in_table < kinds.titles.keys()
