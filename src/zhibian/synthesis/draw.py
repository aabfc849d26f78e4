"""Drawing a block of synthetic front pages (分块抽样).

A block has a fixed size and its own stream of random numbers, made of the seed and the number of
the block. A row therefore depends on the seed and its position alone: not on how many rows are
asked for, nor on what was drawn before, so that machines can draw blocks apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from zhibian.synthesis.model import LEVELS, Bools, Floats, Ints, Model, Pick
from zhibian.synthesis.vocabulary import FEMALE, MALE

BLOCK = 1 << 16

SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "sex": pl.Int64(),
        "age": pl.Int64(),
        "age_days": pl.Int64(),
        "weight": pl.Int64(),
        "principal": pl.String(),
        "others": pl.String(),
        "procedures": pl.String(),
        "days": pl.Int64(),
        "discharge_way": pl.Int64(),
        "department": pl.String(),
        "icu_hours": pl.Int64(),
        "hospital": pl.String(),
        "physician": pl.String(),
        "admitted": pl.Date(),
        "discharged": pl.Date(),
        "cost": pl.Float64(),
        "insurance": pl.Int64(),
        "synthetic": pl.Int64(),
    }
)

_NEWBORN_DAYS = 28
_KINDS = ("medical", "procedural", "surgical")
_DEAD = 5
_HOURS_OF_DAY = 24
_WEIGHT_STEP_G = 10
_LIGHTEST_G, _HEAVIEST_G = 1500, 5000


def frames(model: Model) -> Iterator[pl.DataFrame]:
    """Yield the cases block by block.

    Parameters
    ----------
    model
        From :func:`zhibian.synthesis.model.build_model`.
    """
    cases = model.request.cases
    for first in range(0, cases, BLOCK):
        yield draw_block(model, first // BLOCK).head(cases - first)


def draw_block(model: Model, block: int) -> pl.DataFrame:
    """Return one whole block.

    Parameters
    ----------
    model
        What to draw from.
    block
        Number of the block, from 0.

    Returns
    -------
    polars.DataFrame
        ``BLOCK`` rows with the columns of ``SCHEMA``.
    """
    seeds = np.random.SeedSequence(model.request.seed, spawn_key=(1, block))
    rng = np.random.default_rng(seeds)
    who = _patients(model, rng)
    rows, codes = _diagnoses(model, who, rng)
    level = _levels(model, who, rows, codes)
    stay = _stay(model, who, level, rng)
    return _faults(model, _table(model, block, who, rows, codes, stay, rng), rng)


@dataclass(frozen=True, slots=True)
class _Patients:
    """Who comes: one entry per row."""

    scenario: Ints
    target: Ints
    principal: Ints
    sex: Ints
    age: Ints
    band: Ints
    age_days: Ints
    weight: Ints
    frailty: Floats


@dataclass(frozen=True, slots=True)
class _Stays:
    """How it goes: one entry per row; ``discharged`` in days after the first day."""

    days: Ints
    nights: Ints
    discharged: Ints
    cost: Floats
    way: Ints
    icu_hours: Ints
    hospital: Ints
    physician: Ints
    department: Ints
    insurance: Ints


def _patients(model: Model, rng: np.random.Generator) -> _Patients:
    scenarios, targets = model.scenarios, model.targets
    chosen = _choose(scenarios.cumulative, rng)
    target = scenarios.target[chosen]
    fixed = scenarios.sex[chosen]
    drawn = np.where(rng.random(BLOCK) < targets.male[target], MALE, FEMALE)
    sex = np.where(fixed > 0, fixed, drawn)
    age = _age(model, chosen, target, rng)
    band = np.searchsorted(model.profile.mix.age_bands, age, side="right") - 1
    age_days, weight = _newborn(model, chosen, age, rng)
    frailty = rng.standard_normal(BLOCK) + targets.frailty[target]
    return _Patients(
        chosen, target, scenarios.principal[chosen], sex, age, band, age_days, weight, frailty
    )


def _choose(cumulative: Floats, rng: np.random.Generator) -> Ints:
    at = np.searchsorted(cumulative, rng.random(BLOCK), side="right")
    numbers: Ints = np.minimum(at, len(cumulative) - 1)
    return numbers


def _age(model: Model, chosen: Ints, target: Ints, rng: np.random.Generator) -> Ints:
    """Return ages in full years by the profile of the group, within what the codes allow."""
    low, high = model.scenarios.age_low[chosen], model.scenarios.age_high[chosen]
    wanted = low + (high - low) * rng.random(BLOCK)
    age = np.empty(BLOCK, dtype=np.int64)
    profile = model.targets.ages[target]
    for number, cumulative in enumerate(model.ages):
        rows = profile == number
        age[rows] = np.searchsorted(cumulative, wanted[rows], side="right") - 1
    years: Ints = np.minimum(age, model.ages.shape[1] - 2)
    return years


def _newborn(model: Model, chosen: Ints, age: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return age in days below one year and weight in grams of newborns; -1 for all others."""
    told, scenarios = model.profile.stay.newborn, model.scenarios
    u, v, z = rng.random(BLOCK), rng.random(BLOCK), rng.standard_normal(BLOCK)
    low, high = scenarios.days[chosen].T
    crowded = np.where(high <= _NEWBORN_DAYS, u**told.day_power, u)
    days = np.minimum(low + ((high - low + 1) * crowded).astype(np.int64), high)
    age_days = np.where(age == 0, days, -1)
    lightest, heaviest = scenarios.weights[chosen].T
    term = np.clip(told.term_weight_g + told.term_sigma_g * z, _LIGHTEST_G, _HEAVIEST_G)
    grams = np.where(heaviest > 0, lightest + (heaviest - lightest) * v, term)
    # Down to a whole step; the lower limits of the groups are whole steps themselves.
    stepped = (grams // _WEIGHT_STEP_G).astype(np.int64) * _WEIGHT_STEP_G
    newborn = (age_days >= 0) & (age_days <= _NEWBORN_DAYS)
    return age_days, np.where(newborn, stepped, -1)


def _diagnoses(model: Model, who: _Patients, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return the other diagnoses as row numbers, ascending, and code numbers."""
    conditions, told = model.conditions, model.profile.conditions
    present = _present(model, who, rng)
    codes = np.full((BLOCK, len(conditions.order)), -1, dtype=np.int64)
    which, rows = np.nonzero(present)
    codes[rows, which] = conditions.codes.draw(which, rng.random(len(rows)))
    tail = _tail(model, who, told.tail.percent / 100, told.tail.load, conditions.tail, rng)
    needed = model.scenarios.others[who.scenario]
    codes = codes[:, conditions.order]
    category = model.pool.category
    own = category[who.principal][:, None]
    tail[((category[needed] == category[tail][:, None]) & (needed >= 0)).any(axis=1)] = -1
    before = np.column_stack([needed, tail])
    for column in before.T:
        same = (category[codes] == category[column][:, None]) & (column >= 0)[:, None]
        codes[same] = -1
    every = np.column_stack([before, codes])
    # What the group needs stays even where it resembles the principal diagnosis.
    resembles = category[every] == own
    resembles[:, : needed.shape[1]] = False
    every[resembles | ~_fits(model, who, every)] = -1
    rows, columns = np.nonzero(every >= 0)
    return rows, every[rows, columns]


def _present(model: Model, who: _Patients, rng: np.random.Generator) -> Bools:
    """Return which conditions occur, one row per condition, causes before what they cause."""
    c = model.conditions
    present = np.zeros((len(c.load), BLOCK), dtype=np.bool_)
    for i in range(len(c.load)):
        odds = c.by_band[i][who.band] + c.by_target[i][who.target] + c.load[i] * who.frailty
        for cause, more in c.given[i]:
            odds += more * present[cause]
        present[i] = rng.random(BLOCK) < _logistic(odds)
        if c.sex[i]:
            present[i] &= who.sex == c.sex[i]
    return present


def _tail(
    model: Model,
    who: _Patients,
    share: float,
    load: float,
    lists: Pick,
    rng: np.random.Generator,
) -> Ints:
    """Return a rarer CC or MCC of the same category, -1 for most cases."""
    of_group = model.targets.tail[who.target]
    odds = np.log(share / (1 - share)) + load * who.frailty
    some = (rng.random(BLOCK) < _logistic(odds)) & (of_group >= 0)
    codes = np.full(BLOCK, -1, dtype=np.int64)
    codes[some] = lists.draw(of_group[some], rng.random(int(some.sum())))
    return codes


def _fits(model: Model, who: _Patients, codes: Ints) -> Bools:
    """Tell which codes fit sex and age of their rows; an absent code fits nobody."""
    pool = model.pool
    sex = pool.sex[codes]
    age = who.age[:, None]
    fits: Bools = (
        (codes >= 0)
        & ((sex == 0) | (sex == who.sex[:, None]))
        & (pool.youngest[codes] <= age)
        & (age <= pool.oldest[codes])
    )
    return fits


def _levels(model: Model, who: _Patients, rows: Ints, codes: Ints) -> Ints:
    """Return the level of each case: 0 none, 1 CC, 2 MCC, after exclusion."""
    pool = model.pool
    excluded = pool.table[codes] == pool.principal_table[who.principal[rows]]
    counted = np.where(excluded, 0, pool.level[codes])
    level = np.zeros(BLOCK, dtype=np.int64)
    for value in (1, 2):
        level[rows[counted == value]] = value
    return level


def _stay(model: Model, who: _Patients, level: Ints, rng: np.random.Generator) -> _Stays:
    told, targets = model.profile.stay, model.targets
    hospital = _choose(model.hospital_parts, rng)
    physician = (told.hospitals.physicians * rng.random(BLOCK)).astype(np.int64)
    weight = targets.weight[who.target, level]
    kind = targets.kind[who.target]
    z, own = rng.standard_normal(BLOCK), rng.standard_normal(BLOCK)
    days = _days(model, who, weight, kind, hospital, z)
    cost = told.cost
    with_stay = cost.with_stay
    noise = with_stay * z + np.sqrt(1 - with_stay**2) * own
    yuan = (
        weight
        * cost.yuan_per_weight
        * model.hospital_cost[hospital]
        * np.exp(cost.sigma * noise - cost.sigma**2 / 2)
    )
    same_day = (days == 1) & (rng.random(BLOCK) < told.length_of_stay.same_day)
    paediatric = model.profile.mix.paediatric
    child = (who.age < paediatric.below) & (who.weight < 0) & (kind == 0)
    department = np.where(
        child, model.departments.index(paediatric.department), targets.department[who.target]
    )
    return _Stays(
        days=days,
        nights=np.where(same_day, 0, days),
        discharged=_choose(model.day_parts, rng),
        cost=np.maximum(np.round(yuan, 2), cost.least_yuan),
        way=_ways(model, who, level, rng),
        icu_hours=_icu_hours(model, who, level, kind, days, rng),
        hospital=hospital,
        physician=physician,
        department=department,
        insurance=_insurance(model, who, rng),
    )


def _days(
    model: Model, who: _Patients, weight: Floats, kind: Ints, hospital: Ints, z: Floats
) -> Ints:
    told = model.profile.stay.length_of_stay
    of_kind = (told.medical, told.procedural, told.surgical)
    mean = (
        np.array([k.days for k in of_kind])[kind]
        * weight ** np.array([k.power for k in of_kind])[kind]
    )
    drawn = mean * model.hospital_stay[hospital] * np.exp(told.sigma * z - told.sigma**2 / 2)
    days = np.clip(np.round(drawn), 1, told.most_days).astype(np.int64)
    always = np.ceil(model.targets.intensive_hours[who.target] / _HOURS_OF_DAY).astype(np.int64)
    stays: Ints = np.where(always > 0, np.maximum(days, always + 1), days)
    return stays


def _ways(model: Model, who: _Patients, level: Ints, rng: np.random.Generator) -> Ints:
    """Return the way of discharge; death by age, level and group, the others by their share."""
    told = model.profile.stay.discharge
    percent = np.array(told.death_percent) / 100
    odds = np.log(percent / (1 - percent))[who.band]
    odds += np.log([told.death_odds[name] for name in LEVELS])[level]
    odds += np.log(model.targets.death_odds[who.target])
    dead = rng.random(BLOCK) < _logistic(odds)
    return np.where(dead, _DEAD, _drawn(told.ways, rng))


def _icu_hours(
    model: Model, who: _Patients, level: Ints, kind: Ints, days: Ints, rng: np.random.Generator
) -> Ints:
    told = model.profile.stay.intensive_care
    by_kind = (told.medical, told.procedural, told.surgical)
    share = np.array([[k[name] for name in LEVELS] for k in by_kind])[kind, level]
    always = model.targets.intensive_hours[who.target]
    there = (rng.random(BLOCK) < share) | (always > 0)
    drawn = told.median_hours * np.exp(told.sigma * rng.standard_normal(BLOCK))
    hours = np.clip(np.maximum(drawn, always), 1, days * _HOURS_OF_DAY)
    return np.where(there, hours, 0).astype(np.int64)


def _insurance(model: Model, who: _Patients, rng: np.random.Generator) -> Ints:
    told = model.profile.stay.insurance
    child, working, retired = (
        _drawn(kinds, rng) for kinds in (told.child, told.working, told.retired)
    )
    return np.where(
        who.age < told.child_below,
        child,
        np.where(who.age >= told.retired_from, retired, working),
    )


def _drawn(shares: dict[int, float], rng: np.random.Generator) -> Ints:
    parts = np.cumsum(list(shares.values()))
    return np.array(list(shares))[_choose(parts / parts[-1], rng)]


def _table(
    model: Model,
    block: int,
    who: _Patients,
    rows: Ints,
    codes: Ints,
    stay: _Stays,
    rng: np.random.Generator,
) -> pl.DataFrame:
    pool = pl.Series(model.pool.codes, dtype=pl.String)
    staff = ((stay.hospital + 1) * 100 + stay.department + 1) * 100 + stay.physician + 1
    first = (model.request.first - date(1970, 1, 1)).days
    discharged = first + stay.discharged
    return pl.DataFrame(
        {
            "id": _ids(block),
            "sex": who.sex,
            "age": who.age,
            "age_days": _blank(who.age_days),
            "weight": _blank(who.weight),
            "principal": pool.gather(who.principal),
            "others": _joined(pool, rows, codes),
            "procedures": _procedures(model, who, rng),
            "days": stay.days,
            "discharge_way": stay.way,
            "department": pl.Series(model.departments).gather(stay.department),
            "icu_hours": stay.icu_hours,
            "hospital": _numbered("H", stay.hospital + 1, 3),
            "physician": _numbered("D", staff, 7),
            "admitted": pl.Series(discharged - stay.nights).cast(pl.Int32).cast(pl.Date),
            "discharged": pl.Series(discharged).cast(pl.Int32).cast(pl.Date),
            "cost": stay.cost,
            "insurance": stay.insurance,
            "synthetic": np.ones(BLOCK, dtype=np.int64),
        },
        schema=SCHEMA,
    )


def _ids(block: int) -> pl.Series:
    return _numbered("SYN", np.arange(block * BLOCK, (block + 1) * BLOCK) + 1, 10)


def _numbered(prefix: str, numbers: Ints, digits: int) -> pl.Series:
    return (prefix + pl.Series(numbers).cast(pl.String).str.zfill(digits)).alias("")


def _blank(numbers: Ints) -> pl.Series:
    made = pl.Series(numbers)
    return made.set(made < 0, None)


def _joined(pool: pl.Series, rows: Ints, codes: Ints) -> pl.Series:
    """Return one cell per row with its codes joined by ``|``."""
    pairs = pl.DataFrame({"row": rows, "code": pool.gather(codes)})
    cells = pairs.group_by("row", maintain_order=True).agg(pl.col("code").str.join("|"))
    every = pl.DataFrame({"row": np.arange(BLOCK)})
    return every.join(cells, on="row", how="left", maintain_order="left")["code"]


def _procedures(model: Model, who: _Patients, rng: np.random.Generator) -> pl.Series:
    mix, scenarios = model.profile.mix, model.scenarios
    second = rng.random(BLOCK) < mix.codes.second_procedure
    own = np.where(second, scenarios.with_second[who.scenario], scenarios.procedures[who.scenario])
    cells = pl.Series(scenarios.texts).gather(own)
    if not model.routine:
        return cells
    parts = np.arange(1, len(model.routine) + 1) ** -mix.codes.exponent
    which = _choose(np.cumsum(parts) / parts.sum(), rng)
    some = pl.Series(rng.random(BLOCK) < mix.routine.share)
    both = pl.DataFrame(
        {"own": cells, "more": pl.Series(model.routine).gather(which), "some": some}
    )
    return both.select(
        pl.when(~pl.col("some"))
        .then("own")
        .when(pl.col("own") == "")
        .then("more")
        .otherwise(pl.concat_str("own", "more", separator="|"))
    ).to_series()


def _faults(model: Model, table: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the table with a share of rows spoilt the way real tables are."""
    mix = model.profile.mix
    kinds = list(mix.imperfect)
    parts = np.cumsum(list(mix.imperfect.values()))
    spoilt = rng.random(BLOCK) < model.request.imperfect
    kind = pl.Series(np.where(spoilt, _choose(parts / parts[-1], rng), -1))
    unknown = _one_of(mix.unknown_diagnoses, rng)
    ungroupable = _one_of(mix.ungroupable_diagnoses, rng)
    procedure = _one_of(mix.unknown_procedures, rng)

    def hit(name: str) -> pl.Expr:
        return pl.col("_fault") == kinds.index(name) if name in kinds else pl.lit(value=False)

    return (
        table.with_columns(
            _fault=kind, _unknown=unknown, _ungroupable=ungroupable, _procedure=procedure
        )
        .with_columns(
            sex=pl.when(~hit("no_sex")).then("sex"),
            age=pl.when(~hit("no_age")).then("age"),
            principal=pl.when(hit("no_principal"))
            .then(None)
            .when(hit("unknown_principal"))
            .then("_unknown")
            .when(hit("ungroupable_principal"))
            .then("_ungroupable")
            .otherwise("principal"),
            others=_with("others", "_unknown", hit("unknown_other")),
            procedures=_with("procedures", "_procedure", hit("unknown_procedure")),
        )
        .select(SCHEMA.names())
    )


def _one_of(values: tuple[str, ...], rng: np.random.Generator) -> pl.Series:
    at = (len(values) * rng.random(BLOCK)).astype(np.int64)
    return pl.Series(values).gather(at)


def _with(cells: str, more: str, where: pl.Expr) -> pl.Expr:
    """Return cells of codes with one more code, an empty cell as nothing."""
    held = pl.when(pl.col(cells) != "").then(cells)
    added = pl.concat_str(held, more, separator="|", ignore_nulls=True)
    return pl.when(where).then(added).otherwise(held)


def _logistic(odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-odds))
    return chance
