from __future__ import annotations

import csv
import dataclasses
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from zhibian.payment.deviation import deviate
from zhibian.payment.group_weight import GroupWeight
from zhibian.payment.published.check import check_tariff
from zhibian.payment.tariff import Tariff, Variant, round_yuan
from zhibian.payment.tariff_files import list_tariffs, load_tariff, tariffs_of_scheme
from zhibian.problems import InputError
from zhibian.terminology.tables import sha256_of

LINYI = "linyi-2022"


@pytest.fixture(scope="module")
def linyi(rules: Path) -> Tariff:
    return load_tariff(rules, LINYI)


def _copy(rules: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(rules / "tariffs" / LINYI, tmp_path / "tariffs" / LINYI)
    shutil.copy(rules / "tariffs/defects.yaml", tmp_path / "tariffs")
    (tmp_path / "chs-drg").symlink_to(rules / "chs-drg")
    return folder


def test_tariff_covers_all_groups_of_the_scheme(linyi: Tariff) -> None:
    assert linyi.scheme == "chs-drg-1.1"
    assert len(linyi.groups) == 629
    assert sum(group.weight is None for group in linyi.groups.values()) == 19
    assert linyi.rates == {
        "三级职工": Decimal(9865),
        "三级居民": Decimal(9391),
        "二级职工": Decimal(9651),
        "二级居民": Decimal(8501),
    }


def test_default_variant_is_used_when_none_is_named(linyi: Tariff) -> None:
    assert linyi.standard("ES31") == linyi.standard("ES31", "三级职工")


def test_unknown_variant_lists_the_variants(linyi: Tariff) -> None:
    with pytest.raises(InputError) as caught:
        linyi.standard("ES31", "一级职工")
    assert "二级居民" in caught.value.problems[0].message


def test_unknown_tariff_lists_the_tariffs(rules: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_tariff(rules, "../tariffs/linyi-2022")
    assert LINYI in caught.value.problems[0].message


def test_tariffs_are_listed(rules: Path) -> None:
    assert LINYI in list_tariffs(rules)
    assert check_tariff(rules, LINYI) == []


def test_changed_weights_are_refused(rules: Path, tmp_path: Path) -> None:
    folder = _copy(rules, tmp_path)
    weights = folder / "weights.csv"
    weights.write_text(weights.read_text("utf-8").replace("0.65", "0.66", 1), "utf-8")
    with pytest.raises(InputError) as caught:
        load_tariff(tmp_path, LINYI)
    assert caught.value.problems[0].code == "table_corrupted"
    assert "zhibian tariffs build" in caught.value.problems[0].remedy


def test_missing_rate_is_refused(rules: Path, tmp_path: Path) -> None:
    folder = _copy(rules, tmp_path)
    told = folder / "tariff.yaml"
    told.write_text(told.read_text("utf-8").replace("rate: '9865'", "rate: none"), "utf-8")
    assert [problem.code for problem in check_tariff(tmp_path, LINYI)] == ["tariff_invalid"]


def test_check_names_a_contradiction(rules: Path, tmp_path: Path) -> None:
    folder = _copy(rules, tmp_path)
    told = folder / "tariff.yaml"
    told.write_text(told.read_text("utf-8").replace("rows: 629", "rows: 628"), "utf-8")
    assert [problem.code for problem in check_tariff(tmp_path, LINYI)] == ["row_count"]


def test_check_works_out_the_defects_anew(rules: Path, tmp_path: Path) -> None:
    folder = _copy(rules, tmp_path)
    told, defects = folder / "tariff.yaml", folder / "defects.csv"
    before = sha256_of(defects)
    defects.write_text(defects.read_text("utf-8").replace("no_weight,AA19,心脏移植\n", ""), "utf-8")
    told.write_text(told.read_text("utf-8").replace(before, sha256_of(defects)), "utf-8")
    (problem,) = check_tariff(tmp_path, LINYI)
    assert problem.code == "defects_differ"
    assert "AA19" in problem.message


def test_newest_tariff_of_a_scheme_comes_first_and_excerpts_are_left_out(rules: Path) -> None:
    assert tariffs_of_scheme(rules, "suzhou-2023") == ("suzhou-2023", "suzhou-2022")
    assert tariffs_of_scheme(rules, "chs-drg-1.1") == ("jilin-2022", LINYI, "tongchuan-2022")
    assert tariffs_of_scheme(rules, "haerbin-2022") == ()


def test_amounts_are_rounded_half_up_once() -> None:
    assert round_yuan(Decimal("0.005")) == Decimal("0.01")
    assert round_yuan(Decimal("2.675")) == Decimal("2.68")
    assert round_yuan(Decimal("2.6749")) == Decimal("2.67")


def test_standards_of_two_variants_are_not_compared(linyi: Tariff) -> None:
    with pytest.raises(ValueError, match="variants"):
        deviate(linyi.standard("ES31", "三级职工"), linyi.standard("ES31", "二级职工"))


def test_deviation_is_antisymmetric(linyi: Tariff) -> None:
    there = deviate(linyi.standard("ES33"), linyi.standard("ES31"))
    back = deviate(linyi.standard("ES31"), linyi.standard("ES33"))
    assert there.amount is not None
    assert back.amount is not None
    assert there.amount == -back.amount
    assert there.ratio != back.ratio


def test_filed_amount_of_zero_has_no_ratio(linyi: Tariff) -> None:
    free = dataclasses.replace(linyi, groups={"XX19": GroupWeight("XX19", "无", Decimal(0))})
    deviation = deviate(free.standard("XX19"), linyi.standard("ES31"))
    assert deviation.amount == Decimal("6412.25")
    assert deviation.ratio is None


def test_published_amounts_equal_the_computed_ones(linyi: Tariff, shared: Path) -> None:
    source = shared / "facts/payment/regional/linyi_2022.csv"
    with source.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        for variant in linyi.rates:
            published = row[f"支付标准（{variant}）"]
            amount = linyi.standard(row["DRG编码"], variant).amount
            assert amount == (Decimal(published) if published else None)


def _small(**other: Any) -> Tariff:
    """Return a tariff of two variants without groups, with other fields as given."""
    tariff = Tariff(
        id="small-2024",
        title="小 2024",
        region="小",
        year=2024,
        scheme="small",
        method="rate",
        variants={
            "三级": Variant("三级", rate=Decimal(100)),
            "二级": Variant("二级", rate=Decimal(80)),
        },
        default_variant="三级",
        groups={},
    )
    return dataclasses.replace(tariff, **other)


def _groups(*groups: GroupWeight) -> dict[str, GroupWeight]:
    return {group.drg: group for group in groups}


def test_published_amount_goes_before_the_formula() -> None:
    tariff = _small(
        groups=_groups(
            GroupWeight("AA11", "甲", Decimal(2), standards={"三级": Decimal("201.005")})
        )
    )
    assert tariff.standard("AA11").amount == Decimal("201.01")
    assert tariff.standard("AA11", "二级").amount == Decimal("160.00")


def test_rate_of_the_user_goes_before_the_published_amount() -> None:
    tariff = _small(
        groups=_groups(GroupWeight("AA11", "甲", Decimal(2), standards={"三级": Decimal(201)}))
    )
    standard = tariff.standard("AA11", rate=Decimal("120.5"))
    assert (standard.rate, standard.amount) == (Decimal("120.5"), Decimal("241.00"))


def test_rate_of_the_user_does_not_price_a_placeholder() -> None:
    group = GroupWeight("AA19", "移植", Decimal(1), frozenset({"unstable", "placeholder"}))
    standard = _small(groups=_groups(group)).standard("AA19", rate=Decimal(100))
    assert (standard.status, standard.weight, standard.amount) == ("placeholder", None, None)
    assert group.usable_weight is None


def test_group_without_coefficient_has_weight_and_no_amount() -> None:
    tariff = _small(
        groups=_groups(
            GroupWeight("AA11", "甲", Decimal(2), coefficients={"三级": Decimal("1.1")})
        ),
        coefficients_by_group=True,
    )
    assert tariff.standard("AA11").amount == Decimal("220.00")
    lower = tariff.standard("AA11", "二级")
    assert (lower.status, lower.weight, lower.amount) == ("no_standard", Decimal(2), None)


def test_groups_of_one_price_get_the_rate_of_one_variant() -> None:
    group = GroupWeight("AA15", "乙", Decimal(2), frozenset({"basic"}))
    tariff = _small(groups=_groups(group), shared_rates={"basic": "二级"})
    assert tariff.standard("AA15", "三级").amount == Decimal("160.00")


def test_points_are_weight_times_scale_and_need_a_value() -> None:
    tariff = _small(
        method="points",
        scale=Decimal(100),
        groups=_groups(
            GroupWeight("AA11", "甲", Decimal("0.9324")),
            GroupWeight("AA15", "乙", None, points=Decimal("3105.21")),
        ),
    )
    unknown = tariff.standard("AA11")
    assert (unknown.status, unknown.points, unknown.amount) == ("no_rate", Decimal("93.24"), None)
    assert tariff.standard("AA11", rate=Decimal("58.3818")).amount == Decimal("5443.52")
    assert tariff.standard("AA15", rate=Decimal("2.82")).amount == Decimal("8756.69")
    assert tariff.standard("AA15").weight is None


def test_ungrouped_case_has_the_row_of_its_category_where_there_is_one() -> None:
    tariff = _small(
        groups=_groups(
            GroupWeight("0000", "未入组", Decimal("0.1")),
            GroupWeight("000P", "MDCP 未入组", Decimal("0.6")),
        ),
        ungrouped="0000",
    )
    assert tariff.ungrouped_row("MDCP") == "000P"
    assert tariff.ungrouped_row("MDCE") == tariff.ungrouped_row() == "0000"
    assert tariff.standard("000P").status == "ungrouped"
    assert _small().standard(_small().ungrouped_row()).status == "not_in_tariff"


def test_weights_are_compared_where_no_rate_is_known() -> None:
    tariff = _small(
        variants={"全部": Variant("全部")},
        default_variant="全部",
        groups=_groups(
            GroupWeight("AA11", "甲", Decimal("1.2")), GroupWeight("AA15", "乙", Decimal("0.8"))
        ),
    )
    deviation = deviate(tariff.standard("AA15"), tariff.standard("AA11"))
    assert (deviation.weight, deviation.amount) == (Decimal("0.4"), None)
    assert deviation.reason is not None
    assert "未公布费率" in deviation.reason
