"""Outside systems of every kind but whole records (各类任务的外部系统): what a line holds."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zhibian.evaluation.answers import EventAnswer, GroupingAnswer, TextAnswer
from zhibian.evaluation.coders.answer_lines import AnswerLine, outside
from zhibian.evaluation.coders.interface import LinkedNames
from zhibian.grouping.types import Status

_ID = attrgetter("id")


class NamesLine(AnswerLine):
    """Names of one term (链接结果); ``ranked`` are further candidates, best first."""

    names: tuple[str, ...]
    ranked: tuple[str, ...] = ()


class TendencyLine(AnswerLine):
    """Tendency of one event (发生状态)."""

    tendency: Literal["", "否定", "不确定"]
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None


class EntityOnLine(BaseModel):
    """One entity (实体): first character, one past the last, type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int = Field(ge=0)
    end: int
    type: str

    @model_validator(mode="after")
    def _holds_something(self) -> EntityOnLine:
        if self.end <= self.start:
            raise ValueError("empty entity")
        return self


class EntitiesLine(AnswerLine):
    """Entities of one text (实体)."""

    entities: tuple[EntityOnLine, ...]


class GroupLine(AnswerLine):
    """Group of one page (分组结果); empty texts where there is none."""

    status: Status
    mdc: str = ""
    adrg: str = ""
    drg: str = ""


def _entities(line: EntitiesLine) -> TextAnswer:
    return TextAnswer(tuple(sorted((e.start, e.end, e.type) for e in line.entities)))


def _group(line: GroupLine) -> GroupingAnswer:
    return GroupingAnswer(line.status.value, line.mdc, line.adrg, line.drg)


NAMES = outside(NamesLine, lambda line: LinkedNames(line.names, line.ranked), _ID)
TENDENCIES = outside(TendencyLine, lambda line: EventAnswer(line.tendency, line.confidence), _ID)
ENTITIES = outside(EntitiesLine, _entities, _ID)
GROUPS = outside(GroupLine, _group, _ID)
