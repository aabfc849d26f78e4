"""Builds the rule pack of an edition out of its transcribed tables (规则包生成).

What differs between editions is data: ``recipe.yaml`` beside ``about.yaml``. The
output depends on the input files alone: same facts, same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from zhibian.grouping.check import Finding, check_pack, coverage_findings
from zhibian.grouping.manifest import COVERAGE, TABLES, Manifest, Row, Tables
from zhibian.grouping.pack import COLUMNS
from zhibian.grouping.pack_files import write_findings, write_rows, yaml_text
from zhibian.grouping.recipe import RECIPE, Recipe, read_recipe
from zhibian.grouping.transcript import Transcript, read_transcript
from zhibian.grouping.wording import (
    VALID,
    Sets,
    alternatives,
    ambiguous,
    conditions,
    gate,
    list_sets,
    one_of,
    require,
)
from zhibian.terminology.tables import sha256_of

_AUTHORED = ("about.yaml", RECIPE, COVERAGE, "patches/*.yaml")
# Conditions of groups that transcriptions write as one word.
WHEN: Mapping[str, str] = {
    "any": "",
    "mcc": "QTZD in MCC",
    "mcc_or_cc": "QTZD in {MCC,CC}",
    "cc": "QTZD in CC",
}


def build(facts: Path, authored: Path, out: Path) -> list[Finding]:
    """Write tables, manifest and findings of the pack.

    Parameters
    ----------
    facts
        Folder of the transcribed tables (with the folder that the recipe names, and
        ``terminology``).
    authored
        Folder of what people write: ``about.yaml`` (title, authority, ambiguous groups, readings,
        known defects), ``recipe.yaml``, ``coverage.yaml`` and ``patches``.
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
    written = yaml.safe_load((authored / "about.yaml").read_text("utf-8"))
    recipe = read_recipe(authored)
    transcript = read_transcript(facts, recipe)
    tables, set_names = _tables(transcript, recipe, tuple(written["ambiguous_groups"]))
    _copy_authored(authored, out)
    for name in TABLES:
        write_rows(out / f"{name}.csv", COLUMNS[name], tables[name])
    manifest = _manifest(written, facts, out, tables, set_names, transcript.sources)
    (out / "manifest.yaml").write_text(manifest, "utf-8")
    findings = check_pack(out)
    findings += coverage_findings(
        tables, transcript.diagnoses, transcript.procedures, transcript.repeats
    )
    write_findings(out, findings)
    return findings


def _copy_authored(authored: Path, out: Path) -> None:
    (out / "patches").mkdir(parents=True, exist_ok=True)
    if authored.resolve() != out.resolve():
        for path in (p for pattern in _AUTHORED for p in sorted(authored.glob(pattern))):
            (out / path.relative_to(authored)).write_bytes(path.read_bytes())


def _tables(
    transcript: Transcript, recipe: Recipe, ambiguous_groups: tuple[str, ...]
) -> tuple[Tables, dict[str, str]]:
    sets = Sets()
    tables: Tables = {name: [] for name in TABLES}
    set_names: dict[str, str] = {}
    names = transcript.names
    lists = _lists(transcript, recipe)
    for order, mdc in enumerate(transcript.mdcs, start=1):
        code = mdc["mdc"]
        rule = gate(mdc, sets, set_names)
        tables["mdc"].append(
            {"mdc": code, "name": names["mdc"][code], "rule": rule, "order": str(order)}
        )
        members = _members(mdc, transcript)
        rows = [
            core_group(a, code, names["adrg"][a], core_rule(transcript.adrgs[a], sets, lists))
            for a in members
        ]
        unclear = f"{code[-1]}QY"
        if unclear in ambiguous_groups:
            _insert_ambiguous(rows, unclear, code, recipe)
        for place, row in enumerate(rows, start=1):
            tables["adrg"].append({**row, "order": str(place)})
        for a in members:
            tables["drg"].extend(_drgs(transcript.adrgs[a][0], names["drg"]))
    sets.add(VALID, "SS", sorted(transcript.valid_procedures))
    invalid = sorted(transcript.procedures - transcript.valid_procedures)
    for name, selection in recipe.invalid_procedure_sets.items():
        sets.add(name, "SS", (c for c in invalid if selection.takes(c)))
    tables["sets"] = sets.rows
    tables["cc"] = [dict(r) for r in transcript.severity]
    tables["exclusions"] = [dict(r) for r in transcript.exclusions]
    return tables, set_names


def _lists(transcript: Transcript, recipe: Recipe) -> dict[str, str] | None:
    """Return the set name of every named list, None where the notation has no named lists."""
    if recipe.notation == "conditions":
        return None
    return list_sets([a for rules in transcript.adrgs.values() for a in rules])


def _members(mdc: Mapping[str, Any], transcript: Transcript) -> list[str]:
    """Return the core groups of a category in order; a group with two rules is one group."""
    own = [a for a, rules in transcript.adrgs.items() if rules[0]["mdc"] == mdc["mdc"]]
    own.sort(key=lambda a: int(transcript.adrgs[a][0]["order"]))
    listed = sum(len(transcript.adrgs[a]) for a in own)
    require(listed == len(mdc["adrgs"]), mdc["mdc"])
    return own


def core_rule(
    rules: Sequence[Mapping[str, Any]], sets: Sets, lists: Mapping[str, str] | None
) -> str:
    """Return the rule of a core group; one that is transcribed as two rules takes either.

    Parameters
    ----------
    rules
        What is transcribed of the group.
    sets
        Takes the sets that the rule names.
    lists
        Set name of every named list, None where the notation has no named lists.
    """
    if lists is not None:
        require(len(rules) == 1, rules[0]["adrg"])
        return alternatives(rules[0], sets, lists)
    texts = [
        conditions(rule, sets, "" if number == 1 else f"_{number}")
        for number, rule in enumerate(rules, start=1)
    ]
    return texts[0] if len(texts) == 1 else one_of(texts)


def core_group(code: str, mdc: str, name: str, rule: str) -> Row:
    """Return the row of a core group without its order; the second sign of the code is its kind.

    Parameters
    ----------
    code, mdc, name, rule
        Columns of ``adrg.csv``.
    """
    second = code[1]
    kind = "surgical" if second <= "J" else "procedural" if second <= "Q" else "medical"
    return {"adrg": code, "name": name, "rule": rule, "mdc": mdc, "order": "", "kind": kind}


def _insert_ambiguous(rows: list[Row], code: str, mdc: str, recipe: Recipe) -> None:
    """Put the ambiguous group of a category behind the last group that needs a procedure."""
    medical = [r for r in rows if r["kind"] == "medical"]
    served = [r["rule"] for r in medical] if recipe.ambiguous_instead_of_medical else None
    rule = ambiguous(recipe.ambiguous_also.get(code, ""), served)
    row = {**core_group(code, mdc, "歧义组", rule), "kind": "ambiguous"}
    rows.insert(len(rows) - len(medical), row)


def _drgs(adrg: Mapping[str, Any], names: Mapping[str, str]) -> list[Row]:
    return [
        {
            "drg": split["drg"],
            "name": names[split["drg"]],
            "rule": WHEN[split["when"]],
            "adrg": adrg["adrg"],
            "order": str(order),
        }
        for order, split in enumerate(adrg["split"], start=1)
    ]


def counts_of(tables: Tables) -> dict[str, int]:
    """Return how much of everything the tables of a pack hold, as its manifest states it."""
    return {
        "mdc": len(tables["mdc"]),
        "adrg": sum(r["kind"] != "ambiguous" for r in tables["adrg"]),
        "ambiguous": sum(r["kind"] == "ambiguous" for r in tables["adrg"]),
        "drg": len(tables["drg"]),
        "mcc": sum(r["level"] == "MCC" for r in tables["cc"]),
        "cc": sum(r["level"] == "CC" for r in tables["cc"]),
        "exclusion_tables": len({r["table"] for r in tables["exclusions"]}),
        "exclusion_principals": len(tables["exclusions"]),
        "sets": len({r["set"] for r in tables["sets"]}),
        "valid_procedures": sum(r["set"] == VALID for r in tables["sets"]),
    }


def _manifest(
    written: Mapping[str, Any],
    facts: Path,
    out: Path,
    tables: Tables,
    set_names: Mapping[str, str],
    sources: Iterable[str],
) -> str:
    whole = {
        **written,
        "counts": counts_of(tables),
        "set_names": dict(set_names),
        "sha256": {name: sha256_of(out / f"{name}.csv") for name in TABLES},
        "sources": [{"path": s, "sha256": sha256_of(facts / s)} for s in sources],
    }
    valid = Manifest.model_validate(whole)
    return "# Written by `zhibian rules build`; edit about.yaml instead.\n" + yaml_text(valid)
