"""The scoring standard as data (首页数据质量评分标准): ``rules/quality/score.yaml``, checked."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import folder_of
from zhibian.quality.front_page.types import Severity
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.terminology.tables import read_yaml

FILE = "score.yaml"
_REMEDY = "改正 rules/quality/score.yaml"
_FULL = 100.0


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScoreItem(_Frozen):
    """One item (评分项目).

    Attributes
    ----------
    name
        In Chinese.
    points
        What it loses at most.
    each
        What each wrong entry of a repeated group loses; None where the item is lost as a whole.
    fields
        Fields of the page whose blanks and findings cost it points.
    """

    name: str
    points: float = Field(gt=0)
    each: float | None = Field(default=None, gt=0)
    fields: tuple[str, ...] = Field(min_length=1)


class ScoreClass(_Frozen):
    """Items of one class (类别): A to D, with what the class loses at most."""

    name: str = Field(alias="class", pattern="^[A-D]$")
    most: float = Field(gt=0)
    items: tuple[ScoreItem, ...] = Field(min_length=1)


class ScoreSection(_Frozen):
    """One of the four parts (评分部分), with its points."""

    id: str
    name: str
    points: float = Field(gt=0)
    classes: tuple[ScoreClass, ...] = Field(min_length=1)


class ScoreTable(_Frozen):
    """The scoring standard (评分标准).

    Attributes
    ----------
    id, title, source, verified, notes
        What it is, and how far it is verified.
    threshold
        Pages below it are counted as low.
    counts
        Severities of findings that make an item wrong.
    sections
        The four parts; their points add up to 100.
    """

    id: str
    title: str
    source: str
    verified: str
    notes: tuple[str, ...]
    threshold: float = Field(gt=0, le=_FULL)
    counts: tuple[Severity, ...] = Field(min_length=1)
    sections: tuple[ScoreSection, ...] = Field(min_length=1)


def load_score_table(rules: Path, catalogue: Catalogue) -> ScoreTable:
    """Read the scoring standard.

    Parameters
    ----------
    rules
        Folder of the rule data.
    catalogue
        The fields that items may name.

    Raises
    ------
    InputError
        The file is malformed; points do not add up; a field is unknown or scored twice.
    """
    data = read_yaml(folder_of(rules) / FILE, _REMEDY)
    try:
        table = ScoreTable.model_validate(data)
    except ValidationError as error:
        raise InputError(
            FILE, [_malformed(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
        ) from None
    problems = [_malformed(where, why) for where, why in _mistakes(table, catalogue).items()]
    if problems:
        raise InputError(FILE, problems)
    return table


def _malformed(where: str, why: str) -> Problem:
    return Problem(f"{FILE} {where}", "score_invalid", why, _REMEDY)


def _mistakes(table: ScoreTable, catalogue: Catalogue) -> dict[str, str]:
    found: dict[str, str] = {}
    if sum(s.points for s in table.sections) != _FULL:
        found["sections"] = f"各部分分值合计应为 {_FULL:g}"
    scored: set[str] = set()
    for section in table.sections:
        if sum(c.most for c in section.classes) != section.points:
            found[section.name] = "各类上限之和应等于部分分值"
        for item in (i for c in section.classes for i in c.items):
            for field in item.fields:
                if field not in catalogue.by_id:
                    found[f"{section.name} {item.name}"] = f"没有字段 {field}"
                elif field in scored:
                    found[f"{section.name} {item.name}"] = f"字段 {field} 已在别的项目中"
                scored.add(field)
    return found
