"""The transcribed tables of an edition (公开转录) as the build reads them, whatever their files."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.grouping.recipe import Recipe

TERMINOLOGY = ("terminology/dx_names.csv", "terminology/proc_names.csv")


@dataclass(frozen=True, slots=True)
class Transcript:
    """An edition as transcribed, with the corrections of the recipe in place.

    Attributes
    ----------
    mdcs
        Categories in the order of evaluation, as transcribed.
    adrgs
        What is transcribed of each core group; a few have two rules.
    names
        Names by code, under ``mdc``, ``adrg`` and ``drg``.
    severity
        Rows (code, level, table) of CC and MCC.
    exclusions
        Rows (table, code).
    valid_procedures
        有效手术操作.
    diagnoses, procedures
        The code sets of the authority.
    repeats
        (owner, code) of every code that a list holds more than once.
    sources
        The files that were read, relative to the facts.
    """

    mdcs: Sequence[Mapping[str, Any]]
    adrgs: Mapping[str, Sequence[Mapping[str, Any]]]
    names: Mapping[str, Mapping[str, str]]
    severity: Sequence[Mapping[str, str]]
    exclusions: Sequence[Mapping[str, str]]
    valid_procedures: frozenset[str]
    diagnoses: frozenset[str]
    procedures: frozenset[str]
    repeats: Sequence[tuple[str, str]]
    sources: tuple[str, ...]


def read_transcript(facts: Path, recipe: Recipe) -> Transcript:
    """Read the files of a transcription.

    Parameters
    ----------
    facts
        Folder with the transcriptions and ``terminology``.
    recipe
        Tells folder, notation and corrections.

    Raises
    ------
    OSError
        A file is missing.
    """
    base = facts / recipe.folder
    mdcs = json.loads((base / "mdc.json").read_text("utf-8"))["mdcs"]
    rules = json.loads((base / "adrg.json").read_text("utf-8"))["adrgs"]
    files = ["mdc.json", "adrg.json"]
    if recipe.notation == "conditions":
        files.append("names_official.json")
        names = json.loads((base / "names_official.json").read_text("utf-8"))
        repeats = noted_repeats(mdcs, rules)
    else:
        files += [f"{kind}_names.csv" for kind in ("mdc", "adrg", "drg")]
        names = {
            kind: {r[kind]: r["name"] for r in read_csv(base / f"{kind}_names.csv")}
            for kind in ("mdc", "adrg", "drg")
        }
        repeats = _found_repeats(rules)
    if recipe.corrections is not None:
        files += [recipe.corrections.gates, recipe.corrections.rules]
        mdcs = _corrected(base / recipe.corrections.gates, mdcs, "mdc")
        rules = _corrected(base / recipe.corrections.rules, rules, "adrg")
    adrgs: dict[str, list[Mapping[str, Any]]] = {}
    for rule in rules:
        adrgs.setdefault(rule["adrg"], []).append(rule)
    files += ["mcc.csv", "cc.csv", "cce.csv", "proc_valid.csv"]
    return Transcript(
        sorted(mdcs, key=lambda m: int(m["dispatch_order"])),
        adrgs,
        names,
        [
            {"code": r["dx"], "level": level, "table": r["exclusion_table"]}
            for level, file in (("MCC", "mcc.csv"), ("CC", "cc.csv"))
            for r in read_csv(base / file)
        ],
        sorted(
            (
                {"table": r["exclusion_table"], "code": r["principal_dx"]}
                for r in read_csv(base / "cce.csv")
            ),
            key=lambda r: (int(r["table"]), r["code"]),
        ),
        column(base / "proc_valid.csv", "proc"),
        column(facts / "terminology/dx_names.csv", "dx"),
        column(facts / "terminology/proc_names.csv", "proc"),
        repeats,
        (*(f"{recipe.folder}/{name}" for name in files), *TERMINOLOGY),
    )


def _corrected(path: Path, rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return rows with the fields replaced that a file of corrections gives for them."""
    corrections = json.loads(path.read_text("utf-8"))
    unknown = corrections.keys() - {row[key] for row in rows}
    if unknown:
        raise ValueError(f"{path.name}: corrections of rows that do not exist: {sorted(unknown)}")
    return [{**row, **corrections.get(row[key], {})} for row in rows]


def noted_repeats(
    mdcs: Sequence[Mapping[str, Any]], rules: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Return the repeated codes that a transcription noted beside its lists.

    Parameters
    ----------
    mdcs, rules
        Categories and rules of core groups, as transcribed.

    Returns
    -------
    list of (str, str)
        Owner and code.
    """
    found = [(m["mdc"], c) for m in mdcs for c in dict.fromkeys(m["main_dx_repeats"])]
    for rule in rules:
        for field in ("repeats_dx", "repeats_proc", "repeats_proc2"):
            found += [(rule["adrg"], c) for c in dict.fromkeys(rule.get(field, ()))]
    return found


def _found_repeats(rules: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [
        (rule["adrg"], code)
        for rule in rules
        for codes in rule["lists"].values()
        for code, times in Counter(codes).items()
        if times > 1
    ]


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a table as text."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def column(path: Path, name: str) -> frozenset[str]:
    """Read one column of a table as a set."""
    return frozenset(r[name] for r in read_csv(path))
