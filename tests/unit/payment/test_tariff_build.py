"""Each feature of published tables, on tables of a few rows."""

from __future__ import annotations

import csv
import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.payment.published.build import Surroundings, TariffReport, build_tariff
from zhibian.payment.published.defects import load_defect_kinds
from zhibian.payment.tariff_files import read_tariff
from zhibian.problems import InputError, Problem

SOURCE = "payment/regional/small.csv"
SCHEME = {"AA19": "移植", "BB11": "开颅，伴严重并发症或合并症", "BB15": "开颅，不伴并发症或合并症"}
HEAD: dict[str, Any] = {
    "id": "small-2024",
    "title": "小 2024",
    "region": "小",
    "year": 2024,
    "authority": "小医保局",
    "document": "无",
    "scheme": "small",
    "method": "rate",
    "source": SOURCE,
    "columns": {"drg": "编码", "name": "名称", "weight": "RW"},
    "variants": {"全部": {}},
    "default_variant": "全部",
}


class Bench:
    """A folder with one published table and its recipe."""

    def __init__(self, rules: Path, folder: Path) -> None:
        self.facts = folder / "facts"
        self.folder = folder / "tariff"
        self.around = Surroundings(
            self.facts, {"small": SCHEME}, load_defect_kinds(rules / "tariffs")
        )
        (self.facts / "payment/regional").mkdir(parents=True)
        self.folder.mkdir()

    def build(self, table: str, **recipe: Any) -> TariffReport:
        content = table.encode()
        (self.facts / SOURCE).write_bytes(content)
        told = {**HEAD, "sha256": hashlib.sha256(content).hexdigest(), **recipe}
        (self.folder / "recipe.yaml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
        return build_tariff(self.around, self.folder)

    def refused(self, table: str, **recipe: Any) -> tuple[Problem, ...]:
        with pytest.raises(InputError) as caught:
            self.build(table, **recipe)
        assert not (self.folder / "weights.csv").exists()
        return caught.value.problems

    def defects(self) -> list[tuple[str, str]]:
        with (self.folder / "defects.csv").open(encoding="utf-8", newline="") as stream:
            return [(row["code"], row["drg"]) for row in csv.DictReader(stream)]

    def manifest(self) -> dict[str, Any]:
        told: dict[str, Any] = yaml.safe_load((self.folder / "tariff.yaml").read_text("utf-8"))
        return told


@pytest.fixture
def bench(rules: Path, tmp_path: Path) -> Bench:
    return Bench(rules, tmp_path)


FULL = """\
编码,名称,RW
AA19,移植,3
BB11,开颅，伴严重并发症或合并症,2
BB15,开颅，不伴并发症或合并症,1.5
"""


def test_weights_alone(bench: Bench) -> None:
    report = bench.build(FULL)
    assert report.defects == {}
    assert report.tariff.standard("BB11").status == "no_rate"
    assert report.tariff == read_tariff(bench.folder)
    assert bench.manifest()["scheme_fit"] == {
        "common": 3,
        "only_in_tariff": 0,
        "only_in_scheme": 0,
        "no_worse": {},
    }


def test_equal_sources_give_equal_bytes(bench: Bench) -> None:
    bench.build(FULL)
    first = {path.name: path.read_bytes() for path in bench.folder.iterdir()}
    bench.build(FULL)
    assert first == {path.name: path.read_bytes() for path in bench.folder.iterdir()}


def test_rate_of_a_column_and_coefficient_of_all_groups(bench: Bench) -> None:
    table = "编码,名称,RW,费率,系数\nBB11,甲,2,100,1.1\nBB15,乙,1.5,100,1.1\n"
    tariff = bench.build(table, variants={"全部": {"rate": "费率", "coefficient": "系数"}}).tariff
    assert not tariff.coefficients_by_group
    assert tariff.variants["全部"].coefficient == Decimal("1.1")
    assert tariff.standard("BB15").amount == Decimal("165.00")


def test_two_rates_in_a_column_are_refused(bench: Bench) -> None:
    table = "编码,名称,RW,费率\nBB11,甲,2,100\nBB15,乙,1.5,101\n"
    (problem,) = bench.refused(table, variants={"全部": {"rate": "费率"}})
    assert problem.code == "rate_not_constant"


def test_rate_worked_out_of_amounts_and_an_amount_that_differs(bench: Bench) -> None:
    table = "编码,名称,RW,标准\nAA19,移植,3,300\nBB11,甲,2,200\nBB15,乙,1.5,155\n"
    report = bench.build(table, variants={"全部": {"standard": "标准", "rate": "amounts"}})
    assert report.tariff.rates == {"全部": Decimal(100)}
    assert report.tariff.standard("BB15").amount == Decimal("155.00")
    assert ("amount_differs", "BB15") in bench.defects()
    assert bench.manifest()["variants"]["全部"]["rate_reproduces"] == "2/3"


def test_coefficients_of_groups_and_zero_for_no_standard(bench: Bench) -> None:
    table = "编码,名称,RW,系数,标准\nBB11,甲,2,1.1,220\nBB15,乙,1.5,,0\n"
    columns = {"coefficient": "系数", "standard": "标准", "rate": "amounts"}
    tariff = bench.build(table, variants={"全部": columns}).tariff
    assert tariff.standard("BB11").amount == Decimal("220.00")
    assert tariff.standard("BB15").status == "no_standard"
    assert {("amount_zero", "BB15"), ("no_standard", "BB15")} <= set(bench.defects())


def test_blank_coefficient_beside_an_amount(bench: Bench) -> None:
    table = "编码,名称,RW,系数,标准\nBB11,甲,2,1.1,220\nBB15,乙,1.5,,150\n"
    columns = {
        "coefficient": "系数",
        "standard": "标准",
        "rate": "amounts",
        "blank_coefficient": "1",
    }
    tariff = bench.build(table, variants={"全部": columns}).tariff
    assert tariff.standard("BB15", rate=Decimal(200)).amount == Decimal("300.00")


def test_flags_and_placeholders(bench: Bench) -> None:
    table = "编码,名称,RW,类型\nAA19,移植,1,不稳定\nBB11,甲,2,不稳定\nBB15,乙,1,普通\n"
    tariff = bench.build(
        table,
        flags={"类型": {"不稳定": "unstable", "普通": None}},
        placeholders={"weight": "1", "flags": ["unstable"], "reason": "占位"},
    ).tariff
    assert tariff.groups["AA19"].flags == {"unstable", "placeholder"}
    assert tariff.groups["BB11"].flags == {"unstable"}
    assert tariff.groups["BB15"].flags == frozenset()
    assert {("placeholder_weight", "AA19"), ("weight_one", "BB15")} <= set(bench.defects())


def test_word_that_the_recipe_does_not_know_is_refused(bench: Bench) -> None:
    table = "编码,名称,RW,类型\nBB11,甲,2,特殊\n"
    (problem,) = bench.refused(table, flags={"类型": {"普通": None}})
    assert (problem.code, problem.value) == ("word_unknown", "特殊")
    assert "第 2 行 BB11" in problem.field


def test_words_in_the_weight_column(bench: Bench) -> None:
    table = "编码,名称,RW\nAA19,移植,按项目\nBB11,甲,无\n"
    tariff = bench.build(table, words={"按项目": "by_item", "无": None}).tariff
    assert tariff.standard("AA19").status == "by_item"
    assert tariff.standard("BB11").status == "no_weight"
    assert {("weight_in_words", "AA19"), ("weight_in_words", "BB11")} <= set(bench.defects())


def test_weight_of_zero_is_no_weight(bench: Bench) -> None:
    assert bench.build("编码,名称,RW\nAA19,移植,0\n").tariff.groups["AA19"].weight is None
    assert ("weight_zero", "AA19") in bench.defects()


def test_all_broken_cells_are_told_at_once(bench: Bench) -> None:
    problems = bench.refused("编码,名称,RW\nAA19,移植,x\nBB11,甲,-2\nBB15,乙,NaN\nBB15,丙,1\n")
    assert [problem.code for problem in problems] == ["number_invalid"] * 3 + ["drg_repeated"]


def test_missing_column_is_named(bench: Bench) -> None:
    (problem,) = bench.refused("编码,名称\nAA19,移植\n")
    assert "RW" in problem.message


def test_another_source_than_the_recipe_was_written_for_is_refused(bench: Bench) -> None:
    (problem,) = bench.refused(FULL, sha256="0" * 64)
    assert problem.code == "source_changed"


def test_recipe_with_a_mistake_names_the_entry(bench: Bench) -> None:
    problems = bench.refused(FULL, method="fees", extra="1")
    assert {problem.field for problem in problems} == {"recipe.yaml method", "recipe.yaml extra"}


def test_spaces_and_short_rows_are_mended_and_told(bench: Bench) -> None:
    table = "编码,名称,RW,备注\nAA19,移植　 ,3 ,\nBB11,开颅，伴严重并发 症或合并症,2\n"
    columns = {**HEAD["columns"], "remark": "备注"}
    tariff = bench.build(table, columns=columns).tariff
    assert tariff.groups["AA19"].name == "移植"
    assert tariff.groups["BB11"].name == SCHEME["BB11"]
    found = bench.defects()
    assert found.count(("stray_space", "AA19")) == 2
    assert {("stray_space", "BB11"), ("row_short", "BB11")} <= set(found)


def test_ungrouped_row_gets_its_common_code(bench: Bench) -> None:
    table = "编码,名称,RW,标准\n0,未入组,0.2,20\nBB11,甲,2,200\n"
    tariff = bench.build(
        table, ungrouped="0", variants={"全部": {"standard": "标准", "rate": "amounts"}}
    ).tariff
    assert tariff.standard("0000").status == "ungrouped"
    assert ("code_renamed", "0000") in bench.defects()


def test_missing_ungrouped_row_is_refused(bench: Bench) -> None:
    (problem,) = bench.refused(FULL, ungrouped="0000")
    assert problem.code == "ungrouped_missing"


def test_misprinted_code_is_corrected_by_code_and_name(bench: Bench) -> None:
    table = "编码,名称,RW\nB11,甲,2\nBB15,乙,1.5\n"
    correction = {"code": "B11", "name": "甲", "becomes": "BB11", "reason": "下一行是 BB15"}
    tariff = bench.build(table, corrections=[correction]).tariff
    assert "BB11" in tariff.groups
    assert ("code_corrected", "BB11") in bench.defects()


def test_thresholds_mean_cost_and_volume(bench: Bench) -> None:
    table = "编码,名称,RW,低,高,均费,人次\nBB11,甲,2,35,200.5,7990.2,12\n"
    tariff = bench.build(
        table,
        columns={**HEAD["columns"], "mean_cost": "均费", "volume": "人次"},
        variants={"全部": {"low": "低", "high": "高"}},
    ).tariff
    group = tariff.groups["BB11"]
    assert (group.mean_cost, group.volume) == (Decimal("7990.2"), 12)
    assert (group.thresholds["全部"].low, group.thresholds["全部"].high) == (
        Decimal(35),
        Decimal("200.5"),
    )


def test_basic_groups_at_the_rate_of_another_variant(bench: Bench) -> None:
    table = "编码,名称,RW,基础,一级,三级\nBB11,甲,2,,160,200\nBB15,乙,1.5,是,120,120\n"
    report = bench.build(
        table,
        flags={"基础": {"是": "basic"}},
        shared_rates={"basic": "一级"},
        variants={
            "一级": {"standard": "一级", "rate": "amounts"},
            "三级": {"standard": "三级", "rate": "amounts"},
        },
        default_variant="三级",
    )
    assert report.tariff.rates == {"一级": Decimal(80), "三级": Decimal(100)}
    assert "amount_differs" not in report.defects


@pytest.mark.parametrize("beside", ["100", "101"])
def test_rate_of_a_compilation_needs_a_confirmed_neighbour(bench: Bench, beside: str) -> None:
    (bench.facts / "rates.json").write_text(
        json.dumps({"小": {"职工": float(beside), "居民": 90.5}}), "utf-8"
    )
    table = "编码,名称,RW,费率\nBB11,甲,2,100\n"
    recipe: dict[str, Any] = {
        "variants": {
            "职工": {"rate": "费率"},
            "居民": {"rate": {"told": "居民", "beside": {"职工": "职工"}}},
        },
        "default_variant": "职工",
        "other_rates": {"file": "rates.json", "path": ["小"], "note": "同"},
    }
    if beside == "100":
        tariff = bench.build(table, **recipe).tariff
        assert tariff.standard("BB11", "居民").amount == Decimal("181.00")
        assert bench.manifest()["other_rates"]["used"] is True
    else:
        (problem,) = bench.refused(table, **recipe)
        assert problem.code == "rate_not_confirmed"


def test_compilation_without_the_region_is_refused(bench: Bench) -> None:
    (bench.facts / "rates.json").write_text("{}", "utf-8")
    other = {"file": "rates.json", "path": ["小"], "note": "无"}
    (problem,) = bench.refused(FULL, other_rates=other)
    assert problem.code == "rate_missing"


def test_unknown_scheme_is_refused(bench: Bench) -> None:
    (problem,) = bench.refused(FULL, scheme="none-2024")
    assert problem.code == "scheme_unknown"


def test_schemes_that_fit_no_worse_are_told(rules: Path, tmp_path: Path) -> None:
    bench = Bench(rules, tmp_path)
    schemes = {"small": SCHEME, "same": SCHEME, "other": {"CC19": "别的"}}
    bench.around = Surroundings(bench.facts, schemes, bench.around.kinds)
    bench.build(FULL)
    assert bench.manifest()["scheme_fit"]["no_worse"] == {"same": 0}
