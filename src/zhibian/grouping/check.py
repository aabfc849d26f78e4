"""Checks of a rule pack (规则包检查): files, counts, rules, codes, reachability."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from zhibian.grouping.language import (
    DEPARTMENT,
    DIAGNOSIS_FIELDS,
    PROCEDURE_FIELDS,
    VIRTUAL_SETS,
    Condition,
    Length,
    Member,
    RuleParser,
    conjuncts,
    is_always_true,
    leaves,
    sets_of,
)
from zhibian.grouping.manifest import TABLES, TableName, Tables
from zhibian.grouping.overlay import digest
from zhibian.grouping.pack import (
    UNCOUNTED_KINDS,
    pack_of,
    patches_of,
    read_gaps,
    read_manifest,
    read_tables,
)
from zhibian.problems import InputError
from zhibian.terminology.tables import sha256_of


class Finding(NamedTuple):
    """One thing that a check found.

    Attributes
    ----------
    check
        Name of the check.
    subject
        Table, group or set.
    code
        Code or value concerned, empty when the subject says all.
    """

    check: str
    subject: str
    code: str = ""

    @property
    def fatal(self) -> bool:
        """Tell whether the pack must not be used; the others are defects of the published text."""
        return self.check in FATAL


FATAL: frozenset[str] = frozenset(
    {
        "sha256_differs",
        "base_differs",
        "count_differs",
        "official_count_differs",
        "unreadable",
        "duplicate_key",
        "empty_set",
        "unreferenced_set",
        "set_type_mismatch",
        "unknown_parent",
        "unreferenced_patch",
        "group_without_split",
    }
)

CHECKS: dict[str, str] = {
    "sha256_differs": "表的内容与清单中的 sha256 不同",
    "base_differs": "所依据的方案已改变，差异包与之合成的表与清单不同",
    "count_differs": "表的行数与清单不同",
    "official_count_differs": "数量与官方公布的不同",
    "unreadable": "表、规则或更正不能读取",
    "duplicate_key": "主键重复",
    "empty_set": "集合没有编码",
    "unreferenced_set": "集合没有被任何规则使用",
    "set_type_mismatch": "诊断集合用于手术栏，或相反",
    "unknown_parent": "上级编码不存在",
    "unreferenced_patch": "读法引用的更正不存在",
    "group_without_split": "核心组没有细分组",
    "unknown_code": "编码不在医保版编码集中",
    "repeated_code": "公布的列表中重复的编码（入包时只留一次）",
    "principal_outside_mdc": "核心组的主要诊断不在其主要诊断大类的诊断表中，永远用不到",
    "no_medical_group": "诊断表中的主要诊断没有任何不需手术操作的核心组",
    "unreachable_group": "核心组或细分组排在必然先命中的组之后",
    "unused_rule": "转录中的核心组规则没有被任何主要诊断大类引用",
    "cc_without_table": "CC/MCC 所指的排除表没有任何主要诊断，永不排除",
}


def check_pack(folder: Path) -> list[Finding]:
    """Check the files of a pack against its manifest and read every reading of it.

    Parameters
    ----------
    folder
        Folder of the pack.

    Returns
    -------
    list of Finding
        Empty when the pack is sound.

    Raises
    ------
    InputError
        The manifest or a table can't be read at all.
    """
    manifest = read_manifest(folder)
    tables = read_tables(folder, manifest)
    found = [
        Finding("sha256_differs", f"{name}.csv")
        for name in TABLES
        if _sha256(folder / f"{name}.csv") != manifest.sha256.get(name)
    ]
    if manifest.base is not None and digest(tables) != manifest.base.resolved:
        found.append(Finding("base_differs", manifest.base.scheme))
    uncounted = {r["adrg"] for r in tables["adrg"] if r["kind"] in UNCOUNTED_KINDS}
    actual = {
        "mdc": len(tables["mdc"]),
        "adrg": sum(r["kind"] not in UNCOUNTED_KINDS for r in tables["adrg"]),
        "drg": sum(r["adrg"] not in uncounted for r in tables["drg"]),
        "mcc": sum(r["level"] == "MCC" for r in tables["cc"]),
        "cc": sum(r["level"] == "CC" for r in tables["cc"]),
        "exclusion_tables": len({r["table"] for r in tables["exclusions"]}),
    }
    found += [
        Finding("count_differs", name, f"{count} != {manifest.counts.get(name)}")
        for name, count in actual.items()
        if count != manifest.counts.get(name)
    ]
    found += [
        Finding("official_count_differs", name, f"{actual.get(name)} != {count}")
        for name, count in manifest.official_counts.items()
        if actual.get(name) != count
    ]
    listed = {r["adrg"] for r in tables["adrg"] if r["kind"] == "ambiguous"}
    if listed != set(manifest.ambiguous_groups):
        found.append(Finding("count_differs", "ambiguous_groups"))
    found += _keys(tables)
    known = {p.id for p in patches_of(folder, manifest)}
    for name, reading in manifest.readings.items():
        found += [Finding("unreferenced_patch", name, p) for p in reading.patches if p not in known]
        try:
            pack_of(folder, manifest, tables, name)
        except InputError as wrong:
            found += [Finding("unreadable", p.field, p.message) for p in wrong.problems]
    if not any(f.check == "unreadable" for f in found):
        # Corrections and gaps are rules of the pack too: they may be all that names a set.
        also = [
            (p.id, r.becomes.get("rule", "")) for p in patches_of(folder, manifest) for r in p.rows
        ]
        gaps = read_gaps(folder)
        also += [(g.id, g.when) for g in gaps]
        found += _sets(tables, also)
        listed = {r["adrg"] for r in tables["adrg"]}
        found += [
            Finding("unknown_parent", f"coverage.yaml {g.id}", code)
            for g in gaps
            for code in g.groups
            if code not in listed
        ]
    return found


def _sha256(path: Path) -> str | None:
    """Return the checksum of a table, None without one: an overlay has only what differs."""
    return sha256_of(path) if path.is_file() else None


def _keys(tables: Tables) -> Iterator[Finding]:
    keys = {
        "mdc": [r["mdc"] for r in tables["mdc"]],
        "adrg": [r["adrg"] for r in tables["adrg"]],
        "drg": [r["drg"] for r in tables["drg"]],
        "sets": [f"{r['set']} {r['code']}" for r in tables["sets"]],
        "cc": [r["code"] for r in tables["cc"]],
        "exclusions": [r["code"] for r in tables["exclusions"]],
    }
    for name, values in keys.items():
        for value, times in Counter(values).items():
            if times > 1:
                yield Finding("duplicate_key", f"{name}.csv", value)
    mdcs, adrgs = set(keys["mdc"]), set(keys["adrg"])
    split = {r["adrg"] for r in tables["drg"]}
    for row in tables["adrg"]:
        if row["mdc"] not in mdcs:
            yield Finding("unknown_parent", row["adrg"], row["mdc"])
        if row["kind"] not in UNCOUNTED_KINDS and row["adrg"] not in split:
            yield Finding("group_without_split", row["adrg"])
    for row in tables["drg"]:
        if row["adrg"] not in adrgs:
            yield Finding("unknown_parent", row["drg"], row["adrg"])


def _sets(tables: Tables, also: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Look for sets of the tables that no rule names, or that a rule compares with other codes."""
    parser = RuleParser()
    types = {r["set"]: r["type"] for r in tables["sets"]}
    sizes = Counter(r["set"] for r in tables["sets"] if r["code"])
    used: set[str] = set()
    names: tuple[TableName, ...] = ("mdc", "adrg", "drg")
    rules = [(row[name], row["rule"]) for name in names for row in tables[name]]
    for owner, text in (*rules, *also):
        for set_name, fields in sets_of(parser.parse(text)).items():
            if set_name in VIRTUAL_SETS:
                continue
            used.add(set_name)
            right = _type(fields)
            if types.get(set_name, right) != right:
                yield Finding("set_type_mismatch", owner, set_name)
    for set_name in types:
        if set_name not in used:
            yield Finding("unreferenced_set", set_name)
        if not sizes[set_name]:
            yield Finding("empty_set", set_name)


def _type(fields: frozenset[str]) -> str:
    """Return the type of the sets that fields are compared with."""
    if fields == {DEPARTMENT}:
        return DEPARTMENT
    return "ZD" if fields <= DIAGNOSIS_FIELDS else "SS"


def coverage_findings(
    tables: Tables,
    diagnoses: frozenset[str],
    procedures: frozenset[str],
    repeats: Iterable[tuple[str, str]] = (),
) -> list[Finding]:
    """Return the defects of the published text itself: they are reported, never mended silently.

    Parameters
    ----------
    tables
        The tables of the pack.
    diagnoses, procedures
        The code sets of the authority.
    repeats
        Codes that a published list held more than once.
    """
    found: list[Finding] = []
    known = {"ZD": diagnoses, "SS": procedures}
    for row in tables["sets"]:
        # Departments have no code set of the authority.
        if row["type"] in known and row["code"] not in known[row["type"]]:
            found.append(Finding("unknown_code", row["set"], row["code"]))
    for name in ("cc", "exclusions"):
        for row in tables[name]:
            if row["code"] not in diagnoses:
                found.append(Finding("unknown_code", f"{name}.csv", row["code"]))
    found += [Finding("repeated_code", owner, code) for owner, code in repeats]
    found += _reach(tables)
    found += _dangling(tables)
    return found


def _dangling(tables: Tables) -> list[Finding]:
    """Return exclusion tables that CC/MCC refer to and no principal diagnosis is in."""
    filled = {r["table"] for r in tables["exclusions"]}
    empty = Counter(r["table"] for r in tables["cc"] if r["table"] not in filled)
    return [Finding("cc_without_table", t, f"{n} codes") for t, n in sorted(empty.items())]


def _reach(tables: Tables) -> Iterator[Finding]:
    parser = RuleParser()
    sets: dict[str, set[str]] = {}
    for row in tables["sets"]:
        sets.setdefault(row["set"], set()).add(row["code"])
    for mdc in tables["mdc"]:
        gate = _principals(parser.parse(mdc["rule"]), sets)
        rows = sorted(
            (
                r
                for r in tables["adrg"]
                if r["mdc"] == mdc["mdc"] and r["kind"] not in UNCOUNTED_KINDS
            ),
            key=lambda r: int(r["order"]),
        )
        rules = [(r, parser.parse(r["rule"])) for r in rows]
        yield from _within(gate, rules, sets)
    for adrg in {r["adrg"]: None for r in tables["drg"]}:
        splits = [r for r in tables["drg"] if r["adrg"] == adrg]
        splits.sort(key=lambda r: int(r["order"]))
        for before, row in pairwise(splits):
            if is_always_true(parser.parse(before["rule"])):
                yield Finding("unreachable_group", row["drg"], before["drg"])


def _within(
    gate: set[str] | None, rules: list[tuple[dict[str, str], Condition]], sets: dict[str, set[str]]
) -> Iterator[Finding]:
    """Look for codes that a category and its core groups do not agree about."""
    medical: set[str] = set()
    all_served = False
    taken: set[str] = set()
    for row, condition in rules:
        mine = _principals(condition, sets)
        if gate is not None and mine is not None:
            for code in sorted(mine - gate):
                yield Finding("principal_outside_mdc", row["adrg"], code)
        if not _asks_for_procedure(condition):
            all_served = all_served or mine is None
            medical |= mine or set()
        only = _only_principal_procedure(condition, sets)
        if only is not None:
            if only and only <= taken:
                yield Finding("unreachable_group", row["adrg"])
            taken |= only
    if gate is not None and not all_served:
        owner = rules[0][0]["mdc"] if rules else ""
        for code in sorted(gate - medical):
            yield Finding("no_medical_group", owner, code)


def _asks_for_procedure(condition: Condition) -> bool:
    """Tell whether a case without any procedure fails; ``not in`` on procedures it fulfils."""
    return any(
        set(leaf.fields) & PROCEDURE_FIELDS and not (isinstance(leaf, Member) and leaf.negated)
        for leaf in leaves(condition)
        if isinstance(leaf, Member | Length)
    )


def _principals(condition: Condition, sets: dict[str, set[str]]) -> set[str] | None:
    """Return the principal diagnoses that a rule asks for, None when it asks for none."""
    for part in conjuncts(condition):
        if isinstance(part, Member) and part.fields == ("ZYZD",) and not part.negated:
            return set().union(*(sets[n] for n in part.sets))
    return None


def _only_principal_procedure(condition: Condition, sets: dict[str, set[str]]) -> set[str] | None:
    """Return the procedures of a rule that asks for nothing but the principal procedure."""
    if isinstance(condition, Member) and condition.fields == ("ZYSS",) and not condition.negated:
        return set().union(*(sets[n] for n in condition.sets))
    return None
