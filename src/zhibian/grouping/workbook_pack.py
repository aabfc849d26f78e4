"""Turns the official 3.0 workbook (官方规则工作簿) into a rule pack in the house format (导入).

What makes the pack wrong refuses the import, with every problem at once: missing sheets or columns,
codes that are numbers, empty keys, repeated keys with other content, unknown parents, an unreadable
order, a category rule that can't be read, no valid procedures, CC rows without level. A core group
whose rule or set can't be read is marked as not covered instead: the pack says so for the cases
that reach it. Everything else is a finding of the report.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from zhibian.grouping.check import Finding, coverage_findings
from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.language import DIAGNOSIS_FIELDS, VIRTUAL_SETS, Condition, sets_of
from zhibian.grouping.manifest import (
    COVERAGE,
    TABLES,
    Coverage,
    Defect,
    ExclusionChange,
    Gap,
    Manifest,
    Patch,
    Reading,
    Row,
    SourceFile,
    Tables,
    UngroupedCodes,
)
from zhibian.grouping.pack import COLUMNS, UNCOUNTED_KINDS
from zhibian.grouping.pack_files import write_findings, write_rows, yaml_text
from zhibian.grouping.workbook import Cleanup, SheetRow, Workbook, order_of, read_workbook
from zhibian.grouping.workbook_report import (
    Adjustment,
    Count,
    ImportReport,
    Move,
    PatchOutcome,
)
from zhibian.grouping.workbook_rules import (
    VALID_PROCEDURES,
    Placed,
    ReadRule,
    RuleBook,
    always_last,
    kind_of,
    ordered,
    placed,
)
from zhibian.problems import InputError, Problem, errors
from zhibian.terminology.tables import sha256_of

_CLOSING = "0000"
_ROBOT = "OP_ARB"
_LEVELS = ("MCC", "CC")
_LIKE_DIAGNOSIS = re.compile(r"[A-Z]\d[0-9A-Za-z.+*/]*", re.ASCII)
_LIKE_PROCEDURE = re.compile(r"\d{2}\.?[0-9A-Za-z]*", re.ASCII)
_TYPES: Mapping[str, Literal["ZD", "SS"]] = {
    "DI": "ZD",
    "ZD": "ZD",
    "诊断": "ZD",
    "OP": "SS",
    "SS": "SS",
    "手术": "SS",
    "手术操作": "SS",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NameChange(_Frozen):
    """A slip in the name of a code."""

    code: str
    was: str
    becomes: str


class WorkbookPatch(Patch):
    """A dated correction of the workbook, of which each row applies only where it is needed."""

    names: tuple[NameChange, ...] = ()


class Edition(_Frozen):
    """What people write about an edition, ``about.yaml``.

    Attributes
    ----------
    expected
        Numbers that the authority states besides ``official_counts``.
    robot_procedures
        The codes of robot assistance (OP_ARB).
    """

    format: Literal["zhibian-rules/1"]
    id: str
    title: str
    authority: str
    document: str
    effective_from: date | None
    effective_to: date | None
    code_sets: Mapping[str, str]
    license: str
    age_in_days_for_newborns: str
    official_counts: Mapping[str, int]
    expected: Mapping[str, int]
    ungrouped: UngroupedCodes
    robot_procedures: tuple[str, ...]
    known_defects: tuple[Defect, ...]


def editions(rules: Path) -> dict[str, Path]:
    """Return the folders of the editions that can be imported, by edition.

    Parameters
    ----------
    rules
        Folder of the rule data.
    """
    return {
        about.parent.name.removesuffix("-import"): about.parent
        for about in sorted(rules.glob("chs-drg/*-import/about.yaml"))
    }


def import_workbook(
    workbook: Path, authored: Path, out: Path, codebook: CodeBook | None = None
) -> ImportReport:
    """Read the official workbook and write a rule pack with its import report.

    Parameters
    ----------
    workbook
        The published ``.xlsx`` file.
    authored
        Folder of the edition: ``about.yaml`` and ``patches``.
    out
        Folder of the pack; a pack of the same id in it is replaced.
    codebook
        Code sets of the authority; with them unknown codes are among the defects.

    Returns
    -------
    ImportReport
        Also written as ``report.json``.

    Raises
    ------
    InputError
        Everything that would make the pack wrong, or the folder can't be used.
    """
    edition = _read_yaml(authored / "about.yaml", Edition)
    patches = [_read_yaml(p, WorkbookPatch) for p in sorted(authored.glob("patches/*.yaml"))]
    _require_free(out, edition.id)
    book = read_workbook(workbook)
    assembled = _Assembly(book, edition, patches).run(workbook.name)
    defects = _defects(assembled.tables, codebook)
    try:
        return _write(assembled, edition, workbook, out, defects)
    except OSError as wrong:
        problem = Problem(
            "--out", "unwritable", "规则包目录不能写入", "用 --out 指定可写的目录", str(out)
        )
        raise InputError(workbook.name, [problem]) from wrong


def _defects(tables: Tables, codebook: CodeBook | None) -> list[Finding]:
    known = codebook or CodeBook(frozenset(), frozenset())
    found = coverage_findings(tables, known.diagnoses, known.procedures)
    return [f for f in found if codebook is not None or f.check != "unknown_code"]


@dataclass(frozen=True, slots=True)
class _Assembled:
    tables: Tables
    names: Mapping[str, str]
    ungrouped: UngroupedCodes
    not_covered: tuple[str, ...]
    patches: tuple[Patch, ...]
    outcomes: tuple[PatchOutcome, ...]
    moves: tuple[Move, ...]
    adjustments: tuple[Adjustment, ...]
    found: Mapping[str, int]
    cleanups: Mapping[str, Counter[Cleanup]]
    findings: tuple[Problem, ...]


class _Assembly:
    """Makes the six tables out of the six sheets and collects what is wrong."""

    def __init__(self, book: Workbook, edition: Edition, patches: list[WorkbookPatch]) -> None:
        self._book = book
        self._edition = edition
        self._patches = patches
        self._findings = list(book.findings)
        self._moves: list[Move] = []
        self._adjustments: list[Adjustment] = []
        self._not_covered: list[str] = []
        self._sets = _Sets(book.sheets["集合"])
        self._rules = RuleBook(self._sets.codes)

    def run(self, source: str) -> _Assembled:
        mdcs = self._unique("MDC", "code")
        adrgs = self._unique("ADRG", "code")
        drgs = self._unique("DRG", "code")
        ungrouped = self._closing(mdcs, adrgs, drgs)
        tables: Tables = {name: [] for name in TABLES}
        tables["mdc"] = self._mdc_rows(mdcs)
        core = self._adrg_rows(mdcs, adrgs)
        homeless = {r["code"] for r in adrgs.values() if r["mdc"] not in mdcs}
        tables["drg"] = self._drg_rows(
            core, [d for d in drgs.values() if d["adrg"] not in homeless]
        )
        tables["adrg"] = [
            {
                "adrg": p.row["code"],
                "name": p.row["name"],
                "rule": p.rule,
                "mdc": p.row["mdc"],
                "order": str(order),
                "kind": p.kind,
            }
            for places in core.values()
            for order, p in enumerate(places, start=1)
        ]
        tables["cc"] = self._cc_rows()
        tables["exclusions"] = self._exclusion_rows()
        self._compare_tables(tables)
        self._check_sets()
        tables["sets"] = self._set_rows(tables)
        names = self._names()
        chosen, outcomes = self._apply(tables, names)
        self._findings += self._rules.findings
        if errors(self._findings):
            raise InputError(source, sorted(self._findings, key=lambda p: p.severity != "error"))
        for sheet, count in self._rules.respelled.items():
            self._book.cleanups.setdefault(sheet, Counter())["letter_case"] += count
        return _Assembled(
            tables,
            names,
            ungrouped,
            tuple(dict.fromkeys(self._not_covered)),
            chosen,
            outcomes,
            tuple(self._moves),
            tuple(self._adjustments),
            self._counts(tables),
            {s: c for s, c in self._book.cleanups.items() if c},
            tuple(self._findings),
        )

    def _unique(self, sheet: Literal["MDC", "ADRG", "DRG"], key: str) -> dict[str, SheetRow]:
        """Return the rows of a sheet by code; a code stands once."""
        found: dict[str, SheetRow] = {}
        for row in self._book.sheets[sheet]:
            if not row[key]:
                continue
            if row[key] in found:
                first = found[row[key]].number
                self._add(row, key, "key_repeated", f"编码与第 {first} 行重复", "只保留正确的一行")
            found.setdefault(row[key], row)
            if row["order"] and order_of(row) is None:
                self._add(row, "order", "order_invalid", "排序不是整数", "按官方工作簿更正")
        if not found:
            self._findings.append(
                Problem(f"{sheet} 表", "sheet_empty", "表中没有数据行", "使用官方发布的完整工作簿")
            )
        return found

    def _closing(
        self,
        mdcs: dict[str, SheetRow],
        adrgs: dict[str, SheetRow],
        drgs: dict[str, SheetRow],
    ) -> UngroupedCodes:
        """Take the category that closes the chain out of the rows; return its codes.

        The engine gives them to every case that no category takes.
        """
        closing = mdcs.pop(_CLOSING, None)
        default = self._edition.ungrouped
        if closing is None:
            self._findings.append(
                Problem(
                    "MDC 表",
                    "closing_missing",
                    "没有收尾的 MDC 0000，按缺省编码收尾",
                    "核对工作簿是否完整",
                    severity="warning",
                )
            )
            return default
        place = sum(1 for r in mdcs.values() if (order_of(r) or 0) <= (order_of(closing) or 0))
        if place < len(mdcs):
            why = "MDC 0000 恒真，收尾"
            self._moves.append(Move("MDC", _CLOSING, place + 1, len(mdcs) + 1, why))
        if closing["rule"] not in ("", "1"):
            message = "MDC 0000 的规则不是恒真，仍按收尾处理"
            self._add(closing, "rule", "closing_rule", message, "对照官方文本核对", warn=True)
        own = [a for a in adrgs.values() if a["mdc"] == _CLOSING]
        last = [d for d in drgs.values() if d["adrg"] in {a["code"] for a in own}]
        for row in own:
            del adrgs[row["code"]]
        for row in last:
            del drgs[row["code"]]
        return UngroupedCodes(
            mdc=_CLOSING,
            adrg=own[0]["code"] if own else default.adrg,
            drg=last[0]["code"] if last else default.drg,
        )

    def _mdc_rows(self, mdcs: Mapping[str, SheetRow]) -> list[Row]:
        self._tell_equal_orders("MDC", mdcs.values())
        read = ordered([self._rules.read(row, "error") for row in mdcs.values()])
        return [
            {"mdc": r.row["code"], "name": r.row["name"], "rule": r.text, "order": str(order)}
            for order, r in enumerate(read, start=1)
        ]

    def _adrg_rows(
        self, mdcs: Mapping[str, SheetRow], adrgs: Mapping[str, SheetRow]
    ) -> dict[str, list[Placed]]:
        by_mdc: dict[str, list[ReadRule]] = {mdc: [] for mdc in mdcs}
        for row in adrgs.values():
            if row["mdc"] in by_mdc:
                read = self._rules.read(row, "warning")
                by_mdc[row["mdc"]].append(read)
                if not read.readable:
                    self._not_covered.append(row["code"])
            elif row["mdc"]:
                message = "MDC 表中没有所属的主要诊断大类"
                self._add(row, "mdc", "parent_unknown", message, "对照官方文本更正编码")
        for mdc, rules in by_mdc.items():
            self._tell_equal_orders(mdc, [r.row for r in rules])
        return {
            mdc: placed(mdc, rules, self._moves, self._adjustments) for mdc, rules in by_mdc.items()
        }

    def _drg_rows(self, core: Mapping[str, list[Placed]], drgs: Iterable[SheetRow]) -> list[Row]:
        by_adrg: dict[str, list[ReadRule]] = {
            p.row["code"]: [] for places in core.values() for p in places
        }
        mdc_of = {p.row["code"]: p.row["mdc"] for places in core.values() for p in places}
        for row in drgs:
            adrg = row["adrg"]
            if adrg not in by_adrg:
                if adrg:
                    message = "ADRG 表中没有所属的核心组"
                    self._add(row, "adrg", "parent_unknown", message, "对照官方文本更正编码")
                continue
            if row["mdc"] not in ("", mdc_of[adrg]):
                message = f"所属 MDC 与 ADRG 表不同（{mdc_of[adrg]}），以 ADRG 表为准"
                self._add(row, "mdc", "parent_differs", message, "对照官方文本核对", warn=True)
            if kind_of(adrg) == "ambiguous":
                # The row only repeats the ambiguous group: it has no split.
                continue
            read = self._rules.read(row, "warning")
            by_adrg[adrg].append(read)
            if not read.readable:
                self._not_covered.append(adrg)
        rows: list[Row] = []
        for places in core.values():
            for place in places:
                adrg = place.row["code"]
                if not by_adrg[adrg] and place.kind not in UNCOUNTED_KINDS:
                    message = "DRG 表中没有该核心组的细分组"
                    self._add(place.row, "code", "group_without_split", message, "补全 DRG 表")
                self._tell_equal_orders(adrg, [r.row for r in by_adrg[adrg]])
                rows += [
                    {
                        "drg": r.row["code"],
                        "name": r.row["name"],
                        "rule": r.text,
                        "adrg": adrg,
                        "order": str(order),
                    }
                    for order, r in enumerate(
                        always_last(adrg, by_adrg[adrg], self._moves), start=1
                    )
                ]
        return rows

    def _tell_equal_orders(self, scope: str, rows: Iterable[SheetRow]) -> None:
        seen: dict[int, SheetRow] = {}
        for row in rows:
            order = order_of(row)
            if order is None:
                continue
            if order in seen:
                message = f"{scope} 内排序与第 {seen[order].number} 行相同，按行的先后"
                self._add(row, "order", "order_repeated", message, "对照官方文本核对", warn=True)
            seen.setdefault(order, row)

    def _cc_rows(self) -> list[Row]:
        found: dict[str, Row] = {}
        for row in self._book.sheets["CC"]:
            if row["type"] not in _LEVELS:
                if row["type"]:
                    message = "类型不是 MCC 或 CC"
                    self._add(row, "type", "level_unknown", message, "对照官方文本更正")
                continue
            made = {"code": row["code"], "level": row["type"], "table": row["table"]}
            self._keep_once(found, row, made, "同一编码有不同的类型或排除表")
        return list(found.values())

    def _exclusion_rows(self) -> list[Row]:
        found: dict[str, Row] = {}
        for row in self._book.sheets["排除表"]:
            made = {"table": row["table"], "code": row["code"]}
            self._keep_once(found, row, made, "同一主要诊断在两个排除表中")
        return list(found.values())

    def _keep_once(self, found: dict[str, Row], row: SheetRow, made: Row, conflict: str) -> None:
        code = row["code"]
        if not code:
            return
        known = found.setdefault(code, made)
        if known is made:
            return
        if known == made:
            message = "与前面的行完全重复，只留一次"
            self._add(row, "code", "row_repeated", message, "无需处理", warn=True)
        else:
            self._add(row, "code", "row_conflict", conflict, "对照官方文本只保留正确的一行")

    def _compare_tables(self, tables: Tables) -> None:
        """Look for a CC sheet and a sheet 排除表 that name their tables differently."""
        asked = {r["table"] for r in tables["cc"]}
        filled = {r["table"] for r in tables["exclusions"]}
        if asked and filled and not asked & filled:
            self._findings.append(
                Problem(
                    "CC 表、排除表",
                    "exclusion_names_differ",
                    "CC 表所指的排除表编号与“排除表”表的集合编号没有一个相同",
                    "核对两张表的编号写法",
                )
            )

    def _check_sets(self) -> None:
        self._findings += self._sets.findings
        for sheet in ("集合", "CC", "排除表"):
            self._findings += _misshapen(self._book.sheets[sheet])
        if VALID_PROCEDURES not in self._sets.codes:
            self._findings.append(
                Problem(
                    "集合 表",
                    "valid_procedures_missing",
                    "没有集合 OP_ALL（有效手术操作），不能判断手术病例",
                    "使用官方发布的完整工作簿",
                )
            )
        robot = set(self._sets.codes.get(_ROBOT, ()))
        if robot != set(self._edition.robot_procedures):
            self._findings.append(
                Problem(
                    "集合 表",
                    "robot_procedures_differ",
                    f"集合 OP_ARB（机器人辅助）不是 {'、'.join(self._edition.robot_procedures)}",
                    "对照官方文本核对",
                    "、".join(sorted(robot)) or None,
                    "warning",
                )
            )

    def _set_rows(self, tables: Tables) -> list[Row]:
        """Return the sets that rules name; a set that none names is left out and reported."""
        fields: dict[str, frozenset[str]] = {}
        for name in ("mdc", "adrg", "drg"):
            for row in tables[name]:
                for set_name, used in sets_of(self._parse(row["rule"])).items():
                    fields[set_name] = fields.get(set_name, frozenset()) | used
        unused = [n for n in self._sets.codes if n not in fields or n in VIRTUAL_SETS]
        if unused:
            self._findings.append(
                Problem(
                    "集合 表",
                    "set_unused",
                    f"{len(unused)} 个集合没有规则使用，不入包",
                    "无需处理；若是新增规则所需，核对规则中的集合编号",
                    "、".join(unused[:20]),
                    "warning",
                )
            )
        rows: list[Row] = []
        for name, codes in self._sets.codes.items():
            if name in unused:
                continue
            kind = "ZD" if fields[name] <= DIAGNOSIS_FIELDS else "SS"
            if self._sets.types.get(name, kind) != kind:
                self._findings.append(
                    Problem(
                        "集合 表",
                        "set_type_differs",
                        f"集合 {name} 的类型与规则中的用法不同，按用法",
                        "对照官方文本核对",
                        severity="warning",
                    )
                )
            rows += [{"set": name, "type": kind, "code": c} for c in codes]
        return rows

    def _parse(self, text: str) -> Condition:
        return self._rules.parse(text)

    def _names(self) -> dict[str, str]:
        """Return the names of all codes of the workbook, the first where they differ."""
        names: dict[str, str] = {}
        differ = set()
        for sheet in ("集合", "CC", "排除表"):
            for row in self._book.sheets[sheet]:
                code, name = row["code"], row["name"]
                if code and name and names.setdefault(code, name) != name:
                    differ.add(code)
        if differ:
            self._findings.append(
                Problem(
                    "集合、CC、排除表 表",
                    "names_differ",
                    f"{len(differ)} 个编码在不同行的名称不同，取第一个",
                    "无需处理；名称不影响分组",
                    "、".join(sorted(differ)[:20]),
                    "warning",
                )
            )
        return names

    def _apply(
        self, tables: Tables, names: dict[str, str]
    ) -> tuple[tuple[Patch, ...], tuple[PatchOutcome, ...]]:
        """Return the corrections that the workbook needs, row by row, and what became of each."""
        table_of = {r["code"]: r["table"] for r in tables["exclusions"]}
        chosen: list[Patch] = []
        outcomes: list[PatchOutcome] = []
        for patch in self._patches:
            applied: list[str] = []
            skipped: list[str] = []
            changes = []
            for change in patch.exclusions:
                wanted = []
                for code in change.add:
                    why = _needless(change.table, code, table_of)
                    (skipped if why else applied).append(f"{change.table} {code}{why}")
                    if not why:
                        wanted.append(code)
                if wanted:
                    changes.append(ExclusionChange(table=change.table, add=tuple(wanted)))
            for slip in patch.names:
                name = names.get(slip.code)
                if name is None or slip.was not in name:
                    why = "：工作簿中没有该编码" if name is None else "：名称已正确"
                    skipped.append(f"{slip.code} 名称{why}")
                    continue
                names[slip.code] = name.replace(slip.was, slip.becomes)
                applied.append(f"{slip.code} 名称：{name} → {names[slip.code]}")
            if changes:
                body = patch.model_dump(exclude={"names", "exclusions"})
                chosen.append(Patch(**body, exclusions=tuple(changes)))
            outcomes.append(
                PatchOutcome(patch.id, str(patch.date), patch.title, tuple(applied), tuple(skipped))
            )
        return tuple(chosen), tuple(outcomes)

    def _counts(self, tables: Tables) -> dict[str, int]:
        kinds = Counter(r["kind"] for r in tables["adrg"])
        uncounted = {r["adrg"] for r in tables["adrg"] if r["kind"] in UNCOUNTED_KINDS}
        return {
            "mdc": len(tables["mdc"]),
            "adrg": sum(n for kind, n in kinds.items() if kind not in UNCOUNTED_KINDS),
            "drg": sum(r["adrg"] not in uncounted for r in tables["drg"]),
            "ambiguous": kinds["ambiguous"],
            "fallback": kinds["fallback"],
            "mcc": sum(r["level"] == "MCC" for r in tables["cc"]),
            "cc": sum(r["level"] == "CC" for r in tables["cc"]),
            "exclusion_tables": len({r["table"] for r in tables["exclusions"]}),
            "exclusion_rows": len(tables["exclusions"]),
            "valid_procedures": len(self._sets.codes.get(VALID_PROCEDURES, ())),
            "sets": len({r["set"] for r in tables["sets"]}),
        }

    def _add(
        self,
        row: SheetRow,
        column: str,
        code: str,
        message: str,
        remedy: str,
        *,
        warn: bool = False,
    ) -> None:
        severity: Literal["error", "warning"] = "warning" if warn else "error"
        self._findings.append(row.problem(column, code, message, remedy, severity=severity))


class _Sets:
    """The sets of the workbook: codes in the order of the sheet, each once."""

    def __init__(self, rows: Iterable[SheetRow]) -> None:
        self.codes: dict[str, dict[str, None]] = {}
        self.types: dict[str, Literal["ZD", "SS"]] = {}
        self.findings: list[Problem] = []
        for row in rows:
            if not row["set"] or not row["code"]:
                continue
            codes = self.codes.setdefault(row["set"], {})
            if row["code"] in codes:
                message = "集合中重复的编码，只留一次"
                self.findings.append(
                    row.problem("code", "row_repeated", message, "无需处理", severity="warning")
                )
            codes[row["code"]] = None
            kind = _TYPES.get(row["type"].upper())
            if kind is not None:
                self.types.setdefault(row["set"], kind)


def _misshapen(rows: Iterable[SheetRow]) -> Iterator[Problem]:
    """Yield one problem for cells of a code column that look like no code.

    More than half of them mean that the column is another one.
    """
    filled = [r for r in rows if r["code"]]
    wrong = [
        r
        for r in filled
        if not (_LIKE_DIAGNOSIS.fullmatch(r["code"]) or _LIKE_PROCEDURE.fullmatch(r["code"]))
    ]
    if not wrong:
        return
    if 2 * len(wrong) > len(filled):
        message, remedy = "此列大多不是疾病或手术操作编码，可能读错了列", "核对表头与列的顺序"
        yield wrong[0].problem("code", "column_suspect", message, remedy)
        return
    for row in wrong:
        message = "不像疾病或手术操作编码"
        yield row.problem("code", "code_shape", message, "对照官方文本核对", severity="warning")


def _needless(table: str, code: str, table_of: Mapping[str, str]) -> str:
    """Return why a missing row must not be added, empty when it must."""
    if table_of.get(code) == table:
        return "：工作簿已有"
    if code in table_of:
        return f"：工作簿中已在 {table_of[code]}，以工作簿为准"
    return "" if table in table_of.values() else "：工作簿中没有该排除表"


def _require_free(out: Path, pack_id: str) -> None:
    """Refuse a folder that holds something else than this pack."""
    if not out.exists():
        return
    try:
        manifest = yaml.safe_load((out / "manifest.yaml").read_text("utf-8"))
        mine = isinstance(manifest, dict) and manifest.get("id") == pack_id
        free = mine or (out.is_dir() and not any(out.iterdir()))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        free = out.is_dir() and not any(out.iterdir())
    if not free:
        problem = Problem(
            "--out", "folder_taken", "目录中已有其他内容", "换一个空目录或新目录", str(out)
        )
        raise InputError(str(out), [problem])


def _write(
    made: _Assembled, edition: Edition, workbook: Path, out: Path, defects: list[Finding]
) -> ImportReport:
    out.mkdir(parents=True, exist_ok=True)
    # Without its manifest a half-written folder is no pack.
    for stale in (out / "manifest.yaml", out / COVERAGE, *out.glob("patches/*.yaml")):
        stale.unlink(missing_ok=True)
    for name in TABLES:
        write_rows(out / f"{name}.csv", COLUMNS[name], made.tables[name])
    names = [{"code": c, "name": n} for c, n in sorted(made.names.items())]
    write_rows(out / "names.csv", ("code", "name"), names)
    write_findings(out, defects)
    for patch in made.patches:
        (out / "patches").mkdir(exist_ok=True)
        (out / "patches" / f"{patch.id}.yaml").write_text(yaml_text(patch), "utf-8")
    if made.not_covered:
        (out / COVERAGE).write_text(yaml_text(_coverage(made.not_covered)), "utf-8")
    digest = sha256_of(workbook)
    report = ImportReport(
        edition.id,
        out,
        workbook.name,
        digest,
        tuple(_compared(made.found, edition)),
        made.cleanups,
        made.moves,
        made.adjustments,
        made.outcomes,
        made.not_covered,
        Counter(f.check for f in defects),
        made.findings,
    )
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=2)
    (out / "report.json").write_text(text + "\n", "utf-8")
    source = SourceFile(path=workbook.name, sha256=digest)
    (out / "manifest.yaml").write_text(
        "# Written by `zhibian rules import`.\n" + yaml_text(_manifest(made, edition, out, source)),
        "utf-8",
    )
    return report


def _coverage(groups: tuple[str, ...]) -> Coverage:
    """Return a gap for each core group that the workbook does not let us read."""
    return Coverage(
        gaps=tuple(
            Gap(
                id=f"unreadable-{adrg.lower()}",
                groups=(adrg,),
                title=f"{adrg} 的规则或集合不能读取",
                reason="The workbook's rule can't be read or names a set that is not there.",
                missing="A workbook in which report.json has no finding for this group",
            )
            for adrg in groups
        )
    )


def _compared(found: Mapping[str, int], edition: Edition) -> Iterator[Count]:
    stated = {**edition.official_counts, **edition.expected}
    for name, number in found.items():
        yield Count(name, number, stated.get(name))


def _manifest(made: _Assembled, edition: Edition, out: Path, source: SourceFile) -> Manifest:
    ids = tuple(p.id for p in made.patches)
    readings = {
        "default": Reading(title="官方工作簿，并应用有据可查的更正", ambiguous=True, patches=ids),
        "published": Reading(title="官方工作簿原表，不作更正", ambiguous=True),
    }
    return Manifest(
        **edition.model_dump(exclude={"expected", "robot_procedures", "ungrouped"}),
        ungrouped=made.ungrouped,
        counts=made.found,
        ambiguous_groups=tuple(r["adrg"] for r in made.tables["adrg"] if r["kind"] == "ambiguous"),
        readings=readings,
        sha256={name: sha256_of(out / f"{name}.csv") for name in TABLES},
        sources=(source,),
    )


_T = TypeVar("_T", Edition, WorkbookPatch)


def _read_yaml(path: Path, kind: type[_T]) -> _T:
    try:
        return kind.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as wrong:
        problem = Problem(
            path.name, "unreadable", "版本说明文件不能读取", "恢复随软件提供的规则目录"
        )
        raise InputError(str(path), [problem]) from wrong
