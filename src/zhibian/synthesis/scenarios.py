"""Scenarios (病例原型): principal diagnosis and procedures that the engine puts into a core group.

Every scenario is tried with the single-case engine before it is used, so that the share of cases
without a group is what was asked for and not an accident of the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from zhibian.grouping.engine import group
from zhibian.grouping.language import Compare, sets_of
from zhibian.grouping.pack import AdrgRule, MdcRule, RulePack
from zhibian.grouping.types import GroupingInput, Status
from zhibian.synthesis.profile import Group, Mdc, Mix
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
    share
        Share of all cases.
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
    share: float
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


class _Draft(NamedTuple):
    """A scenario before shares are known."""

    part: float
    principal: str
    others: tuple[str, ...]
    procedures: tuple[str, ...]
    second: str
    fit: Fit
    days: tuple[int, int]
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
    drafts: dict[str, list[_Draft]] = {}
    unreached: list[str] = []
    chosen: list[tuple[MdcRule, AdrgRule]] = []
    for mdc in pack.mdcs:
        for adrg in mdc.adrgs:
            if (
                adrg.kind in ("ambiguous", "fallback")
                or mdc.code.removeprefix("MDC") not in mix.mdcs
            ):
                continue
            found = list(_Drafter(pack, vocabulary, mix, mdc, adrg).drafts())
            if found:
                drafts[adrg.code] = found
                chosen.append((mdc, adrg))
            else:
                unreached.append(adrg.code)
    targets = _targets(chosen, mix)
    scenarios = []
    for target in targets:
        of_group = drafts[target.adrg]
        total = sum(d.part for d in of_group)
        for draft in of_group:
            scenarios.append(Scenario(target, target.share * draft.part / total, *draft[1:]))
    return Scenarios(tuple(scenarios), tuple(unreached))


def _targets(chosen: list[tuple[MdcRule, AdrgRule]], mix: Mix) -> list[Target]:
    described = {m.code: mix.mdcs[m.code.removeprefix("MDC")] for m, _ in chosen}
    whole = sum(d.share for d in described.values())
    parts: dict[str, float] = {}
    for mdc, adrg in chosen:
        parts[mdc.code] = parts.get(mdc.code, 0.0) + _group(adrg.code, mix).share
    made = []
    for mdc, adrg in chosen:
        of_mdc, of_group = described[mdc.code], _group(adrg.code, mix)
        kind: Kind = "medical"
        if adrg.kind == "surgical" or adrg.kind == "procedural":
            kind = adrg.kind
        department = of_mdc.surgical if kind == "surgical" else of_mdc.medical
        made.append(
            Target(
                mdc.code,
                adrg.code,
                kind,
                of_mdc.share / whole * of_group.share / parts[mdc.code],
                _male(of_mdc, of_group),
                of_group.ages or of_mdc.ages,
                of_group.department or department,
                of_group.frailty,
            )
        )
    return made


def _group(adrg: str, mix: Mix) -> Group:
    return mix.groups.get(adrg) or Group(share=mix.unlisted)


def _male(mdc: Mdc, of_group: Group) -> float:
    return mdc.male if of_group.male is None else of_group.male


class _Drafter:
    """Finds the scenarios of one core group."""

    def __init__(
        self, pack: RulePack, vocabulary: Vocabulary, mix: Mix, mdc: MdcRule, adrg: AdrgRule
    ) -> None:
        self._pack = pack
        self._words = vocabulary
        self._mix = mix
        self._mdc = mdc
        self._adrg = adrg
        self._about = _group(adrg.code, mix)
        of_mdc = mix.mdcs[mdc.code.removeprefix("MDC")]
        self._male = _male(of_mdc, self._about)
        self._bands = mix.ages[self._about.ages or of_mdc.ages]

    def drafts(self) -> Iterator[_Draft]:
        gates = ways(self._mdc.rule.condition, self._pack.sets)
        own = ways(self._adrg.rule.condition, self._pack.sets)
        for gate in gates:
            for way in own:
                yield from self._of_way((gate + way).settled())

    def _of_way(self, way: Way) -> Iterator[_Draft]:
        principals = self._principals(way)
        days, weights = _bounds(way.numbers, "XSRTL"), _bounds(way.numbers, "XSRTZ")
        if way.main:
            candidates = self._operated(way, principals)
        else:
            candidates = ((z, p, (), "") for z, p in _zipf(principals, self._mix))
        for part, principal, procedures, second in candidates:
            others = self._others(way, principal)
            fit = self._fit(principal, others, (*procedures, second) if second else procedures)
            if fit is None:
                continue
            fit = self._tried(principal, others, procedures, fit, days, weights)
            if fit is None:
                continue
            if second and not self._lands(
                principal, others, (*procedures, second), fit, days, weights
            ):
                second = ""
            of_sex = {0: 1.0, MALE: self._male, FEMALE: 1 - self._male}[fit.sex]
            if of_sex:
                yield _Draft(
                    part * of_sex,
                    principal,
                    others,
                    procedures,
                    second,
                    fit,
                    days or _INFANT_DAYS,
                    weights,
                )

    def _principals(self, way: Way) -> list[str]:
        if way.principal:
            codes = frozenset.intersection(*way.principal)
        else:
            codes = _all_principals(self._pack)
        limit = self._mix.codes.principals
        ranked = self._words.ranked(codes, self._words.diagnoses, self._about.dx)
        return ranked if way.main else ranked[:limit]

    def _operated(
        self, way: Way, principals: list[str]
    ) -> Iterator[tuple[float, str, tuple[str, ...], str]]:
        """Yield weight, principal diagnosis, procedures and second procedure."""
        words, codes = self._words, self._mix.codes
        main = frozenset.intersection(*way.main)
        ranked = words.ranked(main, words.procedures, self._about.px)[: codes.procedures]
        heads = [p for p in principals if p.startswith(self._about.dx)] if self._about.dx else []
        heads = heads[: codes.surgical_principals * 2]
        for at, (part, procedure) in enumerate(_zipf(ranked, self._mix)):
            further = tuple(
                next(iter(words.ranked(s, words.procedures, ())), "") for s in way.procedures
            )
            if "" in further:
                return
            near = words.akin(procedure, heads)
            if len(near) < codes.surgical_principals:
                near += [p for p in words.akin(procedure, principals) if p not in near]
            second = ranked[(at + 1) % len(ranked)] if len(ranked) > 1 else ""
            for of_principal, principal in _zipf(near[: codes.surgical_principals], self._mix):
                yield part * of_principal, principal, (procedure, *further), second

    def _others(self, way: Way, principal: str) -> tuple[str, ...]:
        """Return the other diagnoses that the group needs beside a principal diagnosis."""
        words = self._words
        found = []
        for codes in way.diagnoses:
            if principal not in codes:
                ranked = words.ranked(codes, words.diagnoses, ())
                # Spread over the commonest ones: every principal diagnosis has another companion.
                found.append(
                    ranked[len(found) + len(principal) % 5] if len(ranked) > 5 else ranked[0]
                )
        return tuple(found)

    def _fit(
        self, principal: str, others: tuple[str, ...], procedures: tuple[str, ...]
    ) -> Fit | None:
        words = self._words
        fit = words.fit(principal, words.diagnoses)
        for code in others:
            fit &= words.fit(code, words.diagnoses)
        for code in procedures:
            fit &= words.fit(code, words.procedures)
        return None if fit.empty or not self._any_patient(fit) else fit

    def _any_patient(self, fit: Fit) -> bool:
        bands = self._mix.age_bands
        return any(
            part and bands[i] <= fit.oldest and fit.youngest < bands[i + 1]
            for i, part in enumerate(self._bands)
        )

    def _tried(
        self,
        principal: str,
        others: tuple[str, ...],
        procedures: tuple[str, ...],
        fit: Fit,
        days: tuple[int, int] | None,
        weights: tuple[int, int] | None,
    ) -> Fit | None:
        """Return whom the engine puts into the group: all, those from one year on, or infants."""
        grown = (
            fit.oldest > 0
            and self._has(1)
            and self._lands(
                principal,
                others,
                procedures,
                fit._replace(youngest=max(1, fit.youngest)),
                days,
                weights,
            )
        )
        infant = (
            fit.youngest == 0
            and self._bands[0] > 0
            and self._lands(principal, others, procedures, fit._replace(oldest=0), days, weights)
        )
        if grown:
            return fit if infant else self._kept(fit._replace(youngest=max(1, fit.youngest)))
        return fit._replace(oldest=0) if infant else None

    def _has(self, band: int) -> bool:
        return any(self._bands[band:])

    def _kept(self, fit: Fit) -> Fit | None:
        return fit if self._any_patient(fit) else None

    def _lands(
        self,
        principal: str,
        others: tuple[str, ...],
        procedures: tuple[str, ...],
        fit: Fit,
        days: tuple[int, int] | None,
        weights: tuple[int, int] | None,
    ) -> bool:
        age = min(max(_TRIAL_AGE, fit.youngest), fit.oldest)
        in_days = (days or _INFANT_DAYS)[0] if age == 0 else None
        weight = None
        if in_days is not None and in_days <= _NEWBORN_DAYS:
            weight = float(weights[0] if weights else _ORDINARY_WEIGHT_G)
        case = GroupingInput(
            principal, others, procedures, fit.sex or self._trial_sex(), age, in_days, weight
        )
        result = group(case, self._pack, trace=False)
        return result.status is Status.GROUPED and result.adrg == self._adrg.code

    def _trial_sex(self) -> int:
        return MALE if self._male >= 0.5 else FEMALE


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
    return frozenset[str]().union(
        *(
            pack.sets[name]
            for mdc in pack.mdcs
            for name, fields in sets_of(mdc.rule.condition).items()
            if "ZYZD" in fields
        )
    )
