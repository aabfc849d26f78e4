"""The import of the official 3.0 workbook, on a small invented workbook in exactly its layout."""

from __future__ import annotations

import copy
import csv
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
import typer
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from zhibian.cli.group import group as group_command
from zhibian.cli.import_workbook import import_workbook as import_command
from zhibian.cli.rules import app as rules_app
from zhibian.grouping import Grouping, GroupingInput, RulePack, Status, group, list_schemes
from zhibian.grouping.check import check_pack
from zhibian.grouping.pack import load_pack, read_manifest, read_tables
from zhibian.grouping.workbook import CLEANUPS, read_workbook
from zhibian.grouping.workbook_pack import editions, import_workbook
from zhibian.grouping.workbook_report import ImportReport
from zhibian.problems import InputError

ROOT = Path(__file__).resolve().parents[3]
Sheets = dict[str, list[list[Any]]]
TITLE = "按病组（DRG）付费3.0版分组方案配置信息"
ROBOT = ["17.4100", "17.4200", "17.4300", "17.4400", "17.4500"]


def sheets() -> Sheets:
    """Return the cells of a small workbook with every construct and every known defect."""
    sets: dict[str, list[str]] = {
        "DI_PV1": ["P36.900", "P07.300"],
        "DI_Z01": ["S06.501"],
        "DI_Z02": ["S27.301"],
        "DI_E00": ["J18.901", "J44.900", "J15.900"],
        "DI_ER1": ["J18.901"],
        "DI_ES1": ["J44.900"],
        "DI_I00": ["M16.900", "M17.900", "T92.506"],
        "DI_IR1": ["M16.900"],
        "DI_IR2": ["M17.900", "T92.506"],
        "DI_O00": ["O80.000", "O14.900", "O60.000"],
        "DI_OT1": ["O14.900"],
        "DI_OZ1": ["O60.000"],
        "DI_Y00": ["B24.x01"],
        "OP_AA1": ["37.5100"],
        "OP_PB1": ["46.0100"],
        "OP_ZB1": ["01.2400"],
        "OP_EB1": ["32.4100"],
        "OP_IC2": ["81.5100", "81.5400", "81.8100"],
        "OP_OB1": ["74.1x01"],
        "OP_YC1": ["54.2100"],
        "OP_ARB": ROBOT,
        "OP_ALL": [
            *["37.5100", "46.0100", "01.2400", "32.4100", "81.5100", "81.5400", "81.8100"],
            *["74.1x01", "54.2100", "47.0100"],
        ],
        "DI_SPARE": ["I10.x00"],
    }
    both = "QTZD in {MCC，CC}"
    adrg: list[list[Any]] = [
        ["", "AA1", "心脏移植", "ZYSS in OP_AA1", "MDCA", 1],
        ["", "PB1", "新生儿手术", "ZYSS in OP_PB1 and XSRTL < 29", "MDCP", 1],
        ["", "PU1", "极低体重儿", "XSRTZ < 1500", "MDCP", 2],
        ["", "PV1", "婴儿疾患", "ZYZD in DI_PV1 and XSRTL >= 29", "MDCP", 3],
        ["", "PQY", "歧义组", "ZYSS in OP_ALL", "MDCP", 4],
        ["", "P00", "", "", "MDCP", 5],
        ["", "ZB1", "多发创伤开颅", "ZYSS in OP_ZB1", "MDCZ", 1],
        ["", "ZZ1", "多发创伤", 1, "MDCZ", 2],
        ["", "ZQY", "歧义组", "ZYSS in OP_ALL", "MDCZ", 3],
        ["", "EB1", "肺叶手术", "ZYSS in OP_EB1", "MDCE", 1],
        ["", "ER1", "肺炎", "ZYZD in di_er1", "MDCE", 2],
        ["", "ES1", "慢性气道病", "ZYZD in DI_ES1_x000D_\nand ZYSS not in OP_ALL", "MDCE", 3],
        ["", "EQY", "歧义组", "ZYSS in OP_ALL", "MDCE", 4],
        ["", "E00", "", "", "MDCE", 5],
        ["", "IC2", "双关节置换", "length(OP_IC2 ∩ {ZYSS,QTSS}) >= 2", "MDCI", 1],
        ["", "IR1", "关节病", "ZYZD in {DI_IR1，DI_IR2}　and not （NL＜18）", "MDCI", 2],
        ["", "IQY", "歧义组", "ZYSS in OP_ALL", "MDCI", 3],
        ["", "I00", "", "", "MDCI", 4],
        ["", "OB1", "剖宫产", "ZYSS in OP_OB1", "MDCO", 1],
        ["", "O00", "", "", "MDCO", 18],
        ["", "OT1", "子痫前期", "ZYZD in DI_OT1", "MDCO", 19],
        ["", "OZ1", "其他", "ZYZD in DI_OZ1", "MDCO", 20],
        ["", "OQY", "歧义组", "ZYSS in OP_ALL", "MDCO", 21],
        ["", "YC1", "HIV 手术", "ZYSS in OP_YC1", "MDCY", 1],
        ["", "YR1", "HIV", "ZYZD in DI_Y00 or QTZD in DI_Y00", "MDCY", 2],
        ["", "Y00", "", "", "MDCY", 3],
        ["", "000", "", "", "0000", 1],
    ]
    splits: dict[str, list[tuple[str, Any]]] = {
        "EB1": [
            ("EB15", ""),
            ("EB10", "{ZYSS,QTSS} in OP_ARB"),
            ("EB11", "QTZD in MCC"),
            ("EB13", "QTZD in CC"),
        ],
        "ER1": [
            ("ER1C", f"NL <= 6 and {both}"),
            ("ER1D", "NL <= 6"),
            ("ER1E", "NL >= 70 and QTZD in MCC"),
            ("ER1G", "NL >= 70 and QTZD in CC"),
            ("ER1H", "NL >= 70"),
            ("ER11", "QTZD in MCC"),
            ("ER13", "QTZD in CC"),
            ("ER15", ""),
        ],
        "PV1": [("PV11", both), ("PV15", "")],
    }
    drg = []
    for _, code, name, _, mdc, _ in adrg:
        alone = code if code.endswith("QY") else f"{code}0" if code.endswith("00") else f"{code}9"
        for order, (split, rule) in enumerate(splits.get(code, [(alone, "")]), start=1):
            drg.append([split, name, rule, code, mdc, order])
    return {
        "MDC": [
            [TITLE, "", "", ""],
            ["MDC编码", "MDC名称", "MDC规则", "排序"],
            ["MDCA", "先期分组", "", 1],
            [
                "MDCP",
                "新生儿",
                "((NL=0) and (XSRTL>=29) and (XSRTL<366) and (ZYZD in DI_PV1)) or "
                "((NL=0) and (XSRTL<29))",
                2,
            ],
            [
                "MDCZ",
                "多发严重创伤",
                "((ZYZD in DI_Z01) and ({QTZD} in DI_Z02)) or \\\n"
                "((ZYZD in DI_Z02) and (QTZD in {DI_Z01}))",
                3,
            ],
            ["MDCY", "HIV 感染", "{ZYZD，QTZD}\u00a0in\u200b DI_Y00", 4],
            ["0000", "未入组", "", 5],
            ["MDCE", "呼吸系统", "ZYZD in DI_E00", 6],
            ["MDCI", "肌肉骨骼", "ZYZD in DI_I00", 7],
            ["MDCO", "妊娠", "ZYZD in DI_O00 and XB = 2", 8],
        ],
        "ADRG": [["", "ADRG编码", "ADRG名称", "ADRG规则", "所属MDC编码", "MDC内排序"], *adrg],
        "DRG": [["DRG", "DRG名称", "DRG规则", "所属ADRG编码", "所属MDC编码", "排序"], *drg],
        "集合": [
            ["集合编号", "ICD编码", "ICD名称", "类型编号"],
            *[
                [
                    name,
                    code,
                    "陈旧性肱二头肌建损伤" if code == "T92.506" else f"名称{code}",
                    name[:2],
                ]
                for name, codes in sets.items()
                for code in codes
            ],
        ],
        "CC": [
            ["疾病编码", "疾病名称", "排除表", "类型"],
            ["J96.000\u00a0", "急性呼吸衰竭", "EX_1", "MCC"],
            ["E87.600", "低钾血症", "EX_2", "CC"],
            ["J18.901", "肺炎", "EX_1", "CC"],
            ["Ｐ36.900", "脓毒症", "EX_103", "MCC"],
        ],
        "排除表": [
            ["集合编号", "ICD编码", "ICD名称"],
            ["EX_1", "J44.900", "慢性阻塞性肺病"],
            ["EX_2", "J18.901", "肺炎"],
            ["EX_103", "P22.000", "新生儿呼吸窘迫"],
            ["EX_104", "P39.800", "感染"],
            ["EX_107", "P78.801", "胆囊结石"],
            ["EX_127", "S02.400", "骨折"],
            ["EX_128", "S02.401", "骨折"],
        ],
    }


def write(cells: Sheets, path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in cells.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(number, column, value)
                    else:
                        sheet.write(number, column, value)
    return path


def authored() -> Path:
    return editions(ROOT / "rules")["3.0"]


def imported(folder: Path, change: Callable[[Sheets], object] | None = None) -> ImportReport:
    cells = sheets()
    if change is not None:
        change(cells)
    return import_workbook(write(cells, folder / "w.xlsx"), authored(), folder / "chs-drg" / "3.0")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ImportReport:
    return imported(tmp_path_factory.mktemp("import"))


@pytest.fixture(scope="module")
def pack(report: ImportReport) -> RulePack:
    return load_pack(report.folder)


def rows_of(report: ImportReport, table: str) -> list[dict[str, str]]:
    with (report.folder / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def refused(folder: Path, change: Callable[[Sheets], object]) -> dict[str, list[str]]:
    """Return the places of every problem by its code."""
    with pytest.raises(InputError) as caught:
        imported(folder, change)
    assert not (folder / "chs-drg").exists()
    found: dict[str, list[str]] = {}
    for problem in caught.value.problems:
        assert problem.message
        assert problem.remedy
        found.setdefault(problem.code, []).append(problem.field)
    return found


# ---- the pack ----


def test_pack_is_in_the_house_format(report: ImportReport) -> None:
    manifest = read_manifest(report.folder)
    assert manifest.id == "chs-drg-3.0"
    assert str(manifest.effective_from) == "2027-01-01"
    assert [(s.path, s.sha256) for s in manifest.sources] == [("w.xlsx", report.sha256)]
    assert manifest.ungrouped.model_dump() == {"mdc": "0000", "adrg": "000", "drg": "0000"}
    assert manifest.ambiguous_groups == ("PQY", "ZQY", "EQY", "IQY", "OQY")
    assert list_schemes(report.folder.parents[1]) == ["chs-drg-3.0", "chs-drg-3.0@published"]


def test_the_only_fatal_findings_of_a_small_workbook_are_its_numbers(report: ImportReport) -> None:
    assert {f.check for f in check_pack(report.folder)} == {"official_count_differs"}


def test_counts_are_told_against_the_stated_ones(report: ImportReport) -> None:
    counts = {c.name: (c.found, c.expected) for c in report.counts}
    assert counts == {
        "mdc": (7, 26),
        "adrg": (16, 492),
        "drg": (27, 825),
        "ambiguous": (5, 21),
        "fallback": (5, None),
        "mcc": (2, 1581),
        "cc": (2, 6337),
        "exclusion_tables": (7, 148),
        "exclusion_rows": (7, 21036),
        "valid_procedures": (10, 9514),
        "sets": (22, None),
    }
    assert not report.complete
    text = "\n".join(report.render())
    assert "核心组 ADRG 16，公布 492  ← 不同" in text
    written = json.loads((report.folder / "report.json").read_text("utf-8"))
    assert written == json.loads(json.dumps(report.to_json()))


def test_order_is_mended_and_told(report: ImportReport) -> None:
    order = [r["mdc"] for r in rows_of(report, "mdc")]
    assert order == ["MDCA", "MDCP", "MDCZ", "MDCY", "MDCE", "MDCI", "MDCO"]
    core = [r["adrg"] for r in rows_of(report, "adrg")]
    assert core[core.index("OB1") :][:5] == ["OB1", "OQY", "OT1", "OZ1", "O00"]
    assert core[core.index("EB1") :][:5] == ["EB1", "EQY", "ER1", "ES1", "E00"]
    assert core[core.index("ZB1") :][:3] == ["ZB1", "ZQY", "ZZ1"]
    split = [r["drg"] for r in rows_of(report, "drg") if r["adrg"] == "EB1"]
    assert split == ["EB10", "EB11", "EB13", "EB15"]
    moved = {(m.scope, m.code): (m.place, m.becomes) for m in report.moves}
    assert moved[("MDCO", "O00")] == (2, 5)
    assert moved[("EB1", "EB15")] == (1, 4)
    assert moved[("MDC", "0000")] == (5, 8)
    assert ("MDCE", "E00") not in moved


def test_rules_are_completed_by_the_method_and_told(report: ImportReport) -> None:
    changed = {a.code: a.becomes for a in report.adjustments}
    assert changed == {
        "PQY": "(ZYSS in OP_ALL) and XSRTL < 29",
        "PU1": "ZYSS not in OP_ALL and (XSRTZ < 1500)",
        "PV1": "ZYSS not in OP_ALL and (ZYZD in DI_PV1 and XSRTL >= 29)",
        "YR1": "ZYSS not in OP_ALL and (ZYZD in DI_Y00 or QTZD in DI_Y00)",
    }


def test_cells_are_cleaned_and_counted(report: ImportReport) -> None:
    assert report.cleanups["ADRG"]["escape_mark"] == 1
    assert report.cleanups["ADRG"]["number_as_rule"] == 1
    assert report.cleanups["ADRG"]["letter_case"] == 1
    assert report.cleanups["ADRG"]["full_width_space"] == 1
    assert report.cleanups["MDC"]["line_continuation"] == 1
    assert report.cleanups["MDC"]["no_break_space"] == 1
    assert report.cleanups["MDC"]["zero_width"] == 1
    assert report.cleanups["CC"]["no_break_space"] == 1
    assert report.cleanups["CC"]["full_width_sign"] == 1
    assert {k for kinds in report.cleanups.values() for k in kinds} <= set(CLEANUPS)
    assert {r["code"] for r in rows_of(report, "cc")} >= {"J96.000", "P36.900"}


def test_patches_apply_row_by_row(report: ImportReport, pack: RulePack) -> None:
    rows, name = report.patches
    assert rows.applied == ("EX_103 P22.100", "EX_103 P24.100", "EX_107 P78.800")
    assert rows.skipped == (
        "EX_104 P39.800：工作簿已有",
        "EX_105 P55.100：工作簿中没有该排除表",
        "EX_105 P59.900：工作簿中没有该排除表",
        "EX_128 S02.400：工作簿中已在 EX_127，以工作簿为准",
    )
    assert pack.severity.principals["P24.100"] == "EX_103"
    published = load_pack(report.folder, "published")
    assert "P24.100" not in published.severity.principals
    assert name.applied == ("T92.506 名称：陈旧性肱二头肌建损伤 → 陈旧性肱二头肌腱损伤",)
    names = {r["code"]: r["name"] for r in rows_of(report, "names")}
    assert names["T92.506"] == "陈旧性肱二头肌腱损伤"


def test_a_set_that_no_rule_names_is_left_out_and_told(report: ImportReport) -> None:
    assert "DI_SPARE" not in {r["set"] for r in rows_of(report, "sets")}
    told = [p for p in report.findings if p.code == "set_unused"]
    assert [p.value for p in told] == ["DI_SPARE"]


# ---- cases through the pack ----


def ask(pack: RulePack, principal: str, others: str = "", procedures: str = "", **more: Any) -> str:
    found = grouped(pack, principal, others, procedures, **more)
    return found.drg


def grouped(
    pack: RulePack, principal: str, others: str = "", procedures: str = "", **more: Any
) -> Grouping:
    case = {"sex": 1, "age": 50, **more}
    return group(
        GroupingInput(principal, tuple(others.split()), tuple(procedures.split()), **case), pack
    )


@pytest.mark.parametrize(
    ("case", "drg"),
    [
        ({"principal": "J18.901", "procedures": "37.5100"}, "AA19"),
        ({"principal": "J18.901"}, "ER15"),
        ({"principal": "J18.901", "others": "J96.000"}, "ER11"),
        ({"principal": "J18.901", "others": "E87.600"}, "ER15"),
        ({"principal": "J44.900"}, "ES19"),
        ({"principal": "J18.901", "age": 6}, "ER1D"),
        ({"principal": "J18.901", "age": 6, "others": "J96.000"}, "ER1C"),
        ({"principal": "J18.901", "age": 7}, "ER15"),
        ({"principal": "J18.901", "age": 70}, "ER1H"),
        ({"principal": "J18.901", "age": 70, "others": "J96.000"}, "ER1E"),
        ({"principal": "J44.900", "procedures": "32.4100", "others": "J96.000"}, "EB15"),
        ({"principal": "J44.900", "procedures": "32.4100", "others": "E87.600"}, "EB13"),
        ({"principal": "J15.900", "procedures": "32.4100", "others": "J96.000"}, "EB11"),
        ({"principal": "J15.900", "procedures": "32.4100 17.4200"}, "EB10"),
        ({"principal": "J15.900", "procedures": "32.4100 17.4900"}, "EB15"),
        ({"principal": "M16.900", "procedures": "81.5100 81.5400"}, "IC29"),
        ({"principal": "M16.900"}, "IR19"),
        ({"principal": "M17.900"}, "IR19"),
        ({"principal": "O14.900", "sex": 2}, "OT19"),
        ({"principal": "O60.000", "sex": 2}, "OZ19"),
        ({"principal": "O80.000", "sex": 2, "procedures": "74.1x01"}, "OB19"),
        ({"principal": "S06.501", "others": "S27.301"}, "ZZ19"),
        ({"principal": "S27.301", "others": "S06.501", "procedures": "01.2400"}, "ZB19"),
        ({"principal": "J18.901", "others": "B24.x01"}, "YR19"),
        ({"principal": "P36.900", "age": 0, "age_days": 40, "weight_g": 3200}, "PV15"),
        ({"principal": "P07.300", "age": 0, "age_days": 3, "weight_g": 1400}, "PU19"),
        ({"principal": "P07.300", "age": 0, "age_days": 3, "procedures": "46.0100"}, "PB19"),
    ],
)
def test_cases_reach_their_group(pack: RulePack, case: dict[str, Any], drg: str) -> None:
    result = grouped(pack, **case)
    assert (result.status, result.drg) == (Status.GROUPED, drg)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"principal": "J18.901", "procedures": "47.0100"}, "EQY"),
        ({"principal": "M16.900", "procedures": "81.5100"}, "IQY"),
        ({"principal": "S06.501", "others": "S27.301", "procedures": "47.0100"}, "ZQY"),
        ({"principal": "P36.900", "age": 0, "age_days": 3, "procedures": "47.0100"}, "PQY"),
    ],
)
def test_a_valid_procedure_of_elsewhere_is_ambiguous(
    pack: RulePack, case: dict[str, Any], code: str
) -> None:
    result = grouped(pack, **case)
    assert (result.status, result.adrg, result.drg) == (Status.AMBIGUOUS, code, code)


def test_pqy_asks_for_a_newborn(pack: RulePack) -> None:
    older = grouped(pack, "P36.900", procedures="47.0100", age=0, age_days=40)
    assert (older.status, older.mdc, older.drg) == (Status.UNGROUPED, "MDCP", "P000")


def test_a_medical_group_of_a_category_without_qy_takes_no_valid_procedure(pack: RulePack) -> None:
    result = grouped(pack, "B24.x01", procedures="47.0100")
    assert (result.status, result.mdc, result.drg) == (Status.UNGROUPED, "MDCY", "Y000")


def test_a_fallback_group_keeps_the_case_in_its_category_ungrouped(pack: RulePack) -> None:
    result = grouped(pack, "J15.900")
    assert (result.status, result.mdc, result.adrg) == (Status.UNGROUPED, "MDCE", "E00")
    assert result.drg == "E000"
    assert grouped(pack, "M16.900", age=10).drg == "I000"
    assert grouped(pack, "O80.000", sex=2).drg == "O000"


def test_what_no_category_takes_ends_in_the_closing_one(pack: RulePack) -> None:
    result = grouped(pack, "I10.x00")
    assert result.status is Status.UNGROUPED
    assert (result.mdc, result.adrg, result.drg) == ("0000", "000", "0000")


def test_the_table_of_a_cc_is_not_the_table_of_a_principal(pack: RulePack) -> None:
    # As a CC J18.901 refers to EX_1; as a principal diagnosis it is in EX_2.
    assert ask(pack, "J18.901", "J96.000") == "ER11"
    assert ask(pack, "J18.901", "E87.600") == "ER15"
    assert ask(pack, "J44.900", "J18.901", "32.4100") == "EB15"


# ---- layouts and defects ----


def test_the_revision_without_the_empty_first_column_is_the_same_pack(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = imported(tmp_path / "a")
    second = imported(tmp_path / "b", lambda c: c.update(ADRG=[row[1:] for row in c["ADRG"]]))
    assert rows_of(first, "adrg") == rows_of(second, "adrg")
    assert read_manifest(first.folder).sha256 == read_manifest(second.folder).sha256


def test_other_headers_of_the_same_columns(tmp_path: Path) -> None:
    def change(cells: Sheets) -> None:
        cells["ADRG"][0][5] = "排序"
        cells["DRG"][0][0] = "DRG编码"
        cells["集合"][0][3] = "类型"
        cells["CC"][0] = ["ICD编码", "ICD名称", "排除表", "类型"]
        cells["MDC"].pop(0)

    report = imported(tmp_path, change)
    assert not [p for p in report.findings if p.code == "header_unknown"]
    assert len(rows_of(report, "cc")) == 4


def test_an_unknown_header_falls_back_to_the_order_and_is_told(tmp_path: Path) -> None:
    report = imported(tmp_path, lambda c: c["ADRG"][0].__setitem__(3, "入组规则"))
    told = [p for p in report.findings if p.code == "header_unknown"]
    assert [(p.field, p.value) for p in told] == [("ADRG 表第 1 行 D", "入组规则")]
    assert len(rows_of(report, "adrg")) == 26


def test_a_renamed_sheet_is_found_by_its_headers(tmp_path: Path) -> None:
    report = imported(tmp_path, lambda c: c.update({"并发症": c.pop("CC")}))
    assert [p.field for p in report.findings if p.code == "sheet_renamed"] == ["并发症 表"]


def test_all_missing_sheets_and_columns_are_told_at_once(tmp_path: Path) -> None:
    def change(cells: Sheets) -> None:
        del cells["CC"]
        for row in cells["排除表"]:
            del row[1:]
        for row in cells["MDC"]:
            del row[3]

    found = refused(tmp_path, change)
    assert found["sheet_missing"] == ["CC 表"]
    assert found["column_missing"] == [
        "MDC 表第 2 行 “排序”列",
        "排除表 表第 1 行 “ICD编码”列",
        "排除表 表第 1 行 “ICD名称”列",
    ]


def test_numbers_as_codes_are_never_taken(tmp_path: Path) -> None:
    def change(cells: Sheets) -> None:
        cells["集合"][5][1] = 45.1
        cells["排除表"][1][0] = 1
        cells["MDC"][6][0] = 0

    found = refused(tmp_path, change)
    assert found["cell_not_text"] == [
        "MDC 表第 7 行 A 列（MDC编码）",
        "集合 表第 6 行 B 列（ICD编码）",
        "排除表 表第 2 行 A 列（集合编号）",
    ]


def test_a_rule_that_cannot_be_read_leaves_its_group_uncovered(tmp_path: Path) -> None:
    def change(cells: Sheets) -> None:
        cells["ADRG"][11][3] = "ZYZD within DI_ER1"
        cells["DRG"][1][2] = "QTZD in MIC"

    report = imported(tmp_path, change)
    told = {p.field: p.code for p in report.findings if p.code in ("rule_syntax", "set_unknown")}
    assert told == {
        "ADRG 表第 12 行 D 列（ADRG规则）": "rule_syntax",
        "DRG 表第 2 行 C 列（DRG规则）": "set_unknown",
    }
    assert report.not_covered == ("ER1", "AA1")
    pack = load_pack(report.folder)
    assert grouped(pack, "M16.900", procedures="81.5100 81.5400").status is Status.NOT_COVERED
    assert {f.check for f in check_pack(report.folder)} == {"official_count_differs"}


def test_a_rule_deeper_than_people_write_is_told(tmp_path: Path) -> None:
    report = imported(tmp_path, lambda c: c["ADRG"][1].__setitem__(3, "not " * 5000 + "1"))
    assert report.not_covered == ("AA1",)


def test_the_shipped_scheme_survives_the_way_through_a_workbook(
    tmp_path: Path, rules: Path
) -> None:
    tables = read_tables(rules / "chs-drg" / "1.1")
    mdcs = ("MDCA", "MDCB", "MDCZ")
    mdc_rows = [r for r in tables["mdc"] if r["mdc"] in mdcs]
    adrg_rows = [r for r in tables["adrg"] if r["mdc"] in mdcs]
    mdc_of = {r["adrg"]: r["mdc"] for r in adrg_rows}
    drg_rows = [r for r in tables["drg"] if r["adrg"] in mdc_of]
    text = " ".join(r["rule"] for r in (*mdc_rows, *adrg_rows))
    named = set(re.findall(r"\w+", text))
    cells = sheets()
    cells["MDC"][2:] = [[r["mdc"], r["name"], r["rule"], int(r["order"])] for r in mdc_rows]
    cells["ADRG"][1:] = [
        ["", r["adrg"], r["name"], r["rule"], r["mdc"], int(r["order"])] for r in adrg_rows
    ]
    cells["DRG"][1:] = [
        [r["drg"], r["name"], r["rule"], r["adrg"], mdc_of[r["adrg"]], r["order"]] for r in drg_rows
    ]
    cells["集合"][1:] = [
        [r["set"], r["code"], "", r["type"]] for r in tables["sets"] if r["set"] in named
    ]
    cells["CC"][1:] = [[r["code"], "", r["table"], r["level"]] for r in tables["cc"][:500]]
    cells["排除表"][1:] = [[r["table"], r["code"], ""] for r in tables["exclusions"][:500]]
    path = write(cells, tmp_path / "w.xlsx")
    report = import_workbook(path, authored(), tmp_path / "pack")
    back = read_tables(report.folder)
    assert back["adrg"] == adrg_rows
    assert back["drg"] == drg_rows
    assert [r["rule"] for r in back["mdc"]] == [r["rule"] for r in mdc_rows]
    assert back["sets"] == [r for r in tables["sets"] if r["set"] in named]
    assert back["cc"] == tables["cc"][:500]
    assert back["exclusions"] == tables["exclusions"][:500]
    assert not report.moves
    assert not report.adjustments


def rename_tables(cells: Sheets) -> None:
    for number, row in enumerate(cells["排除表"][1:]):
        row[0] = f"T{number}"


def drop_set(cells: Sheets, name: str) -> None:
    cells["集合"] = [row for row in cells["集合"] if row[0] != name]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (
            lambda c: c["MDC"][7].__setitem__(2, "ZYZD in"),
            "rule_syntax",
            "MDC 表第 8 行 C 列（MDC规则）",
        ),
        (
            lambda c: c["ADRG"][1].__setitem__(4, "MDCX"),
            "parent_unknown",
            "ADRG 表第 2 行 E 列（所属MDC编码）",
        ),
        (
            lambda c: c["ADRG"][1].__setitem__(5, "first"),
            "order_invalid",
            "ADRG 表第 2 行 F 列（MDC内排序）",
        ),
        (lambda c: c["DRG"].pop(1), "group_without_split", "ADRG 表第 2 行 B 列（ADRG编码）"),
        (lambda c: c["DRG"].append(list(c["DRG"][1])), "key_repeated", None),
        (
            lambda c: c["CC"].append(["E87.600", "", "EX_1", "CC"]),
            "row_conflict",
            "CC 表第 6 行 A 列（疾病编码）",
        ),
        (lambda c: c["CC"][1].__setitem__(3, "大"), "level_unknown", "CC 表第 2 行 D 列（类型）"),
        (lambda c: c["排除表"].append(["EX_2", "J44.900", ""]), "row_conflict", None),
        (
            lambda c: c["排除表"][2].__setitem__(1, ""),
            "cell_empty",
            "排除表 表第 3 行 B 列（ICD编码）",
        ),
        (rename_tables, "exclusion_names_differ", None),
        (lambda c: drop_set(c, "OP_ALL"), "valid_procedures_missing", None),
        (lambda c: [r.insert(1, r.pop()) for r in c["排除表"][1:]], "column_suspect", None),
    ],
)
def test_what_makes_the_pack_wrong_refuses_it(
    tmp_path: Path, change: Callable[[Sheets], object], code: str, place: str | None
) -> None:
    found = refused(tmp_path, change)
    assert code in found
    assert place is None or found[code] == [place]


def test_other_content_of_the_folder_is_never_overwritten(tmp_path: Path) -> None:
    taken = tmp_path / "chs-drg" / "3.0"
    taken.mkdir(parents=True)
    (taken / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError) as caught:
        imported(tmp_path)
    assert [p.code for p in caught.value.problems] == ["folder_taken"]
    assert [p.name for p in taken.iterdir()] == ["notes.txt"]


def test_importing_again_replaces_the_pack(tmp_path: Path) -> None:
    first = imported(tmp_path)
    second = imported(tmp_path, lambda c: c["排除表"].append(["EX_103", "P22.100", ""]))
    assert first.folder == second.folder
    assert second.patches[0].applied == ("EX_103 P24.100", "EX_107 P78.800")
    assert "P22.100" in load_pack(second.folder).severity.principals


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04"])
def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_workbook(path)
    assert [p.code for p in caught.value.problems] == ["workbook_unreadable"]


# ---- the command ----


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command("import")(import_command)
    made.command("group")(group_command)
    made.add_typer(rules_app, name="rules")
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A rules folder of a user: the code sets and editions of the shipped one."""
    rules = tmp_path / "rules"
    (rules / "chs-drg").mkdir(parents=True)
    for name in ("terminology", "chs-drg/3.0-import"):
        (rules / name).symlink_to(ROOT / "rules" / name)
    return rules


def test_import_list_and_group_on_the_command_line(
    app: typer.Typer, home: Path, tmp_path: Path
) -> None:
    book = write(sheets(), tmp_path / "w.xlsx")
    where = ["--rules", str(home)]
    result = CliRunner().invoke(app, ["import", str(book), "--edition", "3.0", *where])
    assert result.exit_code == 0, result.output
    assert "已导入 chs-drg-3.0" in result.output
    assert "MDCO O00：第 2 位 → 第 5 位" in result.output
    assert "数量或覆盖与公布的不一致" in result.output
    listed = CliRunner().invoke(app, ["rules", "list", *where])
    assert "chs-drg-3.0  " in listed.output
    table = tmp_path / "in.csv"
    header = "id,sex,age,age_days,weight,principal,others,procedures"
    table.write_text(f"{header}\n1,1,60,,,J18.901,J96.000,\n", "utf-8")
    out = tmp_path / "out.csv"
    done = CliRunner().invoke(
        app, ["group", str(table), "--output", str(out), "--scheme", "chs-drg-3.0", *where]
    )
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8", newline="") as handle:
        assert [r["drg"] for r in csv.DictReader(handle)] == ["ER11"]


@pytest.mark.parametrize(
    ("edition", "told"), [("9.9", "可导入的版本：3.0"), ("3.0", "不是可读取的 Excel 工作簿")]
)
def test_the_command_refuses_with_a_remedy(
    app: typer.Typer, home: Path, edition: str, told: str
) -> None:
    book = home / "broken.xlsx"
    book.write_text("no workbook", "utf-8")
    args = ["import", str(book), "--edition", edition, "--rules", str(home)]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 2
    assert told in result.output


# ---- properties ----

_VALUES = st.one_of(
    st.sampled_from(["", "1", "0", "MDCE", "EX_1", "OP_ALL", "MCC", "QTZD in MCC", "ZYZD in CC"]),
    st.text("ZYDQTSNLXB in{}()<>=∩,or andt_0123456789.　\u200b\\\n", max_size=40),
    st.text(max_size=12),
    st.integers(-5, 10**7),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
_MUTATION = st.tuples(
    st.sampled_from(["set", "drop_row", "drop_column", "swap_columns", "repeat_row", "drop_sheet"]),
    st.integers(0, 5),
    st.integers(0, 200),
    st.integers(0, 6),
    _VALUES,
)


@cache
def _cells() -> Sheets:
    return sheets()


def _mutate(cells: Sheets, kind: str, sheet: int, row: int, column: int, value: Any) -> None:
    name = list(cells)[sheet % len(cells)]
    rows = cells[name]
    if kind == "drop_sheet":
        if len(cells) > 1:
            del cells[name]
    elif not rows:
        return
    elif kind == "drop_row":
        del rows[row % len(rows)]
    elif kind == "repeat_row":
        rows.append(list(rows[row % len(rows)]))
    elif kind == "set":
        target = rows[row % len(rows)]
        if target:
            target[column % len(target)] = value
    else:
        for cell in rows:
            if cell:
                taken = cell.pop(column % len(cell))
                if kind == "swap_columns":
                    cell.append(taken)


_T = TypeVar("_T")


def or_refusal(call: Callable[[], _T]) -> _T | InputError:
    try:
        return call()
    except InputError as refusal:
        return refusal


@settings(max_examples=60, deadline=None)
@given(st.lists(_MUTATION, min_size=1, max_size=6))
def test_a_mutated_workbook_is_imported_or_refused_never_more(
    mutations: list[tuple[str, int, int, int, Any]],
) -> None:
    cells = copy.deepcopy(_cells())
    for kind, sheet, row, column, value in mutations:
        _mutate(cells, kind, sheet, row, column, value)
    with TemporaryDirectory() as folder:
        book = write(cells, Path(folder) / "w.xlsx")
        out = Path(folder) / "pack"
        report = or_refusal(lambda: import_workbook(book, authored(), out))
        if isinstance(report, InputError):
            assert any(p.severity == "error" for p in report.problems)
            assert not out.exists()
            return
        # What is imported can be used: every reading loads and answers.
        for reading in read_manifest(report.folder).readings:
            assert ask(load_pack(report.folder, reading), "J18.901") != ""
        assert report.render()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20))
def test_a_damaged_file_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    with TemporaryDirectory() as folder:
        path = write(_cells(), Path(folder) / "w.xlsx")
        content = bytearray(path.read_bytes())
        for at, value in damage:
            content[at % len(content)] = value
        path.write_bytes(content)
        found = or_refusal(lambda: read_workbook(path))
        assert found.problems if isinstance(found, InputError) else len(found.sheets) == 6
