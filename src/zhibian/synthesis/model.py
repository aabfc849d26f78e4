"""Everything a draw needs, as arrays (抽样模型): scenarios, conditions, weights, compiled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zhibian.grouping.engine import split_levels
from zhibian.grouping.language import sets_of
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.grouping.severity import Level
from zhibian.payment.tariff import Tariff
from zhibian.payment.tariff_files import load_tariff, tariffs_of_scheme
from zhibian.problems import InputError, Problem
from zhibian.synthesis.profile import Condition, LevelName, Profile, load_profile
from zhibian.synthesis.scenarios import Scenario, Scenarios, Target, build_scenarios
from zhibian.synthesis.vocabulary import Vocabulary
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEVELS: tuple[LevelName, ...] = ("NONE", "CC", "MCC")
MOST_HOSPITALS = 500
NEVER = -50.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes
    ----------
    cases
        Number of rows.
    seed
        Seed; the same seed gives the same rows.
    scheme
        Scheme whose groups the cases start from.
    first, last
        First and last day of discharge.
    hospitals
        Number of invented hospitals.
    imperfect
        Share of rows with a fault, 0 to 1.
    """

    cases: int
    seed: int
    scheme: str
    first: date
    last: date
    hospitals: int = 12
    imperfect: float = 0.01


@dataclass(frozen=True, slots=True)
class CodePool:
    """Diagnosis codes in use, by number.

    Attributes
    ----------
    codes
        The codes.
    level
        0 none, 1 CC, 2 MCC.
    table
        Number of the exclusion table that the code refers to as CC/MCC, -1 without.
    principal_table
        Number of the exclusion table that the code is in as principal diagnosis, -2 without.
    category
        Number of the three-character category.
    sex, youngest, oldest
        Whom the code fits.
    """

    codes: tuple[str, ...]
    level: Ints
    table: Ints
    principal_table: Ints
    category: Ints
    sex: Ints
    youngest: Ints
    oldest: Ints


@dataclass(frozen=True, slots=True)
class ScenarioArrays:
    """Scenarios by number; ``cumulative`` grows to 1, codes are numbers of the pool.

    ``others`` has one column per other diagnosis that a group may need, -1 where there is none;
    ``procedures`` and ``with_second`` are numbers in ``texts``, cells of codes joined by ``|``.
    """

    cumulative: Floats
    target: Ints
    principal: Ints
    others: Ints
    procedures: Ints
    with_second: Ints
    texts: tuple[str, ...]
    sex: Ints
    age_low: Floats
    age_high: Floats
    days: Ints
    weights: Ints


@dataclass(frozen=True, slots=True)
class TargetArrays:
    """Core groups by number; kinds in the order medical, procedural, surgical."""

    kind: Ints
    male: Floats
    ages: Ints
    department: Ints
    frailty: Floats
    weight: Floats
    intensive_hours: Floats
    death_odds: Floats
    tail: Ints


@dataclass(frozen=True, slots=True)
class Pick:
    """Lists of codes to pick from: list ``i`` fills ``i`` to ``i + 1`` of ``cumulative``."""

    cumulative: Floats
    code: Ints

    def draw(self, lists: Ints, uniform: Floats) -> Ints:
        """Return one code for each of the lists."""
        at = np.searchsorted(self.cumulative, lists + uniform, side="right")
        return self.code[np.minimum(at, len(self.code) - 1)]


@dataclass(frozen=True, slots=True)
class ConditionArrays:
    """Other diagnoses: log odds by condition and age band, changes by core group and by condition.

    ``order`` lists the conditions as they are filed, MCC first.
    """

    by_band: Floats
    by_target: Floats
    load: Floats
    sex: Ints
    given: tuple[tuple[tuple[int, float], ...], ...]
    codes: Pick
    tail: Pick
    order: Ints


@dataclass(frozen=True, slots=True)
class Model:
    """All that a block of cases is drawn from."""

    request: Request
    profile: Profile
    pack: RulePack
    unreached: tuple[str, ...]
    pool: CodePool
    scenarios: ScenarioArrays
    targets: TargetArrays
    conditions: ConditionArrays
    ages: Floats
    departments: tuple[str, ...]
    routine: tuple[str, ...]
    hospital_parts: Floats
    hospital_cost: Floats
    hospital_stay: Floats
    day_parts: Floats


def build_model(rules: Path, request: Request) -> Model:
    """Load everything and compile it.

    Parameters
    ----------
    rules
        Folder of the rule data.
    request
        What is asked for.

    Raises
    ------
    InputError
        The request or the rule data can't be used; all problems of a source at once.
    """
    problems = request_problems(request)
    if problems:
        raise InputError("synth", problems)
    pack = load_scheme(rules, request.scheme)
    profile = load_profile(rules)
    vocabulary = Vocabulary(
        load_code_set(rules, ICD10_NHSA).entries,
        load_code_set(rules, ICD9CM3_NHSA).entries,
        profile.mix,
    )
    scenarios = build_scenarios(pack, vocabulary, profile.mix)
    if not scenarios.all:
        problem = Problem(
            "scheme",
            "scheme_without_cases",
            "该方案没有可合成的病组",
            "换用其他方案",
            request.scheme,
        )
        raise InputError(request.scheme, [problem])
    tariff = _tariff(rules, pack, profile.stay.weights.tariff)
    return _Compiler(request, profile, pack, vocabulary, scenarios, tariff).model()


def request_problems(request: Request) -> list[Problem]:
    """Return all that makes no sense in a request."""
    checks = [
        (request.cases >= 1, "cases", "例数至少为 1", str(request.cases)),
        (request.seed >= 0, "seed", "种子不能为负", str(request.seed)),
        (
            1 <= request.hospitals <= MOST_HOSPITALS,
            "hospitals",
            f"医院数应在 1 到 {MOST_HOSPITALS} 之间",
            str(request.hospitals),
        ),
        (
            0 <= request.imperfect <= 1,
            "imperfect",
            "比例应在 0 到 1 之间",
            f"{request.imperfect:g}",
        ),
        (request.first <= request.last, "to", "结束日期早于开始日期", request.last.isoformat()),
    ]
    return [
        Problem(f"--{name}", f"{name}_invalid", message, "修改该选项", value)
        for good, name, message, value in checks
        if not good
    ]


def _tariff(rules: Path, pack: RulePack, preferred: str) -> Tariff | None:
    """Return the tariff of the scheme: the preferred one if it is, else the newest."""
    fitting = tariffs_of_scheme(rules, pack.manifest.id)
    if not fitting:
        return None
    return load_tariff(rules, preferred if preferred in fitting else fitting[0])


class _Compiler:
    """Turns names into numbers."""

    def __init__(
        self,
        request: Request,
        profile: Profile,
        pack: RulePack,
        vocabulary: Vocabulary,
        scenarios: Scenarios,
        tariff: Tariff | None,
    ) -> None:
        self._request = request
        self._profile = profile
        self._pack = pack
        self._words = vocabulary
        self._scenarios = scenarios.all
        self._unreached = scenarios.unreached
        self._tariff = tariff
        self._targets = list(dict.fromkeys(s.target for s in scenarios.all))
        self._profiles = list(profile.mix.ages)
        paediatric = profile.mix.paediatric.department
        self._departments = list(
            dict.fromkeys([paediatric, *(t.department for t in self._targets)])
        )
        self._numbers: dict[str, int] = {}

    def model(self) -> Model:
        request, stay = self._request, self._profile.stay
        ages = self._ages()
        scenarios = self._scenario_arrays(ages)
        conditions, tails = self._conditions()
        rng = np.random.default_rng(np.random.SeedSequence(request.seed, spawn_key=(0,)))
        hospitals = np.arange(1, request.hospitals + 1) ** -stay.hospitals.exponent
        days = (request.last - request.first).days + 1
        weekday = (request.first.weekday() + np.arange(days)) % 7
        return Model(
            request,
            self._profile,
            self._pack,
            self._unreached,
            self._pool(),
            scenarios,
            self._target_arrays(tails),
            conditions,
            ages,
            tuple(self._departments),
            self._routine(),
            _cumulative(hospitals),
            np.exp(rng.normal(0, stay.hospitals.cost_sigma, request.hospitals)),
            np.exp(rng.normal(0, stay.hospitals.stay_sigma, request.hospitals)),
            _cumulative(np.asarray(stay.weekdays)[weekday]),
        )

    def _number(self, code: str) -> int:
        return self._numbers.setdefault(code, len(self._numbers))

    def _ages(self) -> Floats:
        """Return the cumulative share of each year of age, one row per profile, from 0 to 1."""
        mix = self._profile.mix
        widths = np.diff(mix.age_bands)
        rows = []
        for parts in mix.ages.values():
            yearly = np.repeat(np.asarray(parts) / widths, widths)
            rows.append(np.concatenate([[0.0], np.cumsum(yearly) / yearly.sum()]))
        return np.array(rows)

    def _scenario_arrays(self, ages: Floats) -> ScenarioArrays:
        made = self._scenarios
        targets = {t: i for i, t in enumerate(self._targets)}
        texts: dict[str, int] = {}
        profile = np.array([self._profiles.index(s.target.ages) for s in made])
        youngest = np.array([s.fit.youngest for s in made])
        oldest = np.array([s.fit.oldest for s in made])
        widest = max(1, *(len(s.others) for s in made))

        def text(procedures: Sequence[str]) -> int:
            return texts.setdefault("|".join(procedures), len(texts))

        return ScenarioArrays(
            cumulative=_cumulative(np.array([s.share for s in made])),
            target=np.array([targets[s.target] for s in made]),
            principal=np.array([self._number(s.principal) for s in made]),
            others=np.array([self._padded(s, widest) for s in made]),
            procedures=np.array([text(s.procedures) for s in made]),
            with_second=np.array(
                [text((*s.procedures, s.second) if s.second else s.procedures) for s in made]
            ),
            texts=tuple(texts),
            sex=np.array([s.fit.sex for s in made]),
            age_low=ages[profile, youngest],
            age_high=ages[profile, oldest + 1],
            days=np.array([s.days for s in made]),
            weights=np.array([s.weights or (0, 0) for s in made]),
        )

    def _padded(self, scenario: Scenario, width: int) -> list[int]:
        numbers = [self._number(c) for c in scenario.others]
        return numbers + [-1] * (width - len(numbers))

    def _target_arrays(self, tails: list[str]) -> TargetArrays:
        stay = self._profile.stay
        kinds = ("medical", "procedural", "surgical")
        return TargetArrays(
            kind=np.array([kinds.index(t.kind) for t in self._targets]),
            male=np.array([t.male for t in self._targets]),
            ages=np.array([self._profiles.index(t.ages) for t in self._targets]),
            department=np.array([self._departments.index(t.department) for t in self._targets]),
            frailty=np.array([t.frailty for t in self._targets]),
            weight=np.array([self._weights(t) for t in self._targets]),
            intensive_hours=np.array(
                [stay.intensive_care.always.get(t.adrg, 0.0) for t in self._targets]
            ),
            death_odds=np.array([stay.discharge.groups.get(t.adrg, 1.0) for t in self._targets]),
            tail=np.array([tails.index(t.mdc) if t.mdc in tails else -1 for t in self._targets]),
        )

    def _weights(self, target: Target) -> list[float]:
        """Return the weights of a core group by level; the tariff's where it has one."""
        told = self._profile.stay.weights
        groups = split_levels(target.adrg, self._pack)
        default = {
            "medical": told.medical,
            "procedural": told.procedural,
            "surgical": told.surgical,
        }[target.kind]
        made = []
        for level in LEVELS:
            row = self._tariff.groups.get(groups[Level(level)]) if self._tariff else None
            published = row.usable_weight if row else None
            made.append(float(published) if published else default * told.levels[level])
        return made

    def _conditions(self) -> tuple[ConditionArrays, list[str]]:
        described = self._profile.conditions.conditions
        exponent = self._profile.mix.codes.exponent
        index = {c.id: i for i, c in enumerate(described)}
        lists = [self._codes_of(c) for c in described]
        levels = self._pack.severity.levels
        worst = [_severity(levels[codes[0]][0]) if codes[0] in levels else 0 for codes in lists]
        tails: dict[str, list[str]] = {}
        for mdc in self._pack.mdcs:
            found = self._tail_of(mdc.code)
            if found:
                tails[mdc.code] = found
        arrays = ConditionArrays(
            by_band=np.array([[_logit(p / 100) for p in c.percent] for c in described]),
            by_target=np.array([[self._odds(c, t) for t in self._targets] for c in described]),
            load=np.array([c.load for c in described]),
            sex=np.array([c.sex or 0 for c in described]),
            given=tuple(
                tuple((index[name], float(np.log(odds))) for name, odds in c.given.items())
                for c in described
            ),
            codes=self._pick(lists, exponent),
            tail=self._pick(list(tails.values()), exponent),
            order=np.array(sorted(range(len(described)), key=lambda i: (-worst[i], i))),
        )
        return arrays, list(tails)

    def _codes_of(self, condition: Condition) -> list[str]:
        words, per_prefix = self._words, self._profile.mix.codes.per_prefix
        found = words.ranked(
            (c for c in words.diagnoses if c.startswith(condition.dx)),
            words.diagnoses,
            condition.dx,
        )[: per_prefix * len(condition.dx)]
        if not found:
            problem = Problem(
                condition.id, "codes_unknown", "没有以 dx 开头的可用编码", "修改 conditions.yaml"
            )
            raise InputError("conditions.yaml", [problem])
        return found

    def _tail_of(self, mdc: str) -> list[str]:
        """Return CC and MCC that are principal diagnoses of a category too."""
        gate = next(m for m in self._pack.mdcs if m.code == mdc).rule.condition
        codes = frozenset[str]().union(
            *(self._pack.sets[n] for n, fields in sets_of(gate).items() if "ZYZD" in fields)
        )
        listed = codes & self._pack.severity.levels.keys()
        limit = self._profile.conditions.tail.codes
        return self._words.ranked(listed, self._words.diagnoses, ())[:limit]

    def _odds(self, condition: Condition, target: Target) -> float:
        """Return the change of the log odds in a core group."""
        mdc = target.mdc.removeprefix("MDC")
        elsewhere = (
            (condition.groups and target.adrg not in condition.groups)
            or (condition.only and mdc not in condition.only)
            or mdc in condition.not_in
        )
        return NEVER if elsewhere else float(np.log(condition.mdcs.get(mdc, 1.0)))

    def _pick(self, lists: Sequence[Sequence[str]], exponent: float) -> Pick:
        cumulative = [
            i + _cumulative(np.arange(1, len(codes) + 1) ** -exponent)
            for i, codes in enumerate(lists)
        ]
        numbers = [self._number(c) for codes in lists for c in codes]
        return Pick(np.concatenate([np.empty(0), *cumulative]), np.array(numbers, dtype=np.int64))

    def _routine(self) -> tuple[str, ...]:
        """Return the procedures that no set of the scheme holds, the commonest first."""
        words, mix = self._words, self._profile.mix
        grouped = frozenset[str]().union(*self._pack.sets.values())
        free = (c for c in words.procedures if c not in grouped and c.startswith(mix.routine.px))
        ranked = words.ranked(free, words.procedures, mix.routine.px)
        return tuple(ranked[: len(mix.routine.px)])

    def _pool(self) -> CodePool:
        """Return the pool; called last, when every code has its number."""
        severity, words = self._pack.severity, self._words
        codes = tuple(self._numbers)
        tables = {t: i for i, t in enumerate(sorted(set(severity.principals.values())))}
        entries = [severity.levels.get(c) for c in codes]
        fits = [words.fit(c, words.diagnoses) for c in codes]
        categories: dict[str, int] = {}
        return CodePool(
            codes,
            np.array([_severity(e[0]) if e else 0 for e in entries]),
            np.array([tables.get(e[1], -1) if e else -1 for e in entries]),
            np.array([tables.get(severity.principals.get(c, ""), -2) for c in codes]),
            np.array([categories.setdefault(c[:3], len(categories)) for c in codes]),
            np.array([f.sex for f in fits]),
            np.array([f.youngest for f in fits]),
            np.array([f.oldest for f in fits]),
        )


def _severity(level: Level) -> int:
    return LEVELS.index(level.value)


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p))) if p > 0 else NEVER


def _cumulative(parts: npt.ArrayLike) -> Floats:
    """Return the cumulative shares of parts; the last one is exactly 1."""
    sums = np.cumsum(np.asarray(parts, dtype=np.float64))
    shares: Floats = sums / sums[-1]
    return shares
