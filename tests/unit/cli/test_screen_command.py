"""``zhibian screen``: the workbook, refusals, side files, filters, benchmarks, the closed loop."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.synthesis.draw import draw_block
from zhibian.synthesis.model import Request, build_model

PAGES = 1_200
MANY = 20_000


@pytest.fixture(scope="module")
def block() -> pl.DataFrame:
    rules = Path(__file__).resolve().parents[3] / "rules"
    request = Request(MANY, 9, "chs-drg-1.1", date(2026, 1, 1), date(2026, 3, 31), hospitals=1)
    return draw_block(build_model(rules, request), 0)


@pytest.fixture(scope="module")
def table(block: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "pages.csv"
    block.head(PAGES).write_csv(path)
    return path


def screen(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["screen", *map(str, arguments)])


def rows_of(path: Path, sheet: str) -> list[dict[str, object]]:
    table = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()
    header = next(n for n, row in enumerate(table) if len([c for c in row if c]) > 1)
    return [dict(zip(map(str, table[header]), row, strict=True)) for row in table[header + 1 :]]


@pytest.fixture(scope="module")
def workbook(table: Path) -> Path:
    path = table.parent / "first.xlsx"
    result = screen(table, "-o", path, "--write-benchmarks", table.parent / "benchmarks.csv")
    assert result.exit_code == 0, result.output
    return path


def test_the_workbook_has_its_sheets_and_says_how_it_was_made(workbook: Path) -> None:
    assert CalamineWorkbook.from_path(workbook).sheet_names == [
        "工作清单",
        "汇总",
        "科室汇总",
        "科室监测",
        "月度监测",
        "医师监测",
        "未入组",
        "规则汇总",
        "静默",
        "运行说明",
    ]
    items = rows_of(workbook, "工作清单")
    strengths = [float(str(item["证据强度"])) for item in items]
    assert strengths == sorted(strengths, reverse=True)
    assert {str(item["状态"]) for item in items} == {"待指派"}
    told = {str(row["项目"]): str(row["内容"]) for row in rows_of(workbook, "运行说明")}
    assert "以医保结算为准" in told["说明"]
    assert told["分组方案"] == "chs-drg-1.1"
    assert told["首页份数"] == f"{PAGES:,}，其中列出范围内 {PAGES:,}"
    assert "未判断 signal/blood-fee-without-procedure" in told
    assert not (workbook.parent / "first.xlsx.parts").exists()


def test_effects_are_told_in_both_directions_and_no_text_praises_them(
    block: pl.DataFrame, tmp_path: Path
) -> None:
    table, workbook = tmp_path / "pages.parquet", tmp_path / "o.xlsx"
    block.head(MANY).write_parquet(table)
    assert screen(table, "-o", workbook, "--no-quality").exit_code == 0
    items = rows_of(workbook, "工作清单")
    differences = [float(str(item["权重差"])) for item in items if item["权重差"] != ""]
    assert min(differences) < 0 < max(differences)
    said = " ".join(f"{item['依据']}{item['处理']}{item['询问草稿']}" for item in items)
    assert not any(word in said for word in ("增收", "收益", "盈利", "高值", "多付", "获益"))


def test_days_and_departments_limit_what_is_listed(table: Path, tmp_path: Path) -> None:
    path = tmp_path / "o.xlsx"
    limits = ("--from", "2026-02-01", "--to", "2026-02-28", "--department", "呼吸内科")
    assert screen(table, "-o", path, *limits).exit_code == 0
    items = rows_of(path, "工作清单")
    assert {str(item["出院科室"]) for item in items} <= {"呼吸内科"}
    days = {item["出院日期"] for item in items}
    assert all(isinstance(day, date) and day.month == 2 for day in days)


def test_what_is_beyond_the_list_is_counted_and_can_be_written(table: Path, tmp_path: Path) -> None:
    path, every = tmp_path / "o.xlsx", tmp_path / "items.csv"
    assert screen(table, "-o", path, "--top", "5", "--items", every).exit_code == 0
    assert len(rows_of(path, "工作清单")) == 5
    total = rows_of(path, "汇总")[-1]
    found = len(pl.read_csv(every))
    assert (total["合计"], total["列入清单"], total["未列入"]) == (found, 5, found - 5)


def test_benchmarks_take_the_place_of_the_batch(
    workbook: Path, table: Path, tmp_path: Path
) -> None:
    path = tmp_path / "o.xlsx"
    benchmarks = workbook.parent / "benchmarks.csv"
    few = tmp_path / "few.csv"
    few.write_text("\n".join(table.read_text("utf-8").split("\n")[:60]), encoding="utf-8")
    assert screen(few, "-o", path, "--benchmarks", benchmarks).exit_code == 0
    told = {str(row["项目"]): str(row["内容"]) for row in rows_of(path, "运行说明")}
    assert told["同组统计"].startswith("取自载入的标杆")


def test_progress_is_carried_from_list_to_list(workbook: Path, table: Path, tmp_path: Path) -> None:
    before = rows_of(workbook, "工作清单")
    filled = tmp_path / "filled.xlsx"
    book = xlsxwriter.Workbook(str(filled), {"strings_to_numbers": False})
    sheet = book.add_worksheet("工作清单")
    for at, name in enumerate(before[0]):
        sheet.write_string(0, at, name)
        sheet.write_string(1, at, str(before[3][name]))
    names = list(before[0])
    sheet.write_string(1, names.index("状态"), "无需整改")
    sheet.write_string(1, names.index("责任人"), "李")
    book.close()
    path = tmp_path / "o.xlsx"
    assert screen(table, "-o", path, "--previous", filled).exit_code == 0
    now = rows_of(path, "工作清单")
    assert [(item["状态"], item["责任人"]) for item in now[2:5]] == [
        ("待指派", ""),
        ("无需整改", "李"),
        ("待指派", ""),
    ]


def test_cells_that_cant_be_used_go_to_a_side_file(table: Path, tmp_path: Path) -> None:
    lines = table.read_text("utf-8").split("\n")
    header = lines[0].split(",")
    cells = lines[1].split(",")
    cells[header.index("days")] = "三天"
    broken = tmp_path / "broken.csv"
    broken.write_text("\n".join([lines[0], ",".join(cells), *lines[2:400]]), encoding="utf-8")
    path = tmp_path / "o.xlsx"
    result = screen(broken, "-o", path)
    assert result.exit_code == 0
    side = pl.read_csv(tmp_path / "o.bad.csv")
    assert side.select("row", "column", "value").rows() == [(2, "days", "三天")]
    assert "三天" not in result.output


def test_paths_that_cant_be_used_are_told_at_once(table: Path, tmp_path: Path) -> None:
    result = screen(tmp_path / "none.csv", "-o", tmp_path / "x" / "o.csv", "--items", "a.txt")
    assert result.exit_code == 2
    for told in (
        "没有这个文件或文件夹",
        "只能写 .xlsx",
        "输出目录不存在",
        "只能写 .csv 或 .parquet",
    ):
        assert told in result.stderr


def test_a_tariff_of_another_scheme_is_refused(table: Path, tmp_path: Path) -> None:
    more = ("--scheme", "chs-drg-2.0", "--tariff", "linyi-2022")
    result = screen(table, "-o", tmp_path / "o.xlsx", *more)
    assert result.exit_code == 2
    assert "属于方案 chs-drg-1.1" in result.stderr


@pytest.mark.parametrize("content", ["", "id,sex,age\n", "甲,乙\n1,2\n"])
def test_a_table_without_pages_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    assert screen(path, "-o", tmp_path / "o.xlsx").exit_code == 2
    assert not (tmp_path / "o.xlsx").exists()


def test_cases_with_documents_bring_text_evidence(examples: Path, tmp_path: Path) -> None:
    case = json.loads((examples / "heart-failure-pneumonia.json").read_text("utf-8"))
    lines = tmp_path / "cases.jsonl"
    without = {key: value for key, value in case.items() if key != "coded_front_page"}
    told = [case, {**without, "id": "other"}, {"id": "broken"}]
    lines.write_text("\n".join(json.dumps(c, ensure_ascii=False) for c in told), encoding="utf-8")
    path = tmp_path / "o.xlsx"
    result = screen(lines, "-o", path)
    assert result.exit_code == 0, result.output
    items = rows_of(path, "工作清单")
    assert {str(item["病例标识"]) for item in items} == {case["id"]}
    assert any(not str(item["规则"]).startswith("signal/") for item in items)
    assert any(item["询问草稿"] for item in items)
    side = pl.read_csv(tmp_path / "o.bad.csv")
    assert "page_missing" in side["code"].to_list()
    # A list of cases in one file is the same.
    listed = tmp_path / "cases.json"
    listed.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    again = tmp_path / "again.xlsx"
    assert screen(listed, "-o", again, "--no-text").exit_code == 0
    assert {str(i["病例标识"]) for i in rows_of(again, "工作清单")} <= {case["id"]}
    assert set(side["row"]) == {2, 3}
