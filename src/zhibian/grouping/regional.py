"""The transcribed tables of a regional scheme (地方方案转录) as tables of a pack.

A region repeats the national tables with its own changes: which core groups there
are, how they are divided (length of stay, age, discharge way, intensive care),
whether and where it has ambiguous groups. Tables that are equal to a national one
are not repeated in its folder; ``SAME_AS.txt`` says which.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from zhibian.grouping.build import WHEN, core_group, core_rule
from zhibian.grouping.language import DIAGNOSIS_FIELDS, RuleParser, sets_of
from zhibian.grouping.manifest import TABLES, Gap, Row, SetChange, SetType, Tables
from zhibian.grouping.snippet import rule_of
from zhibian.grouping.transcript import column, noted_repeats, read_csv
from zhibian.grouping.wording import ANY_PROC, VALID, Sets, gate, one_of, require

REGIONS = "regions.yaml"
_SEVERITY = (("MCC", "mcc"), ("CC", "cc"))
_NEVER = "0"
_LEFT_OPEN = "return False"
_COMMAS = re.compile("[,，]")
_COMPARISON = re.compile(r"(\w+) (<=|<|>=|>) (\d+)")
_OTHERWISE: Mapping[str, str] = {"<=": ">", "<": ">=", ">": "<=", ">=": "<"}
_TYPOGRAPHY = str.maketrans({"、": ",", "。": "."})
# How the transcriptions write the condition of an ambiguous group.
_AMBIGUOUS: Mapping[str, str] = {
    "record.ssList and record.ssList[0] in SS_VALID": f"ZYSS in {VALID}",
    "record.ssList and intersect(SS_VALID, record.ssList)": f"{ANY_PROC} in {VALID}",
}


class GapText(BaseModel):
    """What is said about core groups whose division the sources do not tell.

    Attributes
    ----------
    title, reason, missing
        See :class:`zhibian.grouping.manifest.Gap`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    reason: str
    missing: str


class RegionalRecipe(BaseModel):
    """How the overlays of all regions are made, ``regions.yaml``.

    Attributes
    ----------
    folder
        Folder of the transcriptions inside the facts, one folder a region.
    bases
        Candidates for the base: scheme and its folder, seen from the folder of an overlay.
    national
        Folder of a national edition inside the facts, by the name that ``SAME_AS.txt`` gives it.
    undivided
        What is said about a core group without a group for some of its cases.
    unknown
        What is said about groups whose condition the sources do not hold.
    lost
        What is said about core groups whose lists of codes are empty.
    doubtful
        By region and core group: what is said where names and conditions of the groups differ and
        nothing tells which is right.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str
    bases: Mapping[str, str]
    national: Mapping[str, str]
    undivided: GapText
    unknown: GapText
    lost: GapText
    doubtful: Mapping[str, Mapping[str, GapText]] = {}


@dataclass(frozen=True, slots=True)
class Region:
    """A regional scheme as transcribed.

    Attributes
    ----------
    name
        Folder of the region.
    mdcs
        Categories in the order of evaluation.
    rules
        Rules of the core groups by their own name (``AH1_2``).
    drg_names
        Names of the groups in the list of the region.
    severity, exclusions
        Rows of ``cc`` and ``exclusions``.
    valid_procedures
        有效手术操作.
    repeats
        (owner, code) of every code that a list holds more than once.
    sources
        The files that were read, relative to the facts.
    """

    name: str
    mdcs: Sequence[Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]
    drg_names: Mapping[str, str]
    severity: Sequence[Row]
    exclusions: Sequence[Row]
    valid_procedures: frozenset[str]
    repeats: Sequence[tuple[str, str]]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegionalTables:
    """Tables of a regional scheme and what became known while they were made.

    Attributes
    ----------
    tables
        The six tables.
    set_names
        Names of body regions by set.
    gaps
        Core groups with cases for which the sources have no group.
    ambiguous_groups
        歧义组 of the region in order.
    unused
        Rules that no category of the region lists.
    """

    tables: Tables
    set_names: Mapping[str, str]
    gaps: tuple[Gap, ...]
    ambiguous_groups: tuple[str, ...]
    unused: tuple[str, ...]


def read_regional_recipe(folder: Path) -> RegionalRecipe:
    """Read ``regions.yaml`` of the folder that holds the overlays.

    Raises
    ------
    OSError
        There is none.
    """
    return RegionalRecipe.model_validate(yaml.safe_load((folder / REGIONS).read_text("utf-8")))


def read_region(facts: Path, region: str, recipe: RegionalRecipe) -> Region:
    """Read the files of a regional transcription, those that it shares with an edition too.

    Parameters
    ----------
    facts
        Folder with the transcriptions.
    region
        Folder of the region, such as ``beijing_2022``.
    recipe
        Tells where things are.

    Raises
    ------
    OSError
        A file is missing.
    """
    home = f"{recipe.folder}/{region}"
    same = dict(
        line.split("=", 1) for line in (facts / home / "SAME_AS.txt").read_text("utf-8").split()
    )
    read: list[str] = []

    def path(name: str) -> Path:
        table = name.removesuffix(".csv")
        folder = recipe.national[same[table]] if table in same else home
        read.append(f"{folder}/{name}")
        return facts / folder / name

    mdcs = json.loads(path("mdc.json").read_text("utf-8"))["mdcs"]
    rules = json.loads(path("adrg.json").read_text("utf-8"))["adrgs"]
    drg_names = {r["drg"]: r["name"].strip() for r in read_csv(path("drg.csv"))}
    severity = [
        {"code": _code(r["dx"]), "level": level, "table": r["exclusion_table"]}
        for level, name in _SEVERITY
        for r in read_csv(path(f"{name}.csv"))
    ]
    exclusions = [
        {"table": r["exclusion_table"], "code": _code(r["principal_dx"])}
        for r in read_csv(path("cce.csv"))
    ]
    valid = column(path("proc_valid.csv"), "proc")
    read.append(f"{home}/SAME_AS.txt")
    repeats = noted_repeats(mdcs, rules)
    for name, rows in (("cc.csv", severity), ("exclusions.csv", exclusions)):
        counted = Counter(r["code"] for r in rows)
        repeats += [(name, code) for code, times in counted.items() if times > 1]
    return Region(
        region,
        sorted(mdcs, key=lambda m: int(m["dispatch_order"])),
        {r["rule"]: r for r in rules},
        drg_names,
        _once(severity),
        _once(exclusions),
        valid,
        repeats,
        tuple(read),
    )


def _once(rows: Sequence[Row]) -> list[Row]:
    """Return the first row of each code: a code that is MCC and CC counts as MCC."""
    kept: dict[str, Row] = {}
    for row in rows:
        kept.setdefault(row["code"], row)
    return list(kept.values())


def _code(text: str) -> str:
    """Return a code without the byte order mark that begins the first row of some tables."""
    return text.removeprefix("\ufeff")


def regional_tables(
    region: Region, base: Tables, names: Mapping[str, str], recipe: RegionalRecipe
) -> RegionalTables:
    """Return the tables of a regional scheme.

    Parameters
    ----------
    region
        As transcribed.
    base
        Tables of the base.
    names
        Names of categories, core groups and groups in the national editions; the transcriptions
        name the groups only.
    recipe
        Tells what is said about gaps.

    Raises
    ------
    ValueError
        A condition has no counterpart in the rule language.
    """
    return _Making(region, base, names, recipe).made()


class _Making:
    """Makes the tables of one region."""

    def __init__(
        self, region: Region, base: Tables, names: Mapping[str, str], recipe: RegionalRecipe
    ) -> None:
        self._region = region
        self._base = base
        self._names = names
        self._recipe = recipe
        self._doubtful = recipe.doubtful.get(region.name, {})
        self._sets = Sets()
        self._tables: Tables = {name: [] for name in TABLES}
        self._gaps: list[Gap] = []
        self._ambiguous: list[str] = []
        self._used: set[str] = set()

    def made(self) -> RegionalTables:
        set_names: dict[str, str] = {}
        for order, mdc in enumerate(self._region.mdcs, start=1):
            code = mdc["mdc"]
            rule = gate(mdc, self._sets, set_names)
            row = {"mdc": code, "name": self._names[code], "rule": rule, "order": str(order)}
            self._tables["mdc"].append(row)
            for place, adrg in enumerate(self._category(mdc), start=1):
                self._tables["adrg"].append({**adrg, "order": str(place)})
        self._sets.add(VALID, "SS", sorted(self._region.valid_procedures))
        self._tables["sets"] = self._sets.rows
        self._tables["cc"] = [dict(r) for r in self._region.severity]
        self._tables["exclusions"] = [dict(r) for r in self._region.exclusions]
        unused = tuple(r for r in self._region.rules if r not in self._used)
        return RegionalTables(
            self._tables, set_names, tuple(self._gaps), tuple(self._ambiguous), unused
        )

    def _category(self, mdc: Mapping[str, Any]) -> list[Row]:
        """Return the core groups of a category in order, its ambiguous group among them."""
        rows: list[Row] = []
        listed = 0
        unclear = mdc["qy"]
        for code, rules in self._groups(mdc["adrgs"]):
            if unclear["enabled"] and listed == unclear["position_after"]:
                rows.append(self._ambiguous_group(mdc))
            rows += self._core(code, mdc["mdc"], rules)
            listed += sum(name.partition("_")[0] == code for name in mdc["adrgs"])
        if unclear["enabled"] and listed == unclear["position_after"]:
            rows.append(self._ambiguous_group(mdc))
        has_one = any(r["kind"] == "ambiguous" for r in rows)
        require(has_one == unclear["enabled"], f"{mdc['mdc']} position_after")
        return rows

    def _groups(self, listed: Sequence[str]) -> list[tuple[str, list[Mapping[str, Any]]]]:
        """Return the rules of each core group that a category lists, in its order."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for name in listed:
            known = self._region.rules
            # One region lists a group by its code whose rules have numbers.
            chosen = [name] if name in known else [r for r in known if r.startswith(f"{name}_")]
            require(bool(chosen), name)
            self._used.update(chosen)
            found.setdefault(known[chosen[0]]["adrg"], []).extend(known[r] for r in chosen)
        return list(found.items())

    def _ambiguous_group(self, mdc: Mapping[str, Any]) -> Row:
        code = mdc["qy"]["returns"][0]
        self._ambiguous.append(code)
        rule = _AMBIGUOUS.get(mdc["qy"]["verbatim"])
        require(rule is not None, code)
        row = core_group(code, mdc["mdc"], "歧义组", rule or "")
        return {**row, "kind": "ambiguous"}

    def _core(self, code: str, mdc: str, rules: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Return the row of a core group and note its groups."""
        splits, fallback = rules[0]["split"], rules[0]["fallback"]
        require(all(r["split"] == splits for r in rules), code)
        filled = [r for r in rules if _has_lists(r)]
        rule = core_rule(filled, self._sets, None) if filled else _NEVER
        groups = [self._group(code, order, s) for order, s in enumerate(splits, start=1)]
        texts = [g["rule"] for g in groups]
        name = self._adrg_name(code, groups)
        untold = next((i for i, s in enumerate(splits) if _untold(s)), None)
        undivided = bool(filled) and untold is None and not _exhaustive(texts)
        if not filled:
            self._lost(code)
        elif code in self._doubtful:
            self._gap(code, rule, [], self._doubtful[code])
        elif untold is not None:
            self._gap(code, rule, texts[:untold], self._recipe.unknown)
        elif undivided:
            self._gap(code, rule, texts, self._recipe.undivided)
        if undivided and fallback:
            groups.append(_undivided(code, name, len(groups) + 1))
        elif undivided:
            rule = both(rule, texts)
            groups = groups or [_undivided(code, name, 1)]
        self._tables["drg"].extend(groups)
        return [core_group(code, mdc, name, rule)]

    def _group(self, adrg: str, order: int, split: Mapping[str, Any]) -> Row:
        drg = split["drg"]
        return {
            "drg": drg,
            "name": self._drg_name(drg),
            "rule": self._when(drg, split["when"]),
            "adrg": adrg,
            "order": str(order),
        }

    def _when(self, drg: str, when: Any) -> str:
        """Return the rule of a group; one whose condition is not known is never reached."""
        if when is None:
            return _NEVER
        if isinstance(when, str):
            return WHEN[when]

        made: dict[tuple[str, ...], str] = {}

        def named(kind: str, codes: tuple[str, ...]) -> str:
            number = str(len(made) + 1) if made and codes not in made else ""
            name = made.setdefault(codes, f"{drg}_{kind}{number}")
            return self._sets.add(name, kind, codes)

        return rule_of(when["verbatim"], drg, named)

    def _gap(self, adrg: str, rule: str, told: Sequence[str], text: GapText) -> None:
        """Note the cases of a core group for which the sources have no group."""
        # A group without condition stands for the rest, wherever the transcription writes it.
        asked = [text for text in told if text]
        when = rule
        if asked:
            other = f"not {one_of(asked)}"
            when = f"{_bracketed(rule)} and {other}" if rule else other
        gap_id = f"{adrg.lower()}-groups"
        self._gaps.append(Gap(id=gap_id, groups=(adrg,), when=when, **text.model_dump()))

    def _lost(self, adrg: str) -> None:
        """Note a core group whose lists are empty: it is open where the base has the group."""
        when = next(r["rule"] for r in self._base["adrg"] if r["adrg"] == adrg)
        extra: list[SetChange] = []
        for name, fields in sets_of(RuleParser().parse(when)).items():
            if name != VALID:
                # The set of the base has another name here: the scheme has none of its own.
                when = re.sub(rf"\b{name}\b", f"{name}_BASE", when)
                codes = tuple(r["code"] for r in self._base["sets"] if r["set"] == name)
                kind: SetType = "ZD" if fields <= DIAGNOSIS_FIELDS else "SS"
                extra.append(SetChange(set=f"{name}_BASE", type=kind, add=codes))
        told = self._recipe.lost.model_dump()
        gap_id = f"{adrg.lower()}-lists"
        self._gaps.append(Gap(id=gap_id, groups=(adrg,), when=when, sets=tuple(extra), **told))

    def _drg_name(self, code: str) -> str:
        """Return the name of a group, as the base writes it where only the typography differs."""
        own, known = self._region.drg_names[code], self._names.get(code, "")
        return known if folded(known) == folded(own) else own

    def _adrg_name(self, code: str, groups: Sequence[Row]) -> str:
        """Return the name of a core group; one that no edition knows has the name of its groups."""
        if code in self._names:
            return self._names[code]
        stems = {_COMMAS.split(g["name"])[0] for g in groups}
        return stems.pop() if len(stems) == 1 else code


def _has_lists(rule: Mapping[str, Any]) -> bool:
    """Tell whether every list that a rule asks for has a code; without one it never holds."""
    asked = {k: v for k, v in rule["cond"].items() if isinstance(v, str) and "not_in" not in k}
    return all(rule.get(field) for field in asked.values())


def _untold(split: Mapping[str, Any]) -> bool:
    """Tell whether the condition of a group was left out, or left open as ``return False``."""
    return split["when"] is None or split["when"] == {"verbatim": _LEFT_OPEN}


def _undivided(code: str, name: str, order: int) -> Row:
    """Return the row that stands for a core group without a group of its own."""
    return {"drg": code, "name": name, "rule": "", "adrg": code, "order": str(order)}


def both(rule: str, choices: Sequence[str]) -> str:
    """Return a rule that asks for one of some further conditions, none of which may be empty."""
    if not choices:
        return _NEVER
    return f"{_bracketed(rule)} and {one_of(choices)}" if rule else one_of(choices)


def _bracketed(rule: str) -> str:
    return f"({rule})" if " or " in rule and not rule.startswith("(") else rule


def _exhaustive(rules: Sequence[str]) -> bool:
    """Tell whether every case finds a group: one takes all, or two share them by one number."""
    if "" in rules:
        return True
    pairs = {(m[1], m[2], m[3]) for m in map(_COMPARISON.fullmatch, rules) if m}
    return any((field, _OTHERWISE.get(sign), number) in pairs for field, sign, number in pairs)


def folded(name: str) -> str:
    """Return a name without what typography alone makes different."""
    return "".join(unicodedata.normalize("NFKC", name).split()).translate(_TYPOGRAPHY)
