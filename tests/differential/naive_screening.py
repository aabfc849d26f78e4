"""The structured signals row by row in plain Python: slow, and written for nothing but to be plain.

It reads the same rule file and shares no code with the columnar screening beyond the single-case
grouper. A test holds the two equal; the benchmark takes it as what a hospital would write first.
"""

from __future__ import annotations

import csv
import io
import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import yaml

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.pack import RulePack
from zhibian.grouping.severity import Level
from zhibian.grouping.types import GroupingInput, Status

Measures = dict[str, Any]


@dataclass(frozen=True)
class Page:
    row: int
    case: GroupingInput
    measures: Measures


def read(path: Path, pack: RulePack, codebook: CodeBook, limit: int | None = None) -> list[Page]:
    """Read pages in own layout and group each."""
    kinds = {a.code: a.kind for m in pack.mdcs for a in m.adrgs}
    by_counts = {
        a.code: [d.code if d else None for d in a.by_counts]
        for m in reversed(pack.mdcs)
        for a in reversed(m.adrgs)
        if a.by_counts is not None
    }
    pages = []
    with path.open(encoding="utf-8", newline="") as source:
        for number, cells in enumerate(csv.DictReader(source), start=2):
            if limit is not None and number - 2 >= limit:
                break
            case, _ = LAYOUTS[InputFormat.OWN].read({k: v or "" for k, v in cells.items()})
            pages.append(
                Page(number, case, _measures(cells, case, pack, codebook, kinds, by_counts))
            )
    return pages


def _measures(
    cells: Mapping[str, str],
    case: GroupingInput,
    pack: RulePack,
    codebook: CodeBook,
    kinds: Mapping[str, str],
    by_counts: Mapping[str, Sequence[str | None]],
) -> Measures:
    found = group(case, pack, codebook, trace=False)
    told: Measures = {
        "sex": None if case.sex is None else str(case.sex),
        "age": case.age,
        "days": case.days,
        "discharge_way": None if case.discharge_way is None else str(case.discharge_way),
        "principal": case.principal,
        "others": len(case.others),
        "procedures": len(case.procedures),
        "cost": float(cells["cost"]) if cells.get("cost") else None,
        "icu_hours": case.icu_hours,
        "status": found.status.value,
        "adrg": found.adrg,
        "drg": found.drg,
        "reason": found.reason.value if found.reason else None,
        "kind": kinds.get(found.adrg or "", "unknown"),
        "level": None,
        "deciding_code": None,
        "without_drg": None,
        "next_drg": None,
    }
    if found.status is not Status.GROUPED or case.principal is None:
        return told
    counted = pack.severity.counted(case.principal, case.others)
    level = Level.MCC if counted[Level.MCC] else Level.CC if counted[Level.CC] else Level.NONE
    told["level"] = level.value
    deciders = counted[level] if level is not Level.NONE else frozenset()
    if len(deciders) == 1:
        (code,) = deciders
        rest = tuple(c for c in case.others if c != code)
        without = group(replace(case, others=rest), pack, codebook, trace=False)
        if without.status is Status.GROUPED and without.drg != found.drg:
            told["deciding_code"], told["without_drg"] = code, without.drg
    _, cc, mcc, _ = by_counts.get(found.adrg or "", (None,) * 4)
    higher = {Level.NONE: (cc, mcc), Level.CC: (mcc,), Level.MCC: ()}[level]
    told["next_drg"] = next((d for d in higher if d is not None and d != found.drg), None)
    return told


def compare(pages: Sequence[Page], least_cases: int, least_spread: float) -> None:
    """Add the measures beside the other pages of the group."""
    groups: dict[str, list[Measures]] = defaultdict(list)
    for page in pages:
        if page.measures["status"] == Status.GROUPED.value:
            groups[page.measures["drg"]].append(page.measures)
    tables = {drg: _statistics(rows, least_cases, least_spread) for drg, rows in groups.items()}
    nothing: Mapping[str, float] = {}
    for page in pages:
        told = page.measures
        own = tables.get(told["drg"], nothing)
        told |= {f"{name}_{ratio}": None for name in ("cost", "days") for ratio in _RATIOS}
        for name in ("cost", "days"):
            value = told[name]
            if value and value > 0 and f"{name}_median" in own:
                centre = own[f"{name}_median"]
                told[f"{name}_ratio"] = value / centre
                told[f"{name}_score"] = math.log(value / centre) / own[f"{name}_spread"]
                told[f"{name}_over_q10"] = value / own[f"{name}_q10"]
                told[f"{name}_over_q90"] = value / own[f"{name}_q90"]
        for which in ("next", "without"):
            other = tables.get(told[f"{which}_drg"], nothing).get("cost_median")
            mine = own.get("cost_median")
            known = bool(told["cost"] and told["cost"] > 0 and other and mine)
            told[f"{which}_cost_ratio"] = other / mine if other and mine else None
            told[f"{which}_nearness"] = (
                abs(math.log(told["cost"] / mine)) - abs(math.log(told["cost"] / other))
                if known and mine and other
                else None
            )


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
}
_RATIOS = ("ratio", "score", "over_q10", "over_q90")


def _statistics(rows: Sequence[Measures], least: int, spread: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in ("cost", "days"):
        values = [float(row[name]) for row in rows if row[name] and row[name] > 0]
        if len(values) < least:
            continue
        logs = [math.log(value) for value in values]
        centre = median(logs)
        tenths = quantiles(values, n=10, method="inclusive")
        found[f"{name}_median"] = median(values)
        found[f"{name}_spread"] = max(1.4826 * median(abs(log - centre) for log in logs), spread)
        found[f"{name}_q10"], found[f"{name}_q90"] = tenths[0], tenths[8]
    return found


class Rules:
    """The signal file, asked one page at a time."""

    def __init__(self, rules: Path, only: frozenset[str]) -> None:
        folder = rules / "screening"
        told = yaml.safe_load((folder / "signals.yaml").read_text("utf-8"))
        self.sets: Mapping[str, str] = told["sets"]
        self.statistics = told["statistics"]
        self.checks = [
            (id, when) for id, when in _checks(folder, told["signals"]) if id.split("/")[0] in only
        ]

    def raised(self, page: Page) -> list[str]:
        """Return the checks that hold for a page."""
        return [id for id, when in self.checks if self._holds(when, page)]

    def _holds(self, when: Mapping[str, Any], page: Page) -> bool | None:
        if "all" in when:
            answers = [self._holds(part, page) for part in when["all"]]
            return False if False in answers else None if None in answers else True
        if "any" in when:
            answers = [self._holds(part, page) for part in when["any"]]
            return True if True in answers else None if None in answers else False
        if "not" in when:
            answer = self._holds(when["not"], page)
            return None if answer is None else not answer
        if "group" in when:
            return page.measures[when["group"]] in _words(when["in"])
        if "measure" in when:
            return _measured(when, page.measures[when["measure"]])
        return self._coded(when, page)

    def _coded(self, when: Mapping[str, Any], page: Page) -> bool:
        case = page.case
        kind = "diagnosis" if "diagnosis" in when else "procedure"
        places = {
            "diagnosis.principal": [case.principal],
            "diagnosis.other": case.others,
            "diagnosis.any": [case.principal, *case.others],
            "diagnosis.deciding": [page.measures["deciding_code"]],
            "procedure.any": case.procedures,
        }
        codes = [code for code in places[f"{kind}.{when[kind]}"] if code]
        spared = self._ranges(when.get("except", ""))
        wanted = self._ranges(when["in"])
        return any(_in(code, wanted) and not _in(code, spared) for code in codes)

    def _ranges(self, text: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for part in text.split():
            if part.startswith("@"):
                found += self._ranges(self.sets[part[1:]])
            else:
                low, _, high = part.partition("-")
                found.append((low, high or low))
        return found


def _in(code: str, ranges: Sequence[tuple[str, str]]) -> bool:
    return any(low <= code[: len(low)] and code[: len(high)] <= high for low, high in ranges)


def _words(told: Any) -> list[str]:
    return told.split() if isinstance(told, str) else list(told)


def _measured(when: Mapping[str, Any], value: Any) -> bool | None:
    if when.get("is") == "filled":
        return value is not None
    if when.get("is") == "blank":
        return value is None
    if value is None:
        return None
    if "in" in when:
        return value in _words(when["in"])
    return all(test(value, when[name]) for name, test in _COMPARE.items() if name in when)


def _checks(folder: Path, signals: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for signal in signals:
        if "for" not in signal:
            yield signal["id"], signal["when"]
            continue
        text = (folder / signal["for"]["table"]).read_text("utf-8")
        for row in csv.DictReader(io.StringIO(text)):
            yield f"{signal['id']}/{row['key']}", _filled(signal["when"], row)


def _filled(told: Any, row: Mapping[str, str]) -> Any:
    if isinstance(told, str):
        for column, cell in row.items():
            told = told.replace(f"{{{column}}}", cell)
        return told
    if isinstance(told, dict):
        return {key: _filled(value, row) for key, value in told.items()}
    return [_filled(value, row) for value in told] if isinstance(told, list) else told
