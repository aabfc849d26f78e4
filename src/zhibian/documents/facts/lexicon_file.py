"""Read ``lexicons/facts.yaml`` (客观事实词典文件), check it and compile it.

Spellings, units, conversions, plausible ranges and the words that say a treatment was not given are
data; here they become automata and patterns. Every pattern is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import ahocorasick
import yaml

from zhibian.documents.facts.lexicon import (
    DATE,
    NUMBER,
    TIME,
    Cues,
    FactKind,
    FactLexicon,
    Measure,
    Near,
    Staged,
    Target,
    Term,
)
from zhibian.problems import InputError, Problem

FACT_LEXICON = Path("lexicons") / "facts.yaml"

_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_COMPARATOR = r"(?P<cmp>>=|<=|[<>≥≤]|大于|小于|超过|低于|高于)?"
_BEFORE_STAGE = r"(?P<a>Ⅳ|Ⅲ|Ⅱ|Ⅰ|IV|I{1,3}|[1-4])"


def fold(text: str) -> str:
    """Return ``text`` with ASCII letters in upper case, every character at its place."""
    return text.translate(_UPPER)


def _any_of(words: Sequence[str]) -> str:
    """Return an alternation of literal words, longest first; an empty list matches nothing."""
    ordered = sorted({fold(w) for w in words}, key=lambda w: (-len(w), w))
    return "|".join(re.escape(w) for w in ordered) or r"(?!)"


def load_lexicon(rules: Path) -> FactLexicon:
    """Read and compile the lexicon of facts.

    Parameters
    ----------
    rules
        Rule folder; the lexicon is ``lexicons/facts.yaml`` in it.

    Returns
    -------
    FactLexicon
        Ready for :func:`extract_facts`.

    Raises
    ------
    InputError
        When the file is missing, no YAML, or breaks its format; all problems at once.
    """
    path = rules / FACT_LEXICON
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(str(FACT_LEXICON), [_unreadable(error)]) from error
    problems = _check(data)
    if problems:
        raise InputError(str(FACT_LEXICON), problems)
    return _compile(data)


def _unreadable(error: Exception) -> Problem:
    return Problem(
        field="facts.yaml",
        code="lexicon_unreadable",
        message=f"事实词典无法读取（{type(error).__name__}）",
        remedy="检查文件是否存在、是否为 UTF-8 编码的 YAML",
    )


def _bad(field: str, message: str) -> Problem:
    return Problem(field, "lexicon_invalid", message, "按 facts.yaml 开头的说明改正")


_LISTS = ("measures", "drugs", "treatments", "findings", "staged_before")
_CUE_KEYS = (
    "negated_before",
    "negated_after",
    "planned_before",
    "planned_after",
    "history_after",
    "stopped_before",
    "target_before",
    "protected",
)


def _check(data: object) -> list[Problem]:
    if not isinstance(data, dict):
        return [_bad("facts.yaml", "应为键值结构")]
    problems = [_bad(key, "缺少列表") for key in _LISTS if not isinstance(data.get(key), list)]
    problems += [
        _bad(key, "缺少词表")
        for key in ("ignored", "between", "chains", "baseline", "doses")
        if not isinstance(data.get(key), list)
    ]
    problems += [
        _bad(key, "缺少键值结构")
        for key in ("units", "routes", "cues", "oxygen")
        if not isinstance(data.get(key), dict)
    ]
    if problems:
        return problems
    problems += [_bad(f"cues.{k}", "缺少词表") for k in _CUE_KEYS if k not in data["cues"]]
    problems += [
        _bad(f"oxygen.{k}", "缺少词表") for k in ("room_air", "oxygen") if k not in data["oxygen"]
    ]
    for index, row in enumerate(data["measures"]):
        problems += _check_measure(f"measures[{index}]", row, data["units"])
    for key in ("drugs", "treatments", "findings", "staged_before"):
        for index, row in enumerate(data[key]):
            if not isinstance(row, dict) or not {"id", "name", "names"} <= row.keys():
                problems.append(_bad(f"{key}[{index}]", "需要 id、name、names"))
    return problems


def _check_measure(field: str, row: object, units: Mapping[str, object]) -> list[Problem]:
    needed = {"id", "kind", "name", "names", "unit", "plausible"}
    if not isinstance(row, dict) or not needed <= row.keys():
        return [_bad(field, "需要 id、kind、name、names、unit、plausible")]
    problems = []
    if row["kind"] not in set(FactKind):
        problems.append(_bad(f"{field}.kind", "类别不在取值范围内"))
    if row.get("bare", "never") not in {"never", "decimal", "any"}:
        problems.append(_bad(f"{field}.bare", "只能为 never、decimal、any"))
    if row.get("form", "number") not in {"number", "pair", "roman"}:
        problems.append(_bad(f"{field}.form", "只能为 number、pair、roman"))
    for unit in row.get("units", {}):
        if unit not in units:
            problems.append(_bad(f"{field}.units", f"单位 {unit} 未在 units 中列出"))
    bounds = row["plausible"]
    if not isinstance(bounds, list) or len(bounds) != 2:
        problems.append(_bad(f"{field}.plausible", "应为 [下限, 上限]"))
    return problems


def _measure(row: Mapping[str, Any]) -> Measure:
    return Measure(
        id=row["id"],
        kind=FactKind(row["kind"]),
        label=row["name"],
        unit=row["unit"],
        factors={u: Decimal(str(f)) for u, f in row.get("units", {}).items()},
        bare=row.get("bare", "never"),
        low=Decimal(str(row["plausible"][0])),
        high=Decimal(str(row["plausible"][1])),
        form=row.get("form", "number"),
        parts=tuple(row.get("parts", ())),
        oxygen=bool(row.get("oxygen", False)),
        fraction=bool(row.get("fraction", False)),
    )


def _compile(data: Mapping[str, Any]) -> FactLexicon:
    targets: dict[str, list[Target]] = {}
    labels: dict[str, str] = {}
    measures: dict[str, Measure] = {}

    def add(names: Sequence[str], target: Target) -> None:
        for name in names:
            known = targets.setdefault(fold(name), [])
            if target not in known:
                known.append(target)

    for row in data["measures"]:
        measure = _measure(row)
        measures.setdefault(measure.id, measure)
        labels.setdefault(measure.id, measure.label)
        add(row["names"], measure)
    for row in data["staged_before"]:
        pattern = re.compile(rf"{_BEFORE_STAGE}\s?(?:{_any_of(row['words'])})\s?$")
        add(row["names"], Staged(_measure(row), pattern))
    for key, kind in (
        ("drugs", FactKind.DRUG),
        ("treatments", FactKind.TREATMENT),
        ("findings", FactKind.FINDING),
    ):
        for row in data[key]:
            units = row.get("quantity")
            quantity = _quantity(units) if units else None
            term = Term(row["id"], kind, row["name"], quantity, bool(row.get("needs_amount")))
            labels[term.id] = term.label
            add(row["names"], term)
            if "near" in row:
                tails = tuple(fold(t) for t in row["near"]["tails"])
                add(row["near"]["heads"], Near(term, tails))
    for name in data["ignored"]:
        targets.setdefault(fold(name), [])

    names = ahocorasick.Automaton()
    for name in targets:
        names.add_word(name, name)
    names.make_automaton()

    unit_of = {fold(s): unit for unit, spellings in data["units"].items() for s in spellings}
    units = _any_of(list(unit_of))
    between = _any_of(data["between"])
    when = rf"{DATE}|{TIME}"
    arrows = r"[↑↓]{0,3}"
    value = (
        rf"\s?{_COMPARATOR}\s{{0,2}}(?P<num>{NUMBER})(?P<arrow>{arrows})"
        rf"(?:\^(?P<power>\d))?(?:\s?(?:-{{1,2}}|~|—|至)\s?(?P<num2>{NUMBER}))?"
        rf"\s{{0,2}}(?P<unit>(?:{units})(?![A-Z0-9^]))?\s?(?P<arrow2>{arrows})"
    )
    routes = {fold(s): route for route, words in data["routes"].items() for s in words}
    cues = data["cues"]
    return FactLexicon(
        labels=labels,
        units={m.id: m.unit for m in measures.values()},
        targets={name: tuple(found) for name, found in targets.items()},
        names=names,
        measures=measures,
        unit_of=unit_of,
        gap=re.compile(
            rf"\)?(?:\s{{1,3}}|:|=|\([^()\n]{{0,30}}\)|{when}|{between}|\d{{1,2}}H(?![A-Z])){{0,10}}"
        ),
        value=re.compile(value),
        next=re.compile(
            rf"\s?(?P<chain>{_any_of(data['chains'])}|[,;、(])"
            rf"(?:\s|:|\(?(?P<when>{when})\)?|(?P<label>{between})|\d{{1,2}}H(?![A-Z])){{0,5}}"
        ),
        route=re.compile(_any_of(list(routes))),
        routes=routes,
        dose=re.compile(rf"\s?(?P<num>{NUMBER})\s?(?P<unit>{_any_of(data['doses'])})"),
        doses={fold(d): d for d in data["doses"]},
        oxygen=re.compile(_any_of([*data["oxygen"]["oxygen"], *data["oxygen"]["room_air"]])),
        room_air=re.compile(_any_of(data["oxygen"]["room_air"])),
        cues=Cues(
            **{key: re.compile(_any_of(cues[key])) for key in _CUE_KEYS},
            baseline=re.compile(_any_of(data["baseline"])),
        ),
    )


def _quantity(units: Sequence[str]) -> re.Pattern[str]:
    return re.compile(
        rf"(?:输注|合计|共|约|\s|:){{0,3}}(?P<num>{NUMBER})\s?(?P<unit>{_any_of(units)})"
    )
