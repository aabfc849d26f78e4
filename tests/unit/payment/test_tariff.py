from __future__ import annotations

import csv
import dataclasses
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from zhibian.payment.build import build_tariff
from zhibian.payment.deviation import deviate
from zhibian.payment.group_weight import GroupWeight
from zhibian.payment.tariff import Tariff, round_yuan
from zhibian.payment.tariff_files import check_tariff, list_tariffs, load_tariff
from zhibian.problems import InputError

LINYI = "linyi-2022"


@pytest.fixture(scope="module")
def linyi(rules: Path) -> Tariff:
    return load_tariff(rules, LINYI)


def _copy(rules: Path, tmp_path: Path) -> Path:
    shutil.copytree(rules / "tariffs", tmp_path / "tariffs")
    return tmp_path / "tariffs" / LINYI


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


def test_rebuilding_gives_the_committed_files(rules: Path, shared: Path, tmp_path: Path) -> None:
    committed = rules / "tariffs" / LINYI
    shutil.copy(committed / "recipe.yaml", tmp_path)
    report = build_tariff(shared / "facts", tmp_path)
    assert report.groups == 629
    assert (report.not_in_scheme, report.missing_in_tariff, report.names_that_differ) == (
        (),
        (),
        (),
    )
    for file in ("tariff.yaml", "weights.csv"):
        assert (tmp_path / file).read_bytes() == (committed / file).read_bytes()


def test_published_amounts_equal_the_computed_ones(linyi: Tariff, shared: Path) -> None:
    source = shared / "facts/payment/regional/linyi_2022.csv"
    with source.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        for variant in linyi.rates:
            published = row[f"支付标准（{variant}）"]
            amount = linyi.standard(row["DRG编码"], variant).amount
            assert amount == (Decimal(published) if published else None)


def _facts(tmp_path: Path, amount: str) -> Path:
    facts = tmp_path / "facts"
    (facts / "payment/regional").mkdir(parents=True)
    (facts / "chs-drg-1.1").mkdir()
    header = ",".join(
        [
            "DRG编码,DRG名称,RW",
            *(f"支付标准（{v}）" for v in ("三级职工", "三级居民", "二级职工", "二级居民")),
        ]
    )
    (facts / "payment/regional/linyi_2022.csv").write_text(
        f"{header}\n0000,未入组,0.2,20,20,20,20\nAA19,心脏移植,2,{amount},200,200,200\n",
        "utf-8",
    )
    (facts / "chs-drg-1.1/drg.csv").write_text("drg,name\nAA19,心脏移植术\nAB19,肝移植\n", "utf-8")
    (facts / "payment/city_base_rates.json").write_text(
        '{"base_rate_费率_元每权重": {"临沂": {"职工": 1.5}}}', "utf-8"
    )
    return facts


def test_build_tells_how_tariff_and_scheme_differ(rules: Path, tmp_path: Path) -> None:
    shutil.copy(rules / "tariffs" / LINYI / "recipe.yaml", tmp_path)
    report = build_tariff(_facts(tmp_path, "200"), tmp_path)
    assert report.missing_in_tariff == ("AB19",)
    assert report.names_that_differ == ("AA19",)
    assert report.rates["三级职工"] == Decimal(100)
    assert "rate: '100'" in (tmp_path / "tariff.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("amount", "code"),
    [("201", "rate_not_constant"), ("", "number_invalid"), ("-2", "number_invalid")],
)
def test_build_stops_on_amounts_that_contradict_the_weight(
    rules: Path, tmp_path: Path, amount: str, code: str
) -> None:
    shutil.copy(rules / "tariffs" / LINYI / "recipe.yaml", tmp_path)
    with pytest.raises(InputError) as caught:
        build_tariff(_facts(tmp_path, amount), tmp_path)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert not (tmp_path / "weights.csv").exists()
