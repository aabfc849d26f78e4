"""``zhibian settle`` and ``zhibian deviation``: files in, workbooks out, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.grouping.batches import RowProblem
from zhibian.payment.settlement_sheets import problem_sheet
from zhibian.problems import Problem

HEADER = (
    "id,sex,age,age_days,weight,principal,others,procedures,cost,days,hospital_level,insurance,"
    "department,physician,deductible,copay"
)
ROWS = (
    "1,1,70,,,J18.903,J96.000,,9000,8,三级,职工,呼吸科,甲,500,200.50",
    "2,2,60,,,J18.903,,,1000,3,二级,2,呼吸科,乙,,",
    '3,2,60,,,J18.903,,,"48,000.50",65,三级,居民,呼吸科,乙,,',
    "4,2,60,,,J18.903,,,abc,5,三级,职工,呼吸科,乙,,",
    "5,2,60,,,J18.903,,,4000,5,一级,职工,呼吸科,乙,,",
    "6,2,60,,,XXX,,,500,5,,,外科,丙,,",
    "7,1,50,,,I42.000,,37.5100,350000,25,,,外科,丙,,",
    "8,1,50,,,J18.903,,,,25,,,外科,丙,,",
    "9,1,50",
)
Run = Callable[..., Result]


@pytest.fixture
def run(rules: Path) -> Run:
    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments), "--rules", str(rules)])

    return call


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text("\n".join((HEADER, *ROWS)) + "\n", "utf-8")
    return path


def _settled(path: Path) -> dict[str, dict[str, str]]:
    rows = pl.read_csv(path, infer_schema=False).fill_null("").iter_rows(named=True)
    return {row["id"]: row for row in rows}


def _sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_row_is_settled_or_told_why_not(run: Run, table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    result = run("settle", table, "-o", output)
    assert result.exit_code == 0, result.stderr
    rows = _settled(output)
    assert len(rows) == len(ROWS)
    one = rows["1"]
    assert (one["drg"], one["settle_kind"], one["amount"]) == ("ES31", "正常倍率", "6412.25")
    assert (one["balance"], one["multiple"]) == ("-2587.75", "1.4036")
    # 6412.25 - 500 - 200.50
    assert one["fund"] == "5711.75"
    # 二级居民 0.42 x 8501 = 3570.42; 1000 / 3570.42 = 0.2801 < 0.3.
    assert (rows["2"]["settle_kind"], rows["2"]["amount"]) == ("低倍率", "1000.00")
    assert rows["2"]["fund"] == ""
    assert (rows["3"]["settle_kind"], rows["3"]["amount"]) == ("住院超长", "48000.50")
    reasons = {id: rows[id]["settle_reason"] for id in "456789"}
    assert "缺总费用" in reasons["4"]
    assert "医院级别与险种" in reasons["5"]
    assert "DX_NOT_IN_DICT" in reasons["6"]
    assert reasons["7"] == "该组未公布权重"
    assert "缺总费用" in reasons["8"]
    assert "未能分组" in reasons["9"]
    assert all(rows[id]["amount"] == "" for id in "456789")
    assert "第 5 行，cost 列：不是金额" in result.stderr
    assert "以医保结算为准" in result.stdout


def test_input_columns_are_kept_and_clashes_renamed(run: Run, table: Path, tmp_path: Path) -> None:
    text = table.read_text("utf-8").replace("physician", "amount", 1)
    table.write_text(text, "utf-8")
    output = tmp_path / "out.csv"
    assert run("settle", table, "-o", output).exit_code == 0
    row = _settled(output)["1"]
    assert row["amount_input"] == "甲"
    assert row["amount"] == "6412.25"
    assert row["cost"] == "9000"


def test_workbook_has_totals_parameters_and_problems(run: Run, table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.xlsx"
    assert run("settle", table, "-o", output).exit_code == 0
    sheets = _sheets(output)
    assert list(sheets) == [
        "结算明细",
        "按类型",
        "病组盈亏",
        "大类盈亏",
        "科室盈亏",
        "医师盈亏",
        "参数与来源",
        "输入问题",
    ]
    assert len(sheets["结算明细"]) == 2 + len(ROWS)
    whole = {row[0]: row for row in sheets["科室盈亏"]}
    header = sheets["科室盈亏"][1]
    at = header.index("盈亏（元）")
    # No case of 外科 could be settled.
    assert whole["外科"][at] == ""
    assert whole["呼吸科"][at] == whole["全部"][at]
    sources = [row for row in sheets["参数与来源"] if row[0] == "long_stay"]
    assert "days_above=60" in str(sources[0][1])
    assert "S3-02" in str(sources[0][2])
    assert len(sheets["输入问题"]) > 1


def test_the_sheet_of_problems_shows_the_wrong_code() -> None:
    problem = Problem("others", "code_unknown", "编码不在目录中", "核对编码版本", "R99.999")
    sheet = problem_sheet([RowProblem(102, problem)])
    assert [column.name for column in sheet.columns] == ["行", "列", "问题", "值", "处理"]
    assert list(sheet.rows) == [(102, "others", "编码不在目录中", "R99.999", "核对编码版本")]


def test_parquet_and_csv_say_the_same(run: Run, table: Path, tmp_path: Path) -> None:
    for name in ("out.csv", "out.parquet"):
        assert run("settle", table, "-o", tmp_path / name).exit_code == 0
    written = pl.read_parquet(tmp_path / "out.parquet")
    read = pl.read_csv(tmp_path / "out.csv", infer_schema=False).fill_null("")
    assert written.rows() == read.rows()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tariff", "nowhere-2020"), "没有支付标准"),
        (("--variant", "四级职工"), "三级职工"),
        (("--settlement", "nowhere"), "dazhou"),
        (("--coefficient", "0"), "大于 0"),
        (("--rate", "abc"), "--rate"),
        (("--city-mean", "-1"), "--city-mean"),
        (("--scheme", "chs-drg-2.0"), "不适用于"),
    ],
)
def test_what_is_unknown_is_refused_with_a_remedy(
    run: Run, table: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = run("settle", table, "-o", tmp_path / "out.csv", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "处理：" in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_every_wrong_option_is_told_at_once(run: Run, table: Path, tmp_path: Path) -> None:
    wrong = ("--settlement", "nowhere", "--rate", "abc", "--coefficient", "0", "--city-mean", "0")
    result = run("settle", table, "-o", tmp_path / "out.csv", *wrong)
    assert result.exit_code == 2
    for said in ("没有结算规则 nowhere", "--rate", "--coefficient", "--city-mean"):
        assert said in result.stderr


def test_names_of_insurance_and_grades_of_level_choose_the_variant(
    run: Run, tmp_path: Path
) -> None:
    told = (
        ("三级甲等", "城镇职工基本医疗保险", "4143.30"),
        ("三级", "310", "4143.30"),
        ("二级乙等", "城乡居民", "3570.42"),
        ("二级", "2.1", "3570.42"),
        ("三级", "全自费", ""),
    )
    header = "id,sex,age,age_days,weight,principal,others,procedures,cost,hospital_level,insurance"
    rows = [
        f"{place},2,60,,,J18.903,,,4000,{level},{insurance}"
        for place, (level, insurance, _) in enumerate(told)
    ]
    table, output = tmp_path / "cases.csv", tmp_path / "out.csv"
    table.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    result = run("settle", table, "-o", output)
    assert [row["amount"] for row in _settled(output).values()] == [amount for *_, amount in told]
    # The remedy names what the tariff has.
    assert "第 6 行" in result.stderr
    assert "三级职工、三级居民、二级职工、二级居民" in result.stderr


def test_a_missing_cost_column_and_repeated_cases_are_told(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    row = "1,2,60,,,J18.903,,\n"
    table.write_text(f"id,sex,age,age_days,weight,principal,others,procedures\n{row}{row}", "utf-8")
    result = run("settle", table, "-o", tmp_path / "out.csv")
    assert result.exit_code == 0
    assert "第 1 行，cost 列：没有总费用一列" in result.stderr
    for number in (2, 3):
        assert f"第 {number} 行，id 列：病例标识重复" in result.stderr


def test_reviews_beyond_the_quota_and_unruled_bed_days_are_told(run: Run, tmp_path: Path) -> None:
    header = "id,sex,age,age_days,weight,principal,others,procedures,cost,review,bed_day"
    rows = [f"{n},2,60,,,J18.903,,,{20000 + n},{int(n < 2)},{'精神' * (n == 5)}" for n in range(20)]
    table = tmp_path / "cases.csv"
    table.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    result = run("settle", table, "-o", tmp_path / "out.csv")
    kinds = [row["settle_kind"] for row in _settled(tmp_path / "out.csv").values()]
    # 5 % of 20 discharges is one case: the one of the greater excess.
    assert [place for place, kind in enumerate(kinds) if kind == "特例单议"] == [1]
    assert "第 2 行，review 列：特例单议超出本期数量上限" in result.stderr
    assert "第 3 行，review" not in result.stderr
    assert "第 7 行，bed_day 列：结算规则没有床日付费" in result.stderr


def test_a_workbook_of_cases_is_refused_with_the_remedy(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "cases.xlsx"
    book.write_bytes(b"PK\x03\x04")
    result = run("settle", book, "-o", tmp_path / "out.csv")
    assert result.exit_code == 2
    assert "是 Excel 工作簿" in result.stderr
    assert "CSV UTF-8" in result.stderr


def test_the_input_is_never_written_over(run: Run, table: Path) -> None:
    before = table.read_bytes()
    assert run("settle", table, "-o", table).exit_code == 2
    assert table.read_bytes() == before


def test_an_empty_table_is_told(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(HEADER + "\n", "utf-8")
    result = run("settle", empty, "-o", tmp_path / "out.csv")
    assert result.exit_code == 2
    assert "没有数据行" in result.stderr


def test_coefficient_of_the_institution(run: Run, table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    assert run("settle", table, "-o", output, "--coefficient", "1.1").exit_code == 0
    # 0.65 x 9865 x 1.1 = 7053.475
    assert _settled(output)["1"]["amount"] == "7053.48"


def test_deviation_has_both_directions_and_the_class_of_both_sides(
    run: Run, table: Path, tmp_path: Path
) -> None:
    proposed = tmp_path / "proposed.csv"
    proposed.write_text(
        "id,principal,others,procedures,confidence\n"
        "1,J18.903,,,0.9\n2,J18.903,J96.000,,0.8\n3,J18.903,I10.x04,,\n99,J18.903,,,\n"
        "7,J18.903,,,\n7,J18.903,,,\n",
        "utf-8",
    )
    output = tmp_path / "out.xlsx"
    result = run("deviation", table, proposed, "-o", output)
    assert result.exit_code == 0, result.stderr
    assert "填报 9 例，建议 4 例，比较 3 例" in result.stdout
    assert "疑似高编（建议权重较低）" in result.stdout
    assert "疑似漏编（建议权重较高）" in result.stdout
    assert "可增收" not in result.stdout
    assert "建议中 1 例不在填报表中" in result.stdout
    assert "第 5 行，id 列：建议表的病例不在填报表中" in result.stderr
    assert "第 6 行，id 列：建议表病例标识为空或重复" in result.stderr
    sheets = _sheets(output)
    header, *rows = sheets["病例差异"][1:]
    cases = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert list(cases) == ["1", "2", "3"]
    assert (cases["1"]["方向"], cases["1"]["差额（元）"]) == ("疑似高编", -2268.95)
    assert cases["1"]["期望差额（元）"] == pytest.approx(-2042.06)
    # The MCC makes no difference to a low outlier: it is paid by actual cost on both sides.
    assert (cases["2"]["填报类型"], cases["2"]["建议类型"]) == ("低倍率", "低倍率")
    assert cases["2"]["差额（元）"] == 0
    assert "完整性" in str(cases["3"]["说明"])
    assert {"按科室", "按医师", "按填报病组", "按填报 MDC", "参数与来源"} <= set(sheets)


def test_deviation_without_common_cases_is_refused(run: Run, table: Path, tmp_path: Path) -> None:
    proposed = tmp_path / "proposed.csv"
    proposed.write_text("id,principal,others,procedures\nA,J18.903,,\n", "utf-8")
    result = run("deviation", table, proposed, "-o", tmp_path / "out.xlsx")
    assert result.exit_code == 2
    assert "没有相同的病例标识" in result.stderr


def test_deviation_reads_a_folder_of_reviews(
    run: Run, table: Path, examples: Path, tmp_path: Path
) -> None:
    reviews = tmp_path / "reviews"
    source = sorted(examples.glob("*.json"))[0]
    assert run("code", source, "--output", reviews, "--models", "off").exit_code == 0
    (report,) = reviews.glob("[!_]*.json")
    told = json.loads(report.read_text("utf-8"))
    text = table.read_text("utf-8").replace("\n1,", f"\n{told['id']},", 1)
    table.write_text(text, "utf-8")
    result = run("deviation", table, reviews, "-o", tmp_path / "out.xlsx")
    assert result.exit_code == 0, result.stderr
    assert "比较 1 例" in result.stdout


def test_a_folder_without_reviews_is_refused(run: Run, table: Path, tmp_path: Path) -> None:
    (tmp_path / "reviews").mkdir()
    result = run("deviation", table, tmp_path / "reviews", "-o", tmp_path / "out.xlsx")
    assert result.exit_code == 2
    assert "没有审核结果" in result.stderr
    (tmp_path / "reviews" / "x.json").write_text("{}", "utf-8")
    result = run("deviation", table, tmp_path / "reviews", "-o", tmp_path / "out.xlsx")
    assert "不是审核结果" in result.stderr


def test_a_tariff_of_points_alone_is_paid_at_the_value_given(
    run: Run, table: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    pair = ("--scheme", "guangxi-2022", "--tariff", "guangxi-2022")
    assert run("settle", table, "-o", output, *pair).exit_code == 0
    assert "未公布费率或点值" in _settled(output)["1"]["settle_reason"]
    terms = ("--rate", "58.3818", "--settlement", "dazhou", "--city-mean", "6000")
    assert run("settle", table, "-o", output, *pair, *terms).exit_code == 0
    row = _settled(output)["1"]
    points = float(row["rw"]) * 100
    assert float(row["points"]) == pytest.approx(points, abs=0.001)
    assert float(row["standard"]) == pytest.approx(points * 58.3818, abs=0.01)


def test_front_pages_are_settled_as_they_were_filed(run: Run, tmp_path: Path) -> None:
    pages = tmp_path / "hqms.csv"
    pages.write_text(
        "A01,A48,A49,A12C,A14,A46C,B12,B15,B20,B16C,B24,B29,C03C,C06x01C,C06x02C,D01\n"
        "H1,1001,1,1,70,1,2025-01-01 08,2025-01-09 10,8,03,甲,丁,J18.903,J96.000,I10.x04,9000.00\n"
        "H1,1002,1,2,60,2,2025-01-01 08,2025-01-04 10,3,03,乙,丁,J18.903,,,abc\n"
        "H1,1003,1,2,60,1,2025-01-01 08,2025-03-12 10,70,03,乙,丁,J18.903,,,48000.50\n",
        "utf-8",
    )
    output = tmp_path / "out.csv"
    result = run("settle", pages, "-o", output, "--input-format", "pages")
    assert result.exit_code == 0, result.stderr
    rows = list(_settled(output).values())
    assert [row["settle_kind"] for row in rows] == ["正常倍率", "未判定", "住院超长"]
    assert [row["amount"] for row in rows] == ["6412.25", "", "48000.50"]
    assert rows[0]["physician"] == "甲"
    # 居民 is chosen by the way of payment of the page.
    assert rows[1]["standard"] == "3944.22"
    assert "D01" in result.stderr
    ids = list(_settled(output))
    proposed = tmp_path / "proposed.csv"
    proposed.write_text(f"id,principal,others,procedures\n{ids[0]},J18.903,I10.x04,\n", "utf-8")
    told = run("deviation", pages, proposed, "-o", tmp_path / "o.xlsx", "--input-format", "pages")
    assert told.exit_code == 0, told.stderr
    assert "-2,268.95" in told.stdout
    assert "按编码员" in _sheets(tmp_path / "o.xlsx")


def test_a_file_that_is_no_front_page_is_refused(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n", "utf-8")
    result = run("settle", wrong, "-o", tmp_path / "o.csv", "--input-format", "pages")
    assert result.exit_code == 2
    assert "处理：" in result.stderr
    result = run("settle", tmp_path / "absent.csv", "-o", tmp_path / "o.csv")
    assert result.exit_code == 2
