"""Rule packs (规则包): six tables and a manifest, loaded, patched and ready to be asked."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import yaml
from pydantic import ValidationError

from zhibian.grouping.candidates import Candidates, candidates
from zhibian.grouping.evaluate import Rule, counting
from zhibian.grouping.evaluate import rule as make_rule
from zhibian.grouping.language import VIRTUAL_SETS, RuleParser, RuleSyntaxError, sets_of
from zhibian.grouping.manifest import (
    COVERAGE,
    TABLES,
    Coverage,
    Gap,
    Manifest,
    Patch,
    Row,
    TableName,
    Tables,
)
from zhibian.grouping.overlay import OVERLAY_COLUMNS, Changes, OverlayError, apply
from zhibian.grouping.severity import Level, SeverityTables
from zhibian.grouping.types import Step, StepKind
from zhibian.problems import InputError, Problem

Kind = Literal["surgical", "procedural", "medical", "ambiguous", "fallback"]

COLUMNS: Mapping[TableName, tuple[str, ...]] = {
    "mdc": ("mdc", "name", "rule", "order"),
    "adrg": ("adrg", "name", "rule", "mdc", "order", "kind"),
    "drg": ("drg", "name", "rule", "adrg", "order"),
    "sets": ("set", "type", "code"),
    "cc": ("code", "level", "table"),
    "exclusions": ("table", "code"),
}
_LEVELS: Mapping[str, Level] = {level.value: level for level in Level}
DEFAULT_READING = "default"
_PLACES = ("*/*/manifest.yaml", "*/regional/*/manifest.yaml")
# The id of a rule pack without reading its whole manifest, of which there are many; manifests of
# other things have another format.
_PACK_FORMAT = re.compile(r"""^format: ["']?zhibian-rules/1["']?\s*$""", re.MULTILINE)
_PACK_ID = re.compile(r"""^id: ["']?([^"'\s]+)["']?\s*$""", re.MULTILINE)
# Rows that the authority writes into its tables but does not count as groups.
UNCOUNTED_KINDS: frozenset[str] = frozenset({"ambiguous", "fallback"})


@dataclass(frozen=True, slots=True)
class DrgRule:
    """One group (细分组 DRG)."""

    code: str
    name: str
    rule: Rule


ByCounts = tuple[DrgRule | None, DrgRule | None, DrgRule | None, DrgRule | None]


class GapRule(NamedTuple):
    """A gap of the pack and the cases that fall into it."""

    gap: Gap
    rule: Rule


@dataclass(frozen=True, slots=True)
class AdrgRule:
    """One core group (核心组 ADRG) or ambiguous group (歧义组 QY) with its groups in order.

    Attributes
    ----------
    kind
        ``surgical`` 外科手术, ``procedural`` 非手术室操作, ``medical`` 内科, ``ambiguous`` 歧义组,
        ``fallback`` 占位组: the case stays in its category without a group.
    rejection
        The step of a case for which the first condition of the rule does not hold.
    by_counts
        The groups when nothing, a CC, an MCC, or both count, each None where no group takes the
        case; None where a group asks for anything else.
    gaps
        The cases for which the sources do not tell whether the group takes them: the pack never
        guesses about them.
    """

    code: str
    name: str
    kind: Kind
    rule: Rule
    rejection: Step
    drgs: tuple[DrgRule, ...]
    by_counts: ByCounts | None
    gaps: tuple[GapRule, ...]


@dataclass(frozen=True, slots=True)
class MdcRule:
    """One major diagnostic category (主要诊断大类 MDC) with its core groups in order.

    Attributes
    ----------
    rejection
        The step of a case for which the first condition of the gate does not hold.
    asks_diagnosis
        Whether its gate looks at the principal diagnosis.
    candidates
        Which of its core groups a case can meet.
    """

    code: str
    name: str
    rule: Rule
    rejection: Step
    adrgs: tuple[AdrgRule, ...]
    asks_diagnosis: bool
    candidates: Candidates


@dataclass(frozen=True, slots=True)
class RulePack:
    """A scheme: one reading of a rule pack, immutable, passed around.

    Attributes
    ----------
    scheme
        Id as typed by users: ``chs-drg-1.1`` or ``chs-drg-1.1@published``.
    manifest
        What the pack says about itself.
    patches
        Corrections that were applied.
    gaps
        What the pack does not cover, none in a reading that takes the tables as transcribed.
    ambiguous
        Whether ambiguous groups (歧义组 QY) are on.
    strict
        Whether a case without a field that decides about a group is answered "insufficient data".
    mdcs
        Categories in the order of evaluation.
    candidates
        Which of the categories a case can meet.
    sets
        Code sets by name.
    severity
        CC/MCC list and exclusion tables.
    """

    scheme: str
    manifest: Manifest
    patches: tuple[Patch, ...]
    gaps: tuple[Gap, ...]
    ambiguous: bool
    strict: bool
    mdcs: tuple[MdcRule, ...]
    candidates: Candidates
    sets: Mapping[str, frozenset[str]]
    severity: SeverityTables

    def adrg(self, code: str) -> AdrgRule | None:
        """Return a core group by its code."""
        return next((a for m in self.mdcs for a in m.adrgs if a.code == code), None)

    def names(self) -> dict[str, str]:
        """Return the name of every category, core group and group."""
        return {
            code: name
            for m in self.mdcs
            for code, name in (
                (m.code, m.name),
                *((a.code, a.name) for a in m.adrgs),
                *((d.code, d.name) for a in m.adrgs for d in a.drgs),
            )
        }


def load_scheme(rules: Path, scheme: str) -> RulePack:
    """Load a scheme by its id.

    Parameters
    ----------
    rules
        Folder of the rule data.
    scheme
        Pack id, with ``@reading`` for another than the default reading.

    Raises
    ------
    InputError
        No such scheme (the remedy lists those there are), or the pack is damaged.
    """
    pack_id, at, reading = scheme.partition("@")
    folder = pack_folders(rules).get(pack_id)
    asked = reading if at else DEFAULT_READING
    if folder is None or asked not in read_manifest(folder).readings:
        schemes = list_schemes(rules)
        near = get_close_matches(scheme.lower(), schemes, n=3)
        hint = f"相近的有 {'、'.join(near)}；" if near else ""
        remedy = f"{hint}可用的方案：{'、'.join(schemes) or '无'}"
        problem = Problem("scheme", "scheme_unknown", "没有这个分组方案", remedy, scheme)
        raise InputError(scheme, [problem])
    return load_pack(folder, asked)


def pack_folders(rules: Path) -> dict[str, Path]:
    """Return the pack folders under ``rules`` by pack id: editions first, then overlays."""
    found: dict[str, Path] = {}
    for places in _PLACES:
        for manifest in sorted(rules.glob(places)):
            text = manifest.read_text("utf-8")
            told = _PACK_ID.search(text)
            if told and _PACK_FORMAT.search(text):
                found[told[1]] = manifest.parent
    return found


def list_schemes(rules: Path) -> list[str]:
    """Return the ids of all schemes, each reading of each pack."""
    return [
        pack_id if reading == DEFAULT_READING else f"{pack_id}@{reading}"
        for pack_id, folder in pack_folders(rules).items()
        for reading in read_manifest(folder).readings
    ]


def load_pack(folder: Path, reading: str = DEFAULT_READING) -> RulePack:
    """Load one reading of the pack in a folder.

    Raises
    ------
    InputError
        Everything that is wrong with manifest, tables, patches and rules.
    """
    manifest = read_manifest(folder)
    return pack_of(folder, manifest, read_tables(folder, manifest), reading)


def pack_of(folder: Path, manifest: Manifest, tables: Tables, reading: str) -> RulePack:
    """Return one reading of a pack whose manifest and tables are read already.

    Parameters
    ----------
    folder
        Folder of the pack, with its corrections and gaps.
    manifest, tables
        What was read of it.
    reading
        Name of the reading.

    Raises
    ------
    InputError
        Everything that is wrong with patches, gaps and rules.
    """
    how = manifest.readings[reading]
    scheme = manifest.id if reading == DEFAULT_READING else f"{manifest.id}@{reading}"
    patches = _chosen(patches_of(folder, manifest), how.patches)
    gaps = read_gaps(folder) if how.gaps else ()
    return assemble(
        scheme,
        manifest,
        tables,
        patches,
        ambiguous=how.ambiguous,
        strict=how.missing == "insufficient",
        gaps=gaps,
    )


def load_variant(
    folder: Path,
    patches: tuple[str, ...],
    *,
    ambiguous: bool,
    strict: bool = True,
    gaps: bool = True,
) -> RulePack:
    """Load a pack with freely chosen corrections, to see what each of them does.

    Parameters
    ----------
    folder
        Folder of the pack.
    patches
        Ids of the corrections to apply.
    ambiguous
        Whether ambiguous groups are on.
    strict
        Whether cases without a field that decides are answered "insufficient data".
    gaps
        Whether cases that the pack does not cover are answered so.
    """
    manifest = read_manifest(folder)
    return assemble(
        f"{manifest.id}+variant",
        manifest,
        read_tables(folder, manifest),
        _chosen(patches_of(folder, manifest), patches),
        ambiguous=ambiguous,
        strict=strict,
        gaps=read_gaps(folder) if gaps else (),
    )


def _chosen(patches: tuple[Patch, ...], ids: tuple[str, ...]) -> tuple[Patch, ...]:
    return tuple(p for p in patches if p.id in ids)


def patches_of(folder: Path, manifest: Manifest) -> tuple[Patch, ...]:
    """Return all corrections that the readings of a pack may name.

    An overlay may use the corrections of its base where a region repeats what is corrected there;
    one of its own with the same id comes instead.

    Parameters
    ----------
    folder
        Folder of the pack.
    manifest
        Its manifest.
    """
    own = read_patches(folder)
    if manifest.base is None:
        return own
    known = {p.id for p in own}
    inherited = read_patches(folder / manifest.base.folder)
    return own + tuple(p for p in inherited if p.id not in known)


def assemble(
    scheme: str,
    manifest: Manifest,
    tables: Tables,
    patches: tuple[Patch, ...],
    *,
    ambiguous: bool,
    strict: bool = True,
    gaps: tuple[Gap, ...] = (),
) -> RulePack:
    """Put patches onto tables and read every rule.

    Parameters
    ----------
    ambiguous
        Whether ambiguous groups (QY) are kept.
    strict
        Whether a missing field that decides is answered "insufficient data".
    gaps
        What the pack does not cover.

    Raises
    ------
    InputError
        All rules that can't be read, with table, row and column, and all patches that do not fit.
    """
    tables = patched(scheme, tables, patches)
    sets: dict[str, set[str]] = {}
    for row in tables["sets"]:
        sets.setdefault(row["set"], set()).add(row["code"])
    for extra in (e for g in gaps for e in g.sets):
        sets.setdefault(extra.set, set()).update(extra.add)
    frozen = {name: frozenset(codes) for name, codes in sets.items()}
    reader = _RuleReader(frozen)
    drgs: dict[str, list[DrgRule]] = {}
    for number, row in _ordered(tables["drg"]):
        made = DrgRule(row["drg"], row["name"], reader.read("drg", number, row))
        drgs.setdefault(row["adrg"], []).append(made)
    adrgs: dict[str, list[AdrgRule]] = {}
    for number, row in _ordered(tables["adrg"]):
        kind = _kind(row["kind"])
        if kind == "ambiguous" and not ambiguous:
            continue
        rule = reader.read("adrg", number, row)
        found = AdrgRule(
            row["adrg"],
            row["name"],
            kind,
            rule,
            _rejection("qy" if kind == "ambiguous" else "adrg", row["adrg"], rule),
            tuple(drgs.get(row["adrg"], ())),
            _by_counts(drgs.get(row["adrg"], ())),
            tuple(GapRule(g, reader.gap(g)) for g in gaps if row["adrg"] in g.groups),
        )
        adrgs.setdefault(row["mdc"], []).append(found)
    mdcs = tuple(
        _mdc(row, reader.read("mdc", number, row), adrgs.get(row["mdc"], ()), frozen, strict)
        for number, row in _ordered(tables["mdc"])
    )
    if reader.problems:
        raise InputError(scheme, reader.problems)
    severity = SeverityTables(
        {r["code"]: (_LEVELS[r["level"]], r["table"]) for r in tables["cc"]},
        {r["code"]: r["table"] for r in tables["exclusions"]},
    )
    gates = candidates([m.rule for m in mdcs], [False] * len(mdcs), frozen)
    return RulePack(
        scheme, manifest, patches, gaps, ambiguous, strict, mdcs, gates, frozen, severity
    )


def _mdc(
    row: Row,
    gate: Rule,
    adrgs: Sequence[AdrgRule],
    sets: Mapping[str, frozenset[str]],
    strict: bool,
) -> MdcRule:
    asks_diagnosis = any("ZYZD" in fields for fields in sets_of(gate.condition).values())
    members = _candidates(adrgs, sets, strict=strict)
    return MdcRule(
        row["mdc"],
        row["name"],
        gate,
        _rejection("mdc", row["mdc"], gate),
        tuple(adrgs),
        asks_diagnosis,
        members,
    )


def _by_counts(drgs: Sequence[DrgRule]) -> ByCounts | None:
    """Return the group for whatever counts, None where that alone does not decide."""
    for drg in drgs:
        asked = sets_of(drg.rule.condition)
        if drg.rule.inputs or any(
            name not in VIRTUAL_SETS or fields != {"QTZD"} for name, fields in asked.items()
        ):
            return None
    return (
        group_counting(drgs),
        group_counting(drgs, Level.CC),
        group_counting(drgs, Level.MCC),
        group_counting(drgs, Level.MCC, Level.CC),
    )


def group_counting(drgs: Iterable[DrgRule], *levels: Level) -> DrgRule | None:
    """Return the group for a case of which only is known at which levels a diagnosis counts.

    Parameters
    ----------
    drgs
        Groups of a core group, in order.
    levels
        MCC, CC, both or none.
    """
    facts = counting(levels)
    return next((d for d in drgs if d.rule.first_failed(facts) is None), None)


def _rejection(kind: StepKind, code: str, rule: Rule) -> Step:
    return Step(kind, code, "rejected", rule.parts[0].detail)


def _candidates(
    adrgs: Sequence[AdrgRule], sets: Mapping[str, frozenset[str]], *, strict: bool
) -> Candidates:
    # Gaps are asked before the group. Where a missing field just fails, the reason of an ungrouped
    # case depends on which condition of a rule fails first.
    always = [bool(a.gaps) or (not strict and bool(a.rule.inputs)) for a in adrgs]
    return candidates([a.rule for a in adrgs], always, sets)


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.yaml``.

    Raises
    ------
    InputError
        Not YAML or not a manifest; every wrong field is named.
    """
    path = folder / "manifest.yaml"
    return _read_yaml(path, Manifest)


def read_patches(folder: Path) -> tuple[Patch, ...]:
    """Read all corrections of a pack, in the order of their file names."""
    return tuple(_read_yaml(path, Patch) for path in sorted(folder.glob("patches/*.yaml")))


def read_gaps(folder: Path) -> tuple[Gap, ...]:
    """Read what a pack does not cover; a pack without ``coverage.yaml`` covers everything."""
    path = folder / COVERAGE
    return _read_yaml(path, Coverage).gaps if path.is_file() else ()


# The safe loader in C where the library has it: corrections list thousands of codes.
_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_T = TypeVar("_T", Manifest, Patch, Coverage)


def _read_yaml(path: Path, kind: type[_T]) -> _T:
    try:
        return kind.model_validate(yaml.load(path.read_text("utf-8"), _LOADER))
    except (OSError, yaml.YAMLError) as wrong:
        problem = Problem(path.name, "unreadable", "文件不能读取", "检查文件是否存在、是否为 YAML")
        raise InputError(str(path), [problem]) from wrong
    except ValidationError as wrong:
        raise InputError(
            str(path),
            [
                Problem(
                    f"{path.name} {'.'.join(map(str, e['loc']))}",
                    "field_invalid",
                    f"字段不合格式（{e['type']}）",
                    "按规则包说明修改",
                )
                for e in wrong.errors()
            ],
        ) from None


def read_tables(folder: Path, manifest: Manifest | None = None) -> Tables:
    """Read the six tables of a pack as text; those of an overlay are put together with its base.

    Parameters
    ----------
    folder
        Folder of the pack.
    manifest
        Its manifest, which names the base of an overlay; read when absent.

    Raises
    ------
    InputError
        A table or a column is missing, or an overlay does not fit its base.
    """
    manifest = manifest or read_manifest(folder)
    if manifest.base is None:
        return _read_files(folder, COLUMNS, TABLES)
    changes = read_changes(folder)
    home = folder / manifest.base.folder
    try:
        return apply(base_tables(home, manifest.base.scheme), changes)
    except OverlayError as wrong:
        problem = Problem(
            f"{wrong.table}.csv {wrong.key}",
            "overlay_mismatch",
            f"与所依据的方案 {manifest.base.scheme} 不符",
            "重新生成规则包",
        )
        raise InputError(str(folder), [problem]) from None


def base_tables(folder: Path, scheme: str) -> Tables:
    """Return the tables of a scheme, the corrections of its reading included.

    Parameters
    ----------
    folder
        Folder of the pack.
    scheme
        Id of the scheme; its reading decides about the corrections.

    Raises
    ------
    InputError
        The pack can't be read or has no such reading.
    """
    manifest = read_manifest(folder)
    reading = manifest.readings.get(scheme.partition("@")[2] or DEFAULT_READING)
    if reading is None:
        problem = Problem("base", "scheme_unknown", "没有这个分组方案", "核对 base 一栏", scheme)
        raise InputError(str(folder), [problem])
    return patched(
        scheme, read_tables(folder, manifest), _chosen(read_patches(folder), reading.patches)
    )


def read_changes(folder: Path) -> Changes:
    """Read the difference tables of an overlay; a table without differences has no file.

    Raises
    ------
    InputError
        A table can't be read.
    """
    there = [name for name in TABLES if (folder / f"{name}.csv").is_file()]
    return _read_files(folder, OVERLAY_COLUMNS, there)


def _read_files(
    folder: Path, columns: Mapping[TableName, tuple[str, ...]], names: Iterable[TableName]
) -> Tables:
    tables: Tables = {}
    problems: list[Problem] = []
    for name in names:
        path = folder / f"{name}.csv"
        try:
            with path.open(encoding="utf-8", newline="") as handle:
                rows = csv.reader(handle)
                header = next(rows, [])
                if tuple(header) == columns[name]:
                    tables[name] = [dict(zip(header, row, strict=True)) for row in rows]
                    continue
            message = f"列应为 {','.join(columns[name])}"
        except (OSError, UnicodeDecodeError, ValueError):
            message = "表不能读取"
        problems.append(Problem(path.name, "table_invalid", message, "重新生成规则包"))
    if problems:
        raise InputError(str(folder), problems)
    return tables


_KEYS: Mapping[str, str] = {"mdc": "mdc", "adrg": "adrg", "drg": "drg"}


def patched(scheme: str, tables: Tables, patches: tuple[Patch, ...]) -> Tables:
    """Return the tables with corrections applied; the given tables stay as they are.

    Raises
    ------
    InputError
        A patch names a row that is not there, or whose values are not those it corrects.
    """
    result: Tables = {name: [dict(r) for r in rows] if name in _KEYS else list(rows)
                      for name, rows in tables.items()} if patches else tables  # fmt: skip
    problems: list[Problem] = []
    for patch in patches:
        for change in patch.rows:
            row = next((r for r in result[change.table] if r[change.table] == change.key), None)
            if row is None or any(row[k] != v for k, v in change.was.items()):
                problems.append(
                    Problem(
                        f"patches/{patch.id} {change.table} {change.key}",
                        "patch_mismatch",
                        "更正与表中原值不符",
                        "核对更正文件的 was 一栏与规则包版本",
                    )
                )
                continue
            row.update(change.becomes)
        for extra in patch.sets:
            if extra.remove:
                gone = {(extra.set, c) for c in extra.remove}
                result["sets"] = [r for r in result["sets"] if (r["set"], r["code"]) not in gone]
            result["sets"] += [{"set": extra.set, "type": extra.type, "code": c} for c in extra.add]
        for more in patch.exclusions:
            known = {r["code"] for r in result["exclusions"]}
            for code in more.add:
                if code in known:
                    problems.append(
                        Problem(
                            f"patches/{patch.id} exclusions {code}",
                            "patch_mismatch",
                            "更正要补的编码已在排除表中",
                            "从更正文件中去掉该编码",
                        )
                    )
                else:
                    result["exclusions"].append({"table": more.table, "code": code})
    if problems:
        raise InputError(scheme, problems)
    return result


def _ordered(rows: list[Row]) -> Iterator[tuple[int, Row]]:
    """Yield rows by ``order``, each with its row number in the file (header is row 1)."""
    return iter(sorted(enumerate(rows, start=2), key=lambda item: int(item[1]["order"])))


def _kind(text: str) -> Kind:
    kinds: dict[str, Kind] = {
        "surgical": "surgical",
        "procedural": "procedural",
        "medical": "medical",
        "ambiguous": "ambiguous",
        "fallback": "fallback",
    }
    return kinds[text]


class _RuleReader:
    """Reads the rules of a pack and collects what is wrong with them."""

    def __init__(self, sets: Mapping[str, frozenset[str]]) -> None:
        self._sets = sets
        self._parser = RuleParser()
        self._made: dict[str, Rule] = {}
        self._broken = make_rule("0", self._parser.parse("0"), sets)
        self.problems: list[Problem] = []

    def read(self, table: TableName, number: int, row: Row) -> Rule:
        return self._read(row["rule"], f"{table}.csv 第 {number} 行 rule 列（{row[table]}）")

    def gap(self, gap: Gap) -> Rule:
        return self._read(gap.when, f"{COVERAGE} {gap.id} when")

    def _read(self, text: str, where: str) -> Rule:
        made = self._made.get(text)
        if made is not None:
            return made
        try:
            condition = self._parser.parse(text)
        except RuleSyntaxError as wrong:
            self.problems.append(
                Problem(where, "rule_syntax", str(wrong), "按 LANGUAGE.md 的规则语言改写")
            )
            return self._broken
        missing = [n for n in sets_of(condition) if n not in self._sets and n not in VIRTUAL_SETS]
        for name in missing:
            self.problems.append(
                Problem(where, "set_unknown", f"集合 {name} 不存在", "在 sets.csv 中补上该集合")
            )
        if missing:
            return self._broken
        made = make_rule(text, condition, self._sets)
        self._made[text] = made
        return made
