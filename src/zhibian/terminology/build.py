"""Building the terminology tables from the published lists (编码表的重建).

What to build, from which file and with which remarks is data: ``recipe.yaml``
in the output folder. The build is deterministic, equal sources give equal bytes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.problems import InputError, Problem
from zhibian.terminology.code_set import CODE_HEADER, MANIFEST, PROCEDURE_HEADER
from zhibian.terminology.crosswalk import CROSSWALK_HEADER, HOMONYM_HEADER, TARGET_SEPARATOR
from zhibian.terminology.names import is_damaged, normal_spelling, repair_name, same_name
from zhibian.terminology.tables import (
    read_csv,
    read_text,
    read_yaml,
    sha256_of,
    write_csv,
    write_yaml,
)

RECIPE = "recipe.yaml"
_REMEDY = "检查 --facts 目录中的来源文件"
_RECIPE_REMEDY = "从版本库恢复 rules/terminology/recipe.yaml"
# A transcription cut dagger codes at the sign: code, tab, "+G01* " and then the second column.
_CUT_DAGGER = re.compile(r"(\+\S+\*) (.*)", re.DOTALL)
_COMMENT = "由 zhibian terminology build 生成，勿手改；来源与说明写在 recipe.yaml"


@dataclass(frozen=True, slots=True)
class BuiltTable:
    """One table that was written (一张已生成的表)."""

    id: str
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build wrote (重建结果), tables in the order of the manifest."""

    tables: tuple[BuiltTable, ...]


@dataclass(frozen=True, slots=True)
class _Mapped:
    """One code of another edition: its own name and the NHSA codes that its map leads to."""

    name: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    manifest: Mapping[str, Any]


def build_terminology(facts: Path, out: Path) -> BuildReport:
    """Rebuild code sets, crosswalks and homonym lists with their manifest.

    Parameters
    ----------
    facts
        Folder of the published lists (``facts/terminology``).
    out
        The terminology rule folder; holds ``recipe.yaml`` and receives the tables.

    Returns
    -------
    BuildReport
        The tables written.

    Raises
    ------
    InputError
        A source is absent or malformed, a count differs from the recipe, a
        code repeats, or a map leads to an unknown code. Nothing is written then.
    """
    recipe = read_yaml(out / RECIPE, _RECIPE_REMEDY)
    maps = {id: _map_rows(facts, spec) for id, spec in recipe["crosswalks"].items()}
    names: dict[str, dict[str, str]] = {}
    tables: dict[str, _Table] = {}
    for id, spec in recipe["code_sets"].items():
        names[id], tables[id] = _code_set(facts, id, spec, maps)
    for id, spec in recipe["crosswalks"].items():
        tables |= _crosswalk(facts, id, spec, maps[id], names[spec["target"]])
    for id, spec in recipe.get("name_lists", {}).items():
        tables[id] = _name_list(facts, id, spec)
    filed = recipe.get("filed_sets", {})
    _stop_on(RECIPE, _unknown_problems(RECIPE, "filed_sets 的", _unknown_walks(filed, maps)))
    built = [_write(out, id, table) for id, table in tables.items()]
    manifest = {
        id: {**table.manifest, "rows": done.rows, "sha256": done.sha256}
        for (id, table), done in zip(tables.items(), built, strict=True)
    }
    write_yaml(out / MANIFEST, {"tables": manifest, "filed_sets": filed}, _COMMENT)
    return BuildReport(tuple(built))


def _unknown_walks(
    filed: Mapping[str, Mapping[str, str]], known: Mapping[str, object]
) -> list[str]:
    return [
        entry[kind]
        for entry in filed.values()
        for kind in ("diagnoses", "procedures")
        if entry[kind] not in known
    ]


def _write(out: Path, id: str, table: _Table) -> BuiltTable:
    file = str(table.manifest["table"])
    return BuiltTable(id, file, len(table.rows), write_csv(out / file, table.header, table.rows))


def _code_set(
    facts: Path,
    id: str,
    spec: Mapping[str, Any],
    maps: Mapping[str, Mapping[str, _Mapped]],
) -> tuple[dict[str, str], _Table]:
    published = _read_names_csv(facts / spec["names"])
    listing = _read_pairs(facts / spec["listing"])
    donors = [_read_pairs(facts / file) for file in spec["donors"]]
    corrections = spec.get("corrections", {})
    names, repaired, broken = _repair_all(
        published | {code: told["name"] for code, told in corrections.items()}, donors
    )
    grey_lines = [line for line in read_text(facts / spec["grey"], _REMEDY).split("\n") if line]
    grey = set(grey_lines)
    _stop_on(
        id,
        [
            *_count_problems(id, len(names), int(spec["expected_rows"])),
            *_unknown_problems(id, "灰码", grey - names.keys()),
        ],
    )
    manifest = {
        **_provenance(facts, spec, ["names", "listing", "grey", "donors", "categories"]),
        "grey_codes": len(grey),
        "grey_lines_in_source": len(grey_lines),
        "only_in_listing": sorted(listing.keys() - names.keys()),
        "missing_in_listing": sorted(names.keys() - listing.keys()),
        "names_that_differ_from_listing": sum(
            listing[code] != name for code, name in names.items() if code in listing
        ),
        "names_repaired": repaired,
        "names_corrected": corrections,
        "names_still_damaged": broken,
    }
    rows = [[code, names[code], "1" if code in grey else "0"] for code in sorted(names)]
    if "categories" not in spec:
        return names, _Table(CODE_HEADER, rows, manifest)
    category = _categories(facts / spec["categories"], maps[spec["categories_through"]])
    rows = [[*row, category.get(row[0], "")] for row in rows]
    counts = Counter(row[3] or "未分类" for row in rows)
    manifest["categories"] = dict(sorted(counts.items()))
    return names, _Table(PROCEDURE_HEADER, rows, manifest)


def _name_list(facts: Path, id: str, spec: Mapping[str, Any]) -> _Table:
    """Return an edition that is only linked to: its codes and names, without map and grey codes."""
    lines = _read_lines(facts / spec["names"])
    names = _unique(spec["names"], lines[1:] if spec["heading"] else lines)
    _stop_on(id, _count_problems(id, len(names), int(spec["expected_rows"])))
    rows = [[code, name, "0"] for code, name in sorted(names.items())]
    return _Table(CODE_HEADER, rows, _provenance(facts, spec, ["names"]))


def _categories(path: Path, crosswalk: Mapping[str, _Mapped]) -> dict[str, str]:
    """Give each NHSA procedure the class of the clinical codes that map to it."""
    pairs = [line.split("\t") for line in read_text(path, _REMEDY).split("\n") if line]
    clinical = {code: category for code, category in pairs if code}
    sources: dict[str, set[str]] = defaultdict(set)
    own: dict[str, str] = {}
    for code, mapped in crosswalk.items():
        if code in clinical:
            for nhsa in mapped.targets:
                sources[nhsa].add(clinical[code])
                if code == nhsa:
                    own[nhsa] = clinical[code]
    agreed = {nhsa: min(found) for nhsa, found in sources.items() if len(found) == 1}
    return agreed | own


def _map_rows(facts: Path, spec: Mapping[str, Any]) -> dict[str, _Mapped]:
    """Return what each code of another edition maps to, later additions included.

    A map may lead through other editions (``map`` is then a list of files, in this order).
    """
    first, *onward = [spec["map"]] if isinstance(spec["map"], str) else spec["map"]
    targets = _read_targets(facts / first)
    for file in onward:
        step = _read_targets(facts / file)
        targets = {
            code: tuple(dict.fromkeys(t for via in found for t in step.get(via, ())))
            for code, found in targets.items()
        }
    withdrawn = set(spec.get("withdrawn_targets", ()))
    targets = {c: tuple(t for t in found if t not in withdrawn) for c, found in targets.items()}
    names = _read_source_names(facts / spec["names"], targets)
    if "later_map" in spec:
        later = dict(read_csv(facts / spec["later_map"], ("from", "to"), _REMEDY))
        additions = {code: (to.strip(),) for code, to in later.items() if code not in targets}
        names |= _read_source_names(facts / spec["later_names"], additions)
        targets |= additions
    unnamed = [code for code in targets if code not in names]
    if len(unnamed) != spec.get("unnamed_rows", 0):
        _stop_on(first, _unknown_problems(first, "没有名称的", unnamed))
    return {code: _Mapped(names.get(code, ""), found) for code, found in targets.items()}


def _read_targets(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the codes that each code leads to: none, one or several."""
    targets: dict[str, list[str]] = {}
    for row in _read_lines(path):
        code, target = _whole_dagger(row)
        found = targets.setdefault(code, [])
        spelled = normal_spelling(target)
        if spelled and spelled not in found:
            found.append(spelled)
    return {code: tuple(found) for code, found in targets.items()}


def _read_source_names(path: Path, wanted: Mapping[str, object]) -> dict[str, str]:
    """Return the names of the codes that a map has; one code under two names stops the build."""
    pairs = [_whole_dagger(row) for row in _read_lines(path)]
    return _unique(path.name, [pair for pair in dict.fromkeys(pairs) if pair[0] in wanted])


def _whole_dagger(row: Sequence[str]) -> tuple[str, str]:
    cut = _CUT_DAGGER.fullmatch(row[1])
    return (row[0] + cut[1], cut[2]) if cut else (row[0], row[1])


def _crosswalk(
    facts: Path,
    id: str,
    spec: Mapping[str, Any],
    entries: Mapping[str, _Mapped],
    nhsa_names: Mapping[str, str],
) -> dict[str, _Table]:
    names, repaired, broken = _repair_all(
        {code: mapped.name for code, mapped in entries.items()}, [nhsa_names]
    )
    targets = {code: mapped.targets for code, mapped in entries.items()}
    reached = {target for found in targets.values() for target in found}
    _stop_on(
        id,
        [
            *_count_problems(id, len(entries), int(spec["expected_rows"])),
            *_unknown_problems(id, "映射目标", reached - nhsa_names.keys()),
        ],
    )
    two_names = [
        code
        for code in sorted(names)
        if names[code] and nhsa_names.get(code, names[code]) != names[code]
    ]
    homonyms = [
        [
            code,
            names[code],
            nhsa_names[code],
            TARGET_SEPARATOR.join(targets[code]),
            _homonym_kind(code, targets[code]),
        ]
        for code in two_names
        if not same_name(names[code], nhsa_names[code])
    ]
    homonym_id = Path(spec["homonyms"]).stem
    provenance = _provenance(facts, spec, ["map", "names", "later_map", "later_names"])
    kinds = Counter(row[4] for row in homonyms)
    return {
        id: _Table(
            CROSSWALK_HEADER,
            [[code, names[code], TARGET_SEPARATOR.join(targets[code])] for code in sorted(names)],
            {
                **provenance,
                "homonyms": homonym_id,
                "source_title": spec["source_title"],
                "same_code": sum(found == (code,) for code, found in targets.items()),
                "other_code": sum(
                    len(found) == 1 and found != (code,) for code, found in targets.items()
                ),
                "several_codes": sum(len(found) > 1 for found in targets.values()),
                "without_target": sum(not found for found in targets.values()),
                "names_repaired": repaired,
                "names_still_damaged": broken,
            },
        ),
        homonym_id: _Table(
            HOMONYM_HEADER,
            homonyms,
            {
                "title": f"同码不同义：{spec['title']}",
                "table": spec["homonyms"],
                "computed_from": [id, spec["target"]],
                "moved": kinds["moved"],
                "renamed": kinds["renamed"],
                "withdrawn": kinds["withdrawn"],
                "left_out_punctuation_only": len(two_names) - len(homonyms),
                "notes": [
                    "两版同码而名称不同者；只差标点、全半角、大小写、空格的不列。",
                    f"moved：{spec['source_title']}含义在医保版另有编码；"
                    "renamed：公开映射保持原码，含义是否改变须人工核对；withdrawn：没有公开映射。",
                ],
            },
        ),
    }


def _homonym_kind(code: str, targets: tuple[str, ...]) -> str:
    if not targets:
        return "withdrawn"
    return "renamed" if targets == (code,) else "moved"


def _provenance(facts: Path, spec: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return what the recipe says of a table, with the sha256 of each source file."""
    files: list[str] = []
    for key in keys:
        value = spec.get(key, [])
        files += [value] if isinstance(value, str) else value
    sources = [{"file": file, "sha256": sha256_of(facts / file)} for file in dict.fromkeys(files)]
    told = {key: spec[key] for key in ("title", "edition", "authority", "document", "table")}
    return {**told, "sources": sources, "notes": spec["notes"]}


def _repair_all(
    names: Mapping[str, str], donors: Sequence[Mapping[str, str]]
) -> tuple[dict[str, str], list[str], list[str]]:
    """Repair damaged names; return all names, the codes repaired and those left damaged."""
    whole = dict(names)
    repaired, broken = [], []
    for code in sorted(code for code, name in names.items() if is_damaged(name)):
        found = repair_name(names[code], [donor[code] for donor in donors if code in donor])
        if found is None:
            broken.append(code)
        else:
            whole[code] = found
            repaired.append(code)
    return whole, repaired, broken


def _read_names_csv(path: Path) -> dict[str, str]:
    header = ("dx", "name") if path.name.startswith("dx") else ("proc", "name")
    return _unique(path.name, read_csv(path, header, _REMEDY))


def _read_pairs(path: Path) -> dict[str, str]:
    return _unique(path.name, _read_lines(path))


def _read_lines(path: Path) -> list[list[str]]:
    rows = [line.split("\t") for line in read_text(path, _REMEDY).split("\n") if line]
    wrong = [
        Problem(f"{path.name} 第 {number} 行", "row_width", "该行应有 2 列", _REMEDY)
        for number, row in enumerate(rows, start=1)
        if len(row) != 2
    ]
    _stop_on(path.name, wrong)
    return rows


def _unique(source: str, rows: Sequence[Sequence[str]]) -> dict[str, str]:
    counts = Counter(row[0] for row in rows)
    repeated = [code for code, count in counts.items() if count > 1]
    _stop_on(source, _unknown_problems(source, "重复的", repeated))
    return {row[0]: row[1] for row in rows}


def _count_problems(id: str, found: int, expected: int) -> list[Problem]:
    if found == expected:
        return []
    return [Problem(id, "row_count", f"应有 {expected} 条，实有 {found} 条", _REMEDY)]


def _unknown_problems(source: str, what: str, codes: Iterable[str]) -> list[Problem]:
    return [
        Problem(source, "code_conflict", f"{what}编码与字典不符", _REMEDY, code)
        for code in sorted(codes)
    ]


def _stop_on(source: str, problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(source, problems)
