"""Scenarios (病例原型): principal diagnosis and procedures that the engine puts into a core group.

Every scenario is tried with the single-case engine before it is used, so that the share of cases
without a group is what was asked for and not an accident of the rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from zhibian.grouping.engine import group
from zhibian.grouping.evaluate import Rule
from zhibian.grouping.language import Compare, sets_of
from zhibian.grouping.pack import AdrgRule, MdcRule, RulePack
from zhibian.grouping.types import GroupingInput, Status
from zhibian.synthesis.profile import Group, Mix
from zhibian.synthesis.vocabulary import FEMALE, MALE, Fit, Vocabulary
from zhibian.synthesis.ways import Codes, Way, ways

_NEWBORN_DAYS = 28
_INFANT_DAYS = (29, 364)
# Birth weights of the groups that ask for one: between what survives and a heavy preterm child.
_WEIGHTS_G = (700, 3600)
_TRIAL_AGE = 40
_ORDINARY_WEIGHT_G = 2900

Kind = Literal["medical", "procedural", "surgical"]


@dataclass(frozen=True, slots=True)
class Target:
    """A core group that cases are drawn for.

    Attributes
    ----------
    mdc, adrg
        Codes.
    kind
        Medical, procedural or surgical.
    male
        Share of men where the codes fit both sexes.
    ages
        Name of the age profile.
    department
        Department of grown-ups.
    frailty
        Shift of frailty.
    """

    mdc: str
    adrg: str
    kind: Kind
    male: float
    ages: str
    department: str
    frailty: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """What cases of a core group have in common.

    Attributes
    ----------
    target
        The core group.
    share
        Share of all cases.
    principal
        Principal diagnosis.
    others
        Other diagnoses that the group needs.
    procedures
        Procedures, the principal one first; empty for most medical cases.
    second
        A further procedure of the group that some cases have; empty without.
    fit
        Sex and ages.
    days
        Age in days of those below one year, both ends included.
    weights
        Birth weight in grams that the group asks for, both ends included; None where any will do.
    """

    target: Target
    share: float
    principal: str
    others: tuple[str, ...]
    procedures: tuple[str, ...]
    second: str
    fit: Fit
    days: tuple[int, int]
    weights: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Scenarios:
    """All scenarios of a scheme.

    Attributes
    ----------
    all
        In the order of the pack; the shares add up to 1.
    unreached
        Core groups for which no scenario was found.
    """

    all: tuple[Scenario, ...]
    unreached: tuple[str, ...]


class _Filed(NamedTuple):
    """The codes of a front page."""

    principal: str
    others: tuple[str, ...]
    procedures: tuple[str, ...]


class _Asked(NamedTuple):
    """What a way asks of those below one year; None where it asks nothing."""

    days: tuple[int, int] | None
    weights: tuple[int, int] | None


def build_scenarios(pack: RulePack, vocabulary: Vocabulary, mix: Mix) -> Scenarios:
    """Return the scenarios of a scheme.

    Parameters
    ----------
    pack
        The scheme.
    vocabulary
        Codes that may be filed.
    mix
        Who comes with what.
    """
    found: dict[str, list[Scenario]] = {}
    unreached: list[str] = []
    aged = _aged_principals(pack)
    for mdc in pack.mdcs:
        if _letter(mdc.code) not in mix.mdcs:
            continue
        for adrg in mdc.adrgs:
            if adrg.kind in {"ambiguous", "fallback"}:
                continue
            of_group = list(_Drafter(pack, aged, vocabulary, mix, mdc, adrg).scenarios())
            if of_group:
                found[adrg.code] = of_group
            else:
                unreached.append(adrg.code)
    return Scenarios(tuple(_shared(found, mix)), tuple(unreached))


def _shared(found: dict[str, list[Scenario]], mix: Mix) -> Iterator[Scenario]:
    """Yield scenarios with their share of all cases: category x group x codes."""
    parts: defaultdict[str, float] = defaultdict(float)
    for adrg, of_group in found.items():
        parts[of_group[0].target.mdc] += _about(adrg, mix).share
    whole = sum(mix.mdcs[_letter(mdc)].share for mdc in parts)
    for adrg, of_group in found.items():
        mdc = of_group[0].target.mdc
        of_target = mix.mdcs[_letter(mdc)].share / whole * _about(adrg, mix).share / parts[mdc]
        total = sum(s.share for s in of_group)
        for scenario in of_group:
            yield replace(scenario, share=of_target * scenario.share / total)


def _target(mdc: MdcRule, adrg: AdrgRule, mix: Mix) -> Target:
    of_mdc, about = mix.mdcs[_letter(mdc.code)], _about(adrg.code, mix)
    kinds: dict[str, Kind] = {"surgical": "surgical", "procedural": "procedural"}
    kind = kinds.get(adrg.kind, "medical")
    department = of_mdc.surgical if kind == "surgical" else of_mdc.medical
    return Target(
        mdc.code,
        adrg.code,
        kind,
        of_mdc.male if about.male is None else about.male,
        about.ages or of_mdc.ages,
        about.department or department,
        about.frailty,
    )


def _letter(mdc: str) -> str:
    return mdc.removeprefix("MDC")


def _about(adrg: str, mix: Mix) -> Group:
    return mix.groups.get(adrg) or Group(share=mix.unlisted)


class _Drafter:
    """Finds the scenarios of one core group; their shares are parts of it."""

    def __init__(
        self,
        pack: RulePack,
        aged: Codes,
        vocabulary: Vocabulary,
        mix: Mix,
        mdc: MdcRule,
        adrg: AdrgRule,
    ) -> None:
        self._pack = pack
        self._aged = aged
        self._words = vocabulary
        self._mix = mix
        self._mdc = mdc
        self._adrg = adrg
        self._about = _about(adrg.code, mix)
        self._target = _target(mdc, adrg, mix)
        self._bands = mix.ages[self._target.ages]

    def scenarios(self) -> Iterator[Scenario]:
        gates = ways(self._mdc.rule.condition, self._pack.sets)
        own = ways(self._adrg.rule.condition, self._pack.sets)
        for gate in gates:
            for way in own:
                yield from self._of_way((gate + way).settled())

    def _of_way(self, way: Way) -> Iterator[Scenario]:
        asked = _Asked(_bounds(way.numbers, "XSRTL"), _bounds(way.numbers, "XSRTZ"))
        principals = self._principals(way)
        if way.main:
            candidates = self._operated(way, principals)
        else:
            ranked = _zipf(principals[: self._mix.codes.principals], self._mix)
            candidates = ((part, principal, (), "") for part, principal in ranked)
        for part, principal, procedures, second in candidates:
            filed = _Filed(principal, self._others(way, principal), procedures)
            fit = self._tried(filed, second, asked)
            if fit is None:
                continue
            of_sex = {0: 1.0, MALE: self._target.male, FEMALE: 1 - self._target.male}[fit.sex]
            if of_sex:
                more = filed._replace(procedures=(*procedures, second))
                yield Scenario(
                    self._target,
                    part * of_sex,
                    *filed,
                    second if second and self._lands(more, fit, asked) else "",
                    fit,
                    asked.days or _INFANT_DAYS,
                    asked.weights,
                )

    def _principals(self, way: Way) -> list[str]:
        """Return the principal diagnoses of a way, the commonest first."""
        if way.principal:
            codes = frozenset.intersection(*way.principal)
        else:
            codes = _all_principals(self._pack)
        return self._words.ranked(codes, self._words.diagnoses, self._about.dx)

    def _operated(
        self, way: Way, principals: list[str]
    ) -> Iterator[tuple[float, str, tuple[str, ...], str]]:
        """Yield part, principal diagnosis, procedures and a second procedure that may be added."""
        words, codes = self._words, self._mix.codes
        main = frozenset.intersection(*way.main)
        ranked = words.ranked(main, words.procedures, self._about.px)[: codes.procedures]
        further = tuple(words.first(s, words.procedures) for s in way.procedures)
        if "" in further:
            return
        heads = [p for p in principals if p.startswith(self._about.dx)] if self._about.dx else []
        heads = heads[: codes.surgical_principals * 2]
        for at, (part, procedure) in enumerate(_zipf(ranked, self._mix)):
            near = words.akin(procedure, heads)
            if len(near) < codes.surgical_principals:
                near += [p for p in words.akin(procedure, principals) if p not in near]
            second = ranked[(at + 1) % len(ranked)] if len(ranked) > 1 else ""
            for of_principal, principal in _zipf(near[: codes.surgical_principals], self._mix):
                yield part * of_principal, principal, (procedure, *further), second

    def _others(self, way: Way, principal: str) -> tuple[str, ...]:
        """Return the other diagnoses that the group needs beside a principal diagnosis."""
        words, found = self._words, [principal]
        for codes in way.diagnoses:
            if codes.isdisjoint(found):
                found.append(words.first(codes, words.diagnoses))
        return tuple(found[1:])

    def _tried(self, filed: _Filed, second: str, asked: _Asked) -> Fit | None:
        """Return whom the engine puts into the group: all, those from one year on, or infants."""
        fit = self._fit(filed, second)
        if fit.empty:
            return None
        grown = fit & Fit(0, 1, fit.oldest)
        infant = fit & Fit(0, 0, 0)
        for_grown = self._any_patient(grown) and self._lands(filed, grown, asked)
        for_infant = self._any_patient(infant) and (
            for_grown
            if filed.principal not in self._aged and asked == _Asked(None, None)
            else self._lands(filed, infant, asked)
        )
        if for_grown:
            return fit if for_infant else grown
        return infant if for_infant else None

    def _fit(self, filed: _Filed, second: str) -> Fit:
        words = self._words
        fit = words.fit(filed.principal, words.diagnoses)
        for code in filed.others:
            fit &= words.fit(code, words.diagnoses)
        for code in (*filed.procedures, second) if second else filed.procedures:
            fit &= words.fit(code, words.procedures)
        return fit

    def _any_patient(self, fit: Fit) -> bool:
        """Tell whether the group has patients whom the codes fit."""
        edges = self._mix.age_bands
        return not fit.empty and any(
            part and edges[i] <= fit.oldest and fit.youngest < edges[i + 1]
            for i, part in enumerate(self._bands)
        )

    def _lands(self, filed: _Filed, fit: Fit, asked: _Asked) -> bool:
        """Ask the engine whether a case with these codes falls into the group."""
        age = min(max(_TRIAL_AGE, fit.youngest), fit.oldest)
        days = (asked.days or _INFANT_DAYS)[0] if age == 0 else None
        weight = None
        if days is not None and days <= _NEWBORN_DAYS:
            weight = float(asked.weights[0] if asked.weights else _ORDINARY_WEIGHT_G)
        sex = fit.sex or (MALE if self._target.male >= 0.5 else FEMALE)
        case = GroupingInput(*filed, sex, age, days, weight)
        result = group(case, self._pack, trace=False)
        return result.status is Status.GROUPED and result.adrg == self._adrg.code


def _bounds(numbers: tuple[Compare, ...], field: str) -> tuple[int, int] | None:
    """Return the whole numbers that comparisons of a field leave, both ends included."""
    asked = [c for c in numbers if c.field == field]
    if not asked:
        return None
    low, high = (0, 364) if field == "XSRTL" else _WEIGHTS_G
    for c in asked:
        whole = int(c.number)
        match c.operator:
            case ">=":
                low = max(low, whole)
            case ">":
                low = max(low, whole + 1)
            case "<=":
                high = min(high, whole)
            case "<":
                high = min(high, whole - 1)
            case "=":
                low = high = whole
            case _:
                pass
    return low, high


def _zipf(items: list[str], mix: Mix) -> list[tuple[float, str]]:
    return [((rank + 1) ** -mix.codes.exponent, item) for rank, item in enumerate(items)]


def _all_principals(pack: RulePack) -> Codes:
    """Return every code that opens a category as principal diagnosis."""
    return frozenset[str]().union(*(_principals_of(mdc, pack) for mdc in pack.mdcs))


def _aged_principals(pack: RulePack) -> Codes:
    """Return the codes with which infants and grown-ups may fall into different groups."""
    return frozenset[str]().union(
        *(
            _principals_of(mdc, pack)
            for mdc in pack.mdcs
            if _asks_age(mdc.rule) or any(_asks_age(a.rule) for a in mdc.adrgs)
        )
    )


def _asks_age(rule: Rule) -> bool:
    return not rule.inputs.isdisjoint({"NL", "XSRTL", "XSRTZ"})


def _principals_of(mdc: MdcRule, pack: RulePack) -> Codes:
    return frozenset[str]().union(
        *(
            pack.sets[name]
            for name, fields in sets_of(mdc.rule.condition).items()
            if "ZYZD" in fields
        )
    )
