"""The grouping engine as a system (分组引擎): a whole table at once, or case by case.

The reading ``published`` groups by the scheme as published, the default reading with its
corrections; a scheme that is named in the settings overrides both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl
from pydantic import Field

from zhibian.evaluation.answers import GroupingAnswer
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.questions import GroupingQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.grouping.cases import SCHEMA
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.engine import group
from zhibian.grouping.pack import DEFAULT_READING, RulePack, load_scheme
from zhibian.problems import InputError, Problem

PUBLISHED = "published"


class EngineSettings(Parameters):
    """Settings of the engine (参数)."""

    scheme: str | None = Field(
        default=None, description="Scheme with its reading; null: that of the task 分组方案"
    )


@dataclass(frozen=True, slots=True)
class ColumnarGrouper:
    """The columnar engine (整表分组)."""

    info: CoderInfo
    pack: ColumnarPack = field(repr=False)

    def learn(self, material: LearningSet) -> ColumnarGrouper:
        """Return itself."""
        return self

    def code(self, questions: Sequence[GroupingQuestion]) -> Iterator[GroupingAnswer]:
        """Yield the group of each page."""
        frame = pl.DataFrame(
            {name: [getattr(q.page, name) for q in questions] for name in SCHEMA}, SCHEMA
        )
        groups = group_table(frame, self.pack).select("status", "mdc", "adrg", "drg")
        columns = groups.cast(pl.String).fill_null("")
        return (GroupingAnswer(*row) for row in columns.iter_rows())


@dataclass(frozen=True, slots=True)
class SingleGrouper:
    """The engine for one case (单例分组), as the commands and the services use it."""

    info: CoderInfo
    pack: RulePack = field(repr=False)

    def learn(self, material: LearningSet) -> SingleGrouper:
        """Return itself."""
        return self

    def code(self, questions: Sequence[GroupingQuestion]) -> Iterator[GroupingAnswer]:
        """Yield the group of each page."""
        for question in questions:
            found = group(question.page, self.pack, trace=False)
            yield GroupingAnswer(found.status.value, found.mdc, found.adrg, found.drg)


def _scheme(task: TaskSpec, reading: str) -> str:
    if task.scheme is None:
        message = f"任务 {task.id} 没有写明分组方案"
        remedy = "在任务 YAML 中写 scheme，如 chs-drg-1.1"
        raise InputError(task.id, [Problem("scheme", "scheme_missing", message, remedy)])
    pack, _, _ = task.scheme.partition("@")
    return pack if reading == DEFAULT_READING else f"{pack}@{reading}"


def _engine(
    name: str, title: str, reading: str, *, columnar: bool
) -> RegisteredCoder[EngineSettings]:
    """Return one way of running the engine, under one reading of the task's scheme."""

    def make(
        given: EngineSettings, task: TaskSpec, resources: Resources
    ) -> ColumnarGrouper | SingleGrouper:
        pack = load_scheme(resources.rules, given.scheme or _scheme(task, reading))
        info = CoderInfo(name, title, versions={"scheme": pack.scheme})
        return ColumnarGrouper(info, ColumnarPack(pack)) if columnar else SingleGrouper(info, pack)

    return RegisteredCoder(name, title, EngineSettings, make)


ENGINES = (
    _engine("published", "按发布文本，整表", PUBLISHED, columnar=True),
    _engine("default", "更正后，整表", DEFAULT_READING, columnar=True),
    _engine("published-single", "按发布文本，逐例", PUBLISHED, columnar=False),
    _engine("default-single", "更正后，逐例", DEFAULT_READING, columnar=False),
)
