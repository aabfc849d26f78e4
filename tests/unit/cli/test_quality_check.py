"""``zhibian quality check`` from a hospital's export to its workbook; all patients are invented."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.records.front_page.catalogue import hqms_order, load_catalogue

RUN = CliRunner()
BASE = Path(__file__).resolve().parents[2] / "cases" / "quality" / "base.yaml"
TODAY = "2025-06-30"
NAME = "赵试"

Table = list[list[Any]]


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    page: dict[str, Any] = yaml.safe_load(BASE.read_text(encoding="utf-8"))
    return {**page, "C09C": "M80000/0"}


def export(
    folder: Path, rules: Path, pages: Sequence[dict[str, Any]], encoding: str = "gb18030"
) -> Path:
    """Write pages as the national interface has them: 642 columns."""
    order = hqms_order(load_catalogue(rules).fields)
    path = folder / "首页.csv"
    with path.open("w", encoding=encoding, newline="") as target:
        writer = csv.writer(target)
        writer.writerow([field.hqms_columns[place] for field, place in order])
        for page in pages:
            writer.writerow([_cell(page.get(f.id), f.is_list, place) for f, place in order])
    return path


def _cell(value: Any, is_list: bool, place: int) -> str:
    if is_list:
        value = value[place] if value and place < len(value) else None
    return "" if value is None else str(value)


def checked(*arguments: str) -> Result:
    return RUN.invoke(app, ["quality", "check", *arguments, "--today", TODAY])


def sheet(path: Path, title: str) -> Table:
    """Return the rows of a sheet below its header; a note stands above the header."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(title).to_python()
    return rows[2:]


def test_from_export_to_workbook(tmp_path: Path, rules: Path, base: dict[str, Any]) -> None:
    pages = [
        base,
        {**base, "A48": "00000002", "B20": "8", "B34C": "2"},
        {**base, "A48": "00000003", "D01": "4.00", "B12": "2025-13-40"},
        {**base, "A48": "00000004", "C03C": "I10.x00", "C04N": "特发性（原发性）高血压"},
    ]
    source = export(tmp_path, rules, pages)
    target, bad, listed = (tmp_path / n for n in ("结果.xlsx", "bad.csv", "全部.csv"))
    result = checked(
        str(source), "-o", str(target), "--scheme", "chs-drg-1.1", "--tariff", "linyi-2022",
        "--bad", str(bad), "--findings", str(listed),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    for words in (
        "HQMS 字段编号，GB18030，4 份首页",
        "不能采用的单元格或行 1 个",
        "规则 117 条",
        "完整率",
        "首页评分 平均",
        "排除病例 1 例",
        "除排除病例外 3 例，入组 2 例，入组率 66.67%",
        "PDX_NOT_GROUPABLE",
    ):
        assert words in result.output
    assert NAME not in result.output
    found = {(row[1], row[3]) for row in sheet(target, "问题清单")}
    assert {
        ("00000002-1", "D05"),
        ("00000002-1", "C10"),
        ("00000003-1", "M03/low"),
        ("00000004-1", "F07"),
    } <= found
    assert not {check for case, check in found if case == "00123456-1"}
    assert [row[1] for row in sheet(target, "排除病例")] == ["00000003-1"]
    assert [(row[1], row[7]) for row in sheet(target, "未入组明细")] == [
        ("00000004-1", "PDX_NOT_GROUPABLE")
    ]
    assert "2025-13-40" in bad.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(listed.open(encoding="utf-8-sig")))
    assert {(row["id"], row["check"]) for row in rows} == found


def test_what_each_sheet_counts(tmp_path: Path, rules: Path, base: dict[str, Any]) -> None:
    wrong = {**base, "A48": "00000002", "B20": "8", "B34C": "2", "A22": None}
    wrong |= {"B13C": "03", "B16C": "03"}
    source = export(tmp_path, rules, [base, wrong])
    target = tmp_path / "结果.xlsx"
    assert checked(str(source), "-o", str(target)).exit_code == 0
    titles = CalamineWorkbook.from_path(str(target)).sheet_names
    assert titles == [
        "问题清单", "按规则汇总", "按检测汇总", "按科室汇总", "完整度", "科室完整度", "列填报率",
        "评分汇总", "评分", "排除病例", "未判定规则",
    ]  # fmt: skip
    by_rule = {row[0]: row[5:7] for row in sheet(target, "按规则汇总")}
    assert len(by_rule) == 117
    assert by_rule["D05"] == [1.0, 1.0]
    assert by_rule["C07"] == [0.0, 0.0]
    departments = {row[0]: row[1:3] for row in sheet(target, "按科室汇总")}
    assert departments == {"外科": [1.0, 0.0], "内科": [1.0, 1.0]}
    items = {row[0]: row[4:7] for row in sheet(target, "完整度")}
    assert items["A22"] == [2.0, 1.0, 0.5]
    assert items["B35"] == [1.0, 1.0, 1.0]
    assert items["A17"] == [0.0, 0.0, ""]
    columns = {row[0]: row[3:5] for row in sheet(target, "列填报率")}
    assert len(columns) == 642
    assert columns["C06x02C"] == [2.0, 1.0]
    assert columns["C06x03C"] == [0.0, 0.0]
    scores = {row[1]: (row[3], row[8]) for row in sheet(target, "评分")}
    assert scores["00123456-1"] == (100.0, "")
    assert scores["00000002-1"] == (
        97.0,
        "出生地 −0.5（未填）；实际住院天数 −2（D05）；拟接收医疗机构名称 −0.5（未填）",
    )
    lacking = {row[0]: row[3] for row in sheet(target, "未判定规则")}
    assert "hi_no 医保编号" in lacking["C16"]
    assert lacking["M10"] == "支付标准 ratio、支付标准 weight"
    assert "首页没有身高、体重" in lacking["X10"]


def test_controls_and_gate(tmp_path: Path, rules: Path, base: dict[str, Any]) -> None:
    source = export(tmp_path, rules, [{**base, "B20": "8", "B34C": "2"}], "utf-8-sig")
    controls = tmp_path / "管控.yaml"
    entry = {
        "rule": "D05",
        "reason": "旧系统按出减入加一计",
        "by": "质控科",
        "until": date(2025, 12, 31),
    }
    controls.write_text(yaml.safe_dump({"suppress": [entry]}, allow_unicode=True), encoding="utf-8")
    target = tmp_path / "结果.xlsx"
    result = checked(
        str(source), "-o", str(target), "--controls", str(controls), "--gate", "archive"
    )
    assert result.exit_code == 0, result.output
    assert {row[3] for row in sheet(target, "问题清单")} == {"C10"}
    assert [(row[3], row[9]) for row in sheet(target, "已抑制")] == [
        ("D05", "旧系统按出减入加一计")
    ]
    assert checked(str(source), "-o", str(target), "--gate", "entry").exit_code == 0
    assert {row[3] for row in sheet(target, "问题清单")} == {"D05"}


def test_codes_that_the_principal_diagnosis_excludes(
    tmp_path: Path, rules: Path, base: dict[str, Any]
) -> None:
    heart = {"C03C": "I50.900", "C04N": "心力衰竭", "C06C": ["I48.000"], "C07N": ["阵发性心房颤动"]}
    page = {**base, **heart, "C08C": ["1"]}
    source, target = export(tmp_path, rules, [page]), tmp_path / "结果.xlsx"
    assert checked(str(source), "-o", str(target), "--scheme", "chs-drg-1.1").exit_code == 0
    assert "K41" in {row[3] for row in sheet(target, "问题清单")}


def test_pages_filed_in_the_clinical_edition(
    tmp_path: Path, rules: Path, base: dict[str, Any]
) -> None:
    others = {
        "C06C": ["A01.003", "E11.900", "S06.000", "Z99.999"],
        "C07N": ["伤寒杆菌性败血症", "2型糖尿病（血糖高）", "脑震荡", "无此病"],
        "C08C": ["1", "1", "1", "1"],
    }
    source = export(tmp_path, rules, [base, {**base, "A48": "00000002", **others}])
    target = tmp_path / "结果.xlsx"
    result = checked(str(source), "-o", str(target), "--code-set", "clinical-2.0")
    assert result.exit_code == 0, result.output
    assert "转为医保版" in result.output
    told = {row[0]: (row[2], row[3], row[4]) for row in sheet(target, "编码转换")}
    assert told["A01.003"] == ("A01.003", "同码不同义，已按名称或映射转换，须核对", 1.0)
    assert told["Z99.999"] == ("", "没有公开映射，未转换", 1.0)
    assert "E11.900" not in told
    found = {(row[3], row[8]) for row in sheet(target, "问题清单")}
    assert ("F05/known", 4.0) in found
    assert not {check for check, _ in found} & {"F05/name", "F08/diagnosis"}
    unknown = checked(str(source), "-o", str(target), "--code-set", "icd-11")
    assert unknown.exit_code == 2
    assert "没有编码版本 icd-11" in unknown.output


def test_findings_as_parquet(tmp_path: Path, rules: Path, base: dict[str, Any]) -> None:
    source = export(tmp_path, rules, [{**base, "B20": "8"}])
    listed = tmp_path / "全部.parquet"
    result = checked(str(source), "-o", str(tmp_path / "结果.xlsx"), "--findings", str(listed))
    assert result.exit_code == 0, result.output
    assert pl.read_parquet(listed)["check"].to_list() == ["D05"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "结果.csv"], "只能写 .xlsx"),
        (["-o", "结果.xlsx", "--tariff", "linyi-2022"], "同时给 --scheme"),
        (["-o", "结果.xlsx", "--findings", "全部.txt"], "只能写 .csv 或 .parquet"),
        (["-o", "结果.xlsx", "--scheme", "chs-drg-9.9"], "chs-drg-9.9"),
    ],
)
def test_refusals(
    tmp_path: Path, rules: Path, base: dict[str, Any], arguments: list[str], words: str
) -> None:
    source = export(tmp_path, rules, [base])
    placed = [str(tmp_path / a) if a.startswith(("结果", "全部")) else a for a in arguments]
    result = RUN.invoke(app, ["quality", "check", str(source), *placed])
    assert result.exit_code == 2
    assert words in result.output


def test_a_file_without_rows_or_known_columns(tmp_path: Path, rules: Path) -> None:
    source = export(tmp_path, rules, [])
    result = checked(str(source), "-o", str(tmp_path / "结果.xlsx"))
    assert result.exit_code == 2
    assert "没有数据行" in result.output
    other = tmp_path / "other.csv"
    other.write_text("甲,乙\n1,2\n", encoding="utf-8")
    result = checked(str(other), "-o", str(tmp_path / "结果.xlsx"))
    assert result.exit_code == 2
    assert "表头不合任何已知布局" in result.output
