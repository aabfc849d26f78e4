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
    ARROW,
    CELL,
    DATE,
    NUMBER,
    TIME,
    Course,
    Cues,
    FactKind,
    FactLexicon,
    Measure,
    Near,
    Pattern,
    PatternPart,
    Staged,
    Target,
    Term,
)
from zhibian.documents.facts.lexicon_check import CUE_KEYS, lexicon_problems
from zhibian.problems import InputError, Problem

FACT_LEXICON = Path("lexicons") / "facts.yaml"

_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_COMPARATOR = r"(?P<cmp>>=|<=|[<>≥≤]|大于|小于|超过|低于|高于)?"
# 12,300 in groups of three; 3. 5 with a blank that a scan put in.
_THOUSANDS = r"\d{1,3}(?:,\d{3}){1,2}(?![\d.,])"
_TORN = r"\d{1,3}(?: \.|\. )\d{1,2}"
_NOT_BEFORE_DATE = r"(?<![\d.\-/])"
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
    problems = lexicon_problems(data)
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


def _measure(row: Mapping[str, Any]) -> Measure:
    bare = row.get("bare", "never")
    within = isinstance(bare, list)
    return Measure(
        id=row["id"],
        kind=FactKind(row["kind"]),
        label=row["name"],
        unit=row["unit"],
        factors={u: Decimal(str(f)) for u, f in row.get("units", {}).items()},
        bare="within" if within else bare,
        bare_range=(Decimal(str(bare[0])), Decimal(str(bare[1]))) if within else None,
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
        ("devices", FactKind.DEVICE),
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
    patterns = tuple(_pattern(row) for row in data["patterns"])
    courses = tuple(_course(row) for row in data["courses"])
    for row in data["patterns"]:
        labels |= {part["id"]: part["name"] for part in row["parts"].values()}
    labels |= {row["id"]: row["name"] for row in data["courses"]}
    fixed = {part.id: part.unit for pattern in patterns for part in pattern.parts.values()}

    names = ahocorasick.Automaton()
    for name in targets:
        names.add_word(name, name)
    names.make_automaton()

    unit_of = {fold(s): unit for unit, spellings in data["units"].items() for s in spellings}
    units = _any_of(list(unit_of))
    between = _any_of(data["between"])
    when = rf"{DATE}|{TIME}"
    value = (
        rf"{CELL}{_COMPARATOR}\s{{0,2}}(?P<num>{_THOUSANDS}|{_TORN}(?=\s?(?:{units}))|{NUMBER})"
        rf"(?P<arrow>{ARROW})"
        rf"(?:\^(?P<power>\d))?(?:\s?(?:-{{1,2}}|~|—|至)\s?(?P<num2>{NUMBER}))?"
        rf"{CELL}(?P<unit>(?:{units})(?![A-Z0-9^]))?(?P<arrow2>{ARROW})"
    )
    routes = {fold(s): route for route, words in data["routes"].items() for s in words}
    cues = data["cues"]
    return FactLexicon(
        labels=labels,
        units={m.id: m.unit for m in measures.values()}
        | fixed
        | {course.id: course.unit for course in courses},
        targets={name: tuple(found) for name, found in targets.items()},
        names=names,
        measures=measures,
        unit_of=unit_of,
        gap=re.compile(
            rf"\)?(?:\s{{1,3}}|:|=|\([^()\n]{{0,30}}\)|{when}|{between}|\d{{1,2}}H(?![A-Z])){{0,10}}"
        ),
        value=re.compile(value),
        next=re.compile(
            rf"(?:\([^()\n\d]{{1,12}}\))?\s?(?P<chain>{_any_of(data['chains'])}|[,;、(]|(?<=\s)(?={DATE}))"
            rf"(?:\s|:|\(?(?P<when>{when})\)?|(?P<label>{between})|\d{{1,2}}H(?![A-Z])){{0,5}}"
        ),
        route=re.compile(_any_of(list(routes))),
        routes=routes,
        dose=re.compile(rf"\s?(?P<num>{NUMBER})\s?(?P<unit>{_any_of(data['doses'])})(?!/D?L)"),
        doses={fold(d): d for d in data["doses"]},
        oxygen=re.compile(_any_of([*data["oxygen"]["oxygen"], *data["oxygen"]["room_air"]])),
        room_air=re.compile(_any_of(data["oxygen"]["room_air"])),
        cues=Cues(
            **{key: re.compile(_any_of(cues[key])) for key in CUE_KEYS},
            baseline=re.compile(_any_of(data["baseline"])),
        ),
        patterns=patterns,
        courses=courses,
        led_by=frozenset(data["led_by"]),
        unit=re.compile(rf"(?<![A-Z])(?:{units})(?![A-Z0-9^])"),
    )


def _quantity(units: Sequence[str]) -> re.Pattern[str]:
    return re.compile(
        rf"(?:输注|静滴|静脉输注|合计|累计|共|约|各|\(|\s|:){{0,3}}(?P<num>{NUMBER})"
        rf"\s?(?P<unit>{_any_of(units)})(?:×(?P<times>\d{{1,2}})(?:次|袋|天))?"
    )


def _pattern(row: Mapping[str, Any]) -> Pattern:
    parts = {
        group: PatternPart(
            id=part["id"],
            kind=FactKind(part["kind"]),
            unit=part.get("unit", ""),
            words={fold(w): Decimal(str(v)) for w, v in part.get("words", {}).items()},
        )
        for group, part in row["parts"].items()
    }
    return Pattern(re.compile(row["regex"]), parts, row.get("total", ""))


def _course(row: Mapping[str, Any]) -> Course:
    moment = rf"(?:{DATE}|{TIME})"
    # Behind a dash a date may begin at once: 05-01 09:00-05-03 09:00.
    last = rf"(?:{DATE.removeprefix(_NOT_BEFORE_DATE)}|{TIME})"
    names, start, stop = (_any_of(row[key]) for key in ("names", "start", "stop"))
    between = r"[^\n。]"
    return Course(
        id=row["id"],
        kind=FactKind.TREATMENT,
        unit="h",
        patterns=(
            re.compile(
                rf"(?P<from>{moment}){between}{{0,24}}?(?:{start})[^\n]{{0,60}}?"
                rf"(?P<to>{moment}){between}{{0,16}}?(?:{stop})"
            ),
            re.compile(
                rf"(?:{names}){between}{{0,16}}?(?P<from>{moment})\s?(?:-|~|—|至|→){{1,2}}\s?(?P<to>{last})"
            ),
        ),
        other=re.compile(_any_of(row.get("other", []))),
    )
