"""Builds the CHS-DRG 1.1 rule pack out of the transcribed tables (规则包生成).

The transcription keeps conditions as small objects (``{"main_dx_in": "dx"}``);
here each becomes a rule in the official language, each list a named set. The
output depends on the input files alone: same facts, same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from zhibian.grouping.check import Finding, check_pack, coverage_findings
from zhibian.grouping.manifest import TABLES, Manifest
from zhibian.grouping.pack import COLUMNS, Row, Tables

_SOURCES = (
    "chs-drg-1.1/mdc.json",
    "chs-drg-1.1/adrg.json",
    "chs-drg-1.1/names_official.json",
    "chs-drg-1.1/mcc.csv",
    "chs-drg-1.1/cc.csv",
    "chs-drg-1.1/cce.csv",
    "chs-drg-1.1/proc_valid.csv",
    "terminology/dx_names.csv",
    "terminology/proc_names.csv",
)
_ANY_DX = "{ZYZD,QTZD}"
_ANY_PROC = "{ZYSS,QTSS}"


def build(facts: Path, authored: Path, out: Path) -> list[Finding]:
    """Write tables, manifest and findings of the pack.

    Parameters
    ----------
    facts
        Folder of the transcribed tables (with ``chs-drg-1.1`` and ``terminology`` inside).
    authored
        Folder of what people write: ``about.yaml`` (title, authority, ambiguous groups, readings,
        known defects) and ``patches``.
    out
        Folder of the pack; may be the same.

    Returns
    -------
    list of Finding
        What the build checks found, also written to ``findings.csv``.

    Raises
    ------
    OSError
        A source file is missing.
    """
    base = facts / "chs-drg-1.1"
    mdcs = json.loads((base / "mdc.json").read_text("utf-8"))["mdcs"]
    adrgs = {a["adrg"]: a for a in json.loads((base / "adrg.json").read_text("utf-8"))["adrgs"]}
    names = json.loads((base / "names_official.json").read_text("utf-8"))
    written = yaml.safe_load((authored / "about.yaml").read_text("utf-8"))
    tables, set_names = _tables(base, mdcs, adrgs, names, tuple(written["ambiguous_groups"]))
    _copy_authored(authored, out)
    for name in TABLES:
        (out / f"{name}.csv").write_bytes(_csv(COLUMNS[name], tables[name]))
    manifest = _manifest(written, facts, out, tables, set_names)
    (out / "manifest.yaml").write_text(manifest, "utf-8")
    findings = check_pack(out)
    findings += coverage_findings(
        tables,
        _column(facts / "terminology/dx_names.csv", "dx"),
        _column(facts / "terminology/proc_names.csv", "proc"),
        _repeats(mdcs, adrgs.values()),
    )
    rows = [{"check": f.check, "subject": f.subject, "code": f.code} for f in findings]
    (out / "findings.csv").write_bytes(_csv(("check", "subject", "code"), rows))
    return findings


def _copy_authored(authored: Path, out: Path) -> None:
    (out / "patches").mkdir(parents=True, exist_ok=True)
    if authored.resolve() != out.resolve():
        for path in (authored / "about.yaml", *sorted(authored.glob("patches/*.yaml"))):
            (out / path.relative_to(authored)).write_bytes(path.read_bytes())


def _tables(
    base: Path,
    mdcs: list[Any],
    adrgs: Mapping[str, Any],
    names: Mapping[str, Mapping[str, str]],
    ambiguous: tuple[str, ...],
) -> tuple[Tables, dict[str, str]]:
    sets = _Sets()
    tables: Tables = {name: [] for name in TABLES}
    set_names: dict[str, str] = {}
    for mdc in sorted(mdcs, key=lambda m: m["dispatch_order"]):
        code = mdc["mdc"]
        gate = _gate(mdc, sets, set_names)
        tables["mdc"].append(
            {
                "mdc": code,
                "name": names["mdc"][code],
                "rule": gate,
                "order": str(mdc["dispatch_order"]),
            }
        )
        rows = [_adrg(adrgs[a], names["adrg"], sets) for a in mdc["adrgs"]]
        unclear = f"{code[-1]}QY"
        if unclear in ambiguous:
            rows.insert(mdc["qy"]["position_after"], _ambiguous(unclear, code))
        for order, row in enumerate(rows, start=1):
            tables["adrg"].append({**row, "order": str(order)})
        for a in mdc["adrgs"]:
            tables["drg"].extend(_drgs(adrgs[a], names["drg"]))
    sets.add("OP_ALL", "SS", sorted(_column(base / "proc_valid.csv", "proc")))
    tables["sets"] = sets.rows
    tables["cc"] = [
        {"code": r["dx"], "level": level, "table": r["exclusion_table"]}
        for level, file in (("MCC", "mcc.csv"), ("CC", "cc.csv"))
        for r in _read(base / file)
    ]
    tables["exclusions"] = sorted(
        (
            {"table": r["exclusion_table"], "code": r["principal_dx"]}
            for r in _read(base / "cce.csv")
        ),
        key=lambda r: (int(r["table"]), r["code"]),
    )
    return tables, set_names


class _Sets:
    """Collects named sets in the order in which rules need them; repeated codes are kept once."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, name: str, kind: str, codes: Iterable[str]) -> str:
        self.rows.extend({"set": name, "type": kind, "code": c} for c in dict.fromkeys(codes))
        return name


def _gate(mdc: Mapping[str, Any], sets: _Sets, set_names: dict[str, str]) -> str:
    """Return the rule of a category."""
    gate = dict(mdc["gate"])
    code = mdc["mdc"]
    parts = []
    if gate.pop("main_proc_valid", False):
        parts.append("ZYSS in OP_ALL")
    regions = mdc.get("trauma_regions", {})
    region_sets = [
        sets.add(f"{code}_ZD{i}", "ZD", sorted(codes))
        for i, codes in enumerate(regions.values(), start=1)
    ]
    set_names.update(zip(region_sets, regions, strict=True))
    if gate.pop("main_dx_in", None) == "main_dx":
        if regions:
            # The table of the category is exactly the union of its regions.
            _require(set(mdc["main_dx"]) == set().union(*regions.values()), code)
            parts.append(f"ZYZD in {{{','.join(region_sets)}}}")
        else:
            parts.append(f"ZYZD in {sets.add(f'{code}_ZD', 'ZD', sorted(mdc['main_dx']))}")
    if (least := gate.pop("min_distinct_regions", None)) is not None:
        inside = ", ".join(f"{_ANY_DX} in {s}" for s in region_sets)
        parts.append(f"count({inside}) >= {least}")
    if (sex := gate.pop("sex", None)) is not None:
        parts.append(f"XB = {sex}")
    if (years := gate.pop("age_years_eq", None)) is not None:
        parts.append(f"NL = {years}")
    _require(not gate, code)
    return " and ".join(parts)


def _adrg(adrg: Mapping[str, Any], names: Mapping[str, str], sets: _Sets) -> Row:
    code = adrg["adrg"]
    second = code[1]
    kind = "surgical" if second <= "J" else "procedural" if second <= "Q" else "medical"
    return {
        "adrg": code,
        "name": names[code],
        "rule": _condition(adrg, sets),
        "mdc": adrg["mdc"],
        "order": "",
        "kind": kind,
    }


def _ambiguous(code: str, mdc: str) -> Row:
    """Return the row of an ambiguous group; newborns below 29 days only in MDCP."""
    rule = "ZYSS in OP_ALL and XSRTL < 29" if mdc == "MDCP" else "ZYSS in OP_ALL"
    return {
        "adrg": code,
        "name": "歧义组",
        "rule": rule,
        "mdc": mdc,
        "order": "",
        "kind": "ambiguous",
    }


def _condition(adrg: Mapping[str, Any], sets: _Sets) -> str:
    """Return the rule of a core group."""
    cond = dict(adrg["cond"])
    code = adrg["adrg"]
    parts = []

    def named(suffix: str, kind: str, field: str) -> str:
        return sets.add(f"{code}_{suffix}", kind, adrg[field])

    if cond.pop("main_dx_in", None):
        parts.append(f"ZYZD in {named('ZD', 'ZD', 'dx')}")
    if cond.pop("any_dx_in", None):
        parts.append(f"{_ANY_DX} in {named('ZD', 'ZD', 'dx')}")
    # Every condition on procedures below is false without one, so "has a procedure" adds nothing.
    cond.pop("has_proc", None)
    if cond.pop("main_proc_in", None):
        parts.append(f"ZYSS in {named('SS', 'SS', 'proc')}")
    if cond.pop("any_proc_in", None):
        parts.append(f"{_ANY_PROC} in {named('SS', 'SS', 'proc')}")
    if cond.pop("any_proc_in_2", None):
        parts.append(f"{_ANY_PROC} in {named('SS2', 'SS', 'proc2')}")
    if cond.pop("main_proc_valid", None):
        parts.append("ZYSS in OP_ALL")
    if cond.pop("any_proc_valid", None) is False:
        parts.append(f"{_ANY_PROC} not in OP_ALL")
    if (choices := cond.pop("proc_classes_dnf", None)) is not None:
        parts.append(_classes(code, adrg["proc_classes"], choices, sets))
    # A missing weight fails every comparison, so "weight is present" adds nothing.
    cond.pop("weight_present", None)
    if (least := cond.pop("weight_ge", None)) is not None:
        parts.append(f"XSRTZ >= {least}")
    if (below := cond.pop("weight_lt", None)) is not None:
        parts.append(f"XSRTZ < {below}")
    if (days := cond.pop("age_days_max", None)) is not None:
        parts.append(f"XSRTL <= {days}")
    _require(not cond, code)
    return " and ".join(parts)


def _classes(
    code: str, classes: Mapping[str, list[str]], choices: list[list[str]], sets: _Sets
) -> str:
    """Return a choice of combinations of procedure classes (甲类与乙类手术同时发生)."""
    names = {c: sets.add(f"{code}_SS{c}", "SS", codes) for c, codes in sorted(classes.items())}
    terms = [
        " and ".join(f"{_ANY_PROC} in {names[c]}" for c in combination) for combination in choices
    ]
    return "(" + " or ".join(f"({t})" if " and " in t else t for t in terms) + ")"


_WHEN = {"any": "", "mcc": "QTZD in MCC", "mcc_or_cc": "QTZD in {MCC,CC}"}


def _drgs(adrg: Mapping[str, Any], names: Mapping[str, str]) -> list[Row]:
    return [
        {
            "drg": split["drg"],
            "name": names[split["drg"]],
            "rule": _WHEN[split["when"]],
            "adrg": adrg["adrg"],
            "order": str(order),
        }
        for order, split in enumerate(adrg["split"], start=1)
    ]


def _manifest(
    written: Mapping[str, Any], facts: Path, out: Path, tables: Tables, set_names: Mapping[str, str]
) -> str:
    counts = {
        "mdc": len(tables["mdc"]),
        "adrg": sum(r["kind"] != "ambiguous" for r in tables["adrg"]),
        "ambiguous": sum(r["kind"] == "ambiguous" for r in tables["adrg"]),
        "drg": len(tables["drg"]),
        "mcc": sum(r["level"] == "MCC" for r in tables["cc"]),
        "cc": sum(r["level"] == "CC" for r in tables["cc"]),
        "exclusion_tables": len({r["table"] for r in tables["exclusions"]}),
        "exclusion_principals": len(tables["exclusions"]),
        "sets": len({r["set"] for r in tables["sets"]}),
        "valid_procedures": sum(r["set"] == "OP_ALL" for r in tables["sets"]),
    }
    whole = {
        **written,
        "counts": counts,
        "set_names": dict(set_names),
        "sha256": {name: _sha256(out / f"{name}.csv") for name in TABLES},
        "sources": [{"path": s, "sha256": _sha256(facts / s)} for s in _SOURCES],
    }
    valid = Manifest.model_validate(whole)
    text: str = yaml.safe_dump(
        valid.model_dump(mode="json"), allow_unicode=True, sort_keys=False, width=100
    )
    return "# Written by `zhibian rules build`; edit about.yaml instead.\n" + text


def _repeats(mdcs: list[Any], adrgs: Iterable[Any]) -> list[tuple[str, str]]:
    """Return (owner, code) of every code that a published list holds more than once."""
    found = [(m["mdc"], c) for m in mdcs for c in dict.fromkeys(m["main_dx_repeats"])]
    for adrg in adrgs:
        for field in ("repeats_dx", "repeats_proc", "repeats_proc2"):
            found += [(adrg["adrg"], c) for c in dict.fromkeys(adrg.get(field, ()))]
    return found


def _require(truth: bool, subject: str) -> None:
    if not truth:
        raise ValueError(f"{subject}: a condition that the rule language does not know yet")


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _column(path: Path, name: str) -> frozenset[str]:
    return frozenset(r[name] for r in _read(path))


def _csv(columns: tuple[str, ...], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
