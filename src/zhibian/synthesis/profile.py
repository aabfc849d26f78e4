"""How synthetic front pages are distributed (合成病案首页的分布): three YAML files, checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml

FOLDER = "synth"
REMEDY = "按 rules/synth 各文件开头的说明修改"

Share = Annotated[float, Field(ge=0)]
Part = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
LevelName = Literal["MCC", "CC", "NONE"]
KindName = Literal["medical", "procedural", "surgical"]
FaultName = Literal[
    "no_sex",
    "no_age",
    "no_principal",
    "unknown_principal",
    "unknown_other",
    "unknown_procedure",
    "ungroupable_principal",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Codes(_Model):
    """How many codes of a list are used and how unevenly."""

    exponent: Positive
    per_prefix: int = Field(ge=1)
    principals: int = Field(ge=1)
    surgical_principals: int = Field(ge=1)
    procedures: int = Field(ge=1)
    second_procedure: Part


class SexPrefixes(_Model):
    """Prefixes of codes, or words, that imply a sex."""

    male: tuple[str, ...]
    female: tuple[str, ...]


class Sexes(_Model):
    """Codes and words that imply a sex."""

    diagnoses: SexPrefixes
    procedures: SexPrefixes
    words: SexPrefixes


class Routine(_Model):
    """Procedures that no group asks for."""

    share: Part
    px: tuple[str, ...]


class Mdc(_Model):
    """One category: its share of the cases, its patients and its departments."""

    share: Share
    male: Part
    ages: str
    surgical: str
    medical: str


class Group(_Model):
    """One core group: its share of its category, its commonest codes, what differs."""

    share: Share
    dx: tuple[str, ...] = ()
    px: tuple[str, ...] = ()
    male: Part | None = None
    ages: str | None = None
    department: str | None = None
    frailty: float = 0


class Paediatric(_Model):
    """Department of children."""

    below: int
    department: str


class Mix(_Model):
    """``profile.yaml``: who comes with what."""

    format: Literal["zhibian-synth/1"]
    source: str
    codes: Codes
    imperfect: dict[FaultName, Share]
    unknown_diagnoses: tuple[str, ...]
    unknown_procedures: tuple[str, ...]
    ungroupable_diagnoses: tuple[str, ...]
    sexes: Sexes
    age_words: dict[str, tuple[int, int]]
    age_codes: dict[str, tuple[int, int]]
    routine: Routine
    age_bands: tuple[int, ...]
    ages: dict[str, tuple[Share, ...]]
    mdcs: dict[str, Mdc]
    paediatric: Paediatric
    unlisted: Share
    groups: dict[str, Group]

    @model_validator(mode="after")
    def _profiles_fit(self) -> Mix:
        bands = len(self.age_bands) - 1
        if any(len(parts) != bands or not sum(parts) for parts in self.ages.values()):
            raise ValueError("ages: one part per age band")
        named = {m.ages for m in self.mdcs.values()} | {
            g.ages for g in self.groups.values() if g.ages
        }
        if unknown := named - set(self.ages):
            raise ValueError(f"ages: {sorted(unknown)} not described")
        return self


class Condition(_Model):
    """One other diagnosis and when it occurs."""

    id: str
    dx: tuple[str, ...] = Field(min_length=1)
    percent: tuple[Annotated[float, Field(ge=0, lt=100)], ...]
    load: float
    sex: Literal[1, 2] | None = None
    given: dict[str, Positive] = {}
    mdcs: dict[str, Positive] = {}
    groups: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()


class Tail(_Model):
    """Rarer CC or MCC of the same category."""

    percent: Annotated[float, Field(gt=0, lt=100)]
    load: float
    codes: int = Field(ge=1)


class Conditions(_Model):
    """``conditions.yaml``: what else the patients have."""

    format: Literal["zhibian-synth/1"]
    source: str
    conditions: tuple[Condition, ...]
    tail: Tail

    @model_validator(mode="after")
    def _causes_first(self) -> Conditions:
        told: set[str] = set()
        for condition in self.conditions:
            if unknown := set(condition.given) - told:
                raise ValueError(f"{condition.id}: {sorted(unknown)} must stand above")
            told.add(condition.id)
        return self


class StayOfKind(_Model):
    """Mean length of stay of one kind of group."""

    days: Positive
    power: float


class LengthOfStay(_Model):
    """Length of stay."""

    medical: StayOfKind
    procedural: StayOfKind
    surgical: StayOfKind
    sigma: Positive
    most_days: int = Field(ge=1)
    same_day: Part


class Weights(_Model):
    """Weights of groups: the tariff asked first, and those of groups without a published one."""

    tariff: str
    medical: Positive
    procedural: Positive
    surgical: Positive
    levels: dict[LevelName, Positive]


class Cost(_Model):
    """Total cost."""

    yuan_per_weight: Positive
    sigma: Positive
    with_stay: Annotated[float, Field(ge=-1, le=1)]
    least_yuan: Positive


class IntensiveCare(_Model):
    """Hours in intensive care."""

    medical: dict[LevelName, Part]
    procedural: dict[LevelName, Part]
    surgical: dict[LevelName, Part]
    median_hours: Positive
    sigma: Positive
    always: dict[str, Positive]


class Discharge(_Model):
    """Way of discharge (离院方式)."""

    ways: dict[int, Share]
    death_percent: tuple[Annotated[float, Field(gt=0, lt=100)], ...]
    death_odds: dict[LevelName, Positive]
    groups: dict[str, Positive]


class Insurance(_Model):
    """Who pays (医疗付费方式)."""

    child: dict[int, Share]
    working: dict[int, Share]
    retired: dict[int, Share]
    child_below: int
    retired_from: int


class Hospitals(_Model):
    """Invented hospitals and their physicians."""

    exponent: Share
    cost_sigma: Share
    stay_sigma: Share
    physicians: int = Field(ge=1, le=99)


class Newborn(_Model):
    """Age in days and weight of newborns."""

    day_power: Positive
    term_weight_g: Positive
    term_sigma_g: Positive


class Stay(_Model):
    """``stay.yaml``: how a stay goes."""

    format: Literal["zhibian-synth/1"]
    source: str
    length_of_stay: LengthOfStay
    weights: Weights
    cost: Cost
    intensive_care: IntensiveCare
    discharge: Discharge
    insurance: Insurance
    hospitals: Hospitals
    weekdays: tuple[Share, ...] = Field(min_length=7, max_length=7)
    newborn: Newborn


class Profile(_Model):
    """All that says how synthetic front pages are distributed."""

    mix: Mix
    conditions: Conditions
    stay: Stay


_M = TypeVar("_M", Mix, Conditions, Stay)


def load_profile(rules: Path) -> Profile:
    """Load the three files of ``rules/synth``.

    Parameters
    ----------
    rules
        Folder of the rule data.

    Raises
    ------
    InputError
        Everything that is wrong with the first file that can't be used.
    """
    folder = rules / FOLDER
    mix = _read(folder / "profile.yaml", Mix)
    conditions = _read(folder / "conditions.yaml", Conditions)
    stay = _read(folder / "stay.yaml", Stay)
    bands = len(mix.age_bands) - 1
    wrong = [c.id for c in conditions.conditions if len(c.percent) != bands]
    if len(stay.discharge.death_percent) != bands:
        wrong.append("death_percent")
    if wrong:
        raise InputError(
            FOLDER,
            [
                Problem(name, "bands_differ", f"应有 {bands} 个年龄段的数值", REMEDY)
                for name in wrong
            ],
        )
    return Profile(mix=mix, conditions=conditions, stay=stay)


def _read(path: Path, kind: type[_M]) -> _M:
    try:
        return kind.model_validate(read_yaml(path, REMEDY))
    except ValidationError as wrong:
        raise InputError(
            path.name,
            [
                Problem(
                    f"{path.name} {'.'.join(map(str, e['loc']))}", "field_invalid", e["msg"], REMEDY
                )
                for e in wrong.errors()
            ],
        ) from None
