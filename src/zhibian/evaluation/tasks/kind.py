"""What one kind of task must know (任务类别): how answers are scored, which metrics there are.

The runner reads the parts, lets systems learn and answer, and hands answers back here; it knows
nothing of codes, spans or groups itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from zhibian.evaluation.coders.interface import Coder
from zhibian.evaluation.examples import Example
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.results import (
    BinOut,
    ConfusionOut,
    GalleryOut,
    ReliabilityOut,
    WaterfallOut,
)
from zhibian.evaluation.tasks.spec import TaskSpec


@dataclass(frozen=True, slots=True)
class Details:
    """What stands beside the figures of one system (附表): empty where a kind has none."""

    reliability: tuple[ReliabilityOut, ...] = ()
    confusion: tuple[ConfusionOut, ...] = ()
    deviation: tuple[BinOut, ...] = ()
    waterfalls: tuple[WaterfallOut, ...] = ()
    gallery: tuple[GalleryOut, ...] = ()


class Scorer(Protocol):
    """One kind of task made ready for one task (评分): loaded rules, metrics, strata."""

    @property
    def metrics(self) -> Sequence[Metric[Any]]:
        """Return every metric of the kind, in the order of tables."""
        ...

    def knowing(self, fit: Sequence[Example[Any, Any]]) -> Scorer:
        """Return the scorer of a round, told what could be learned (unseen names, frequency).

        A kind whose outcomes and strata don't depend on it returns itself.
        """
        ...

    def outcome(self, example: Example[Any, Any], answer: Any) -> Any:
        """Compare one answer with gold."""
        ...

    def strata(self, example: Example[Any, Any], outcome: Any) -> Mapping[str, str]:
        """Return the part of every partition that a question belongs to."""
        ...

    def details(
        self,
        examples: Sequence[Example[Any, Any]],
        answers: Sequence[Any],
        outcomes: Sequence[Any],
        *,
        invented: bool,
    ) -> Details:
        """Return what stands beside the figures; text only where all persons are invented."""
        ...


#: Makes a kind ready for a task; ``resources`` is :class:`zhibian.evaluation.resources.Resources`.
ScorerFactory = Callable[[TaskSpec, Any], Scorer]

#: Makes a system by its name in the kind: parameters of the configuration, then resources.
CoderFactory = Callable[[Mapping[str, Any], TaskSpec, Any], Coder[Any, Any]]


@dataclass(frozen=True, slots=True)
class KindOfTask:
    """Everything the runner needs of one kind (任务类别登记).

    Attributes
    ----------
    scorer
        Makes the kind ready for a task.
    systems
        Systems by name.
    outcome
        Type of an outcome, for outcomes that are written and read back; it holds no text.
    metrics
        Every metric of the kind, for outcomes that are read back.
    answer
        Type of an answer: answers are kept while a run lasts, so that it can be taken up again.
        None where answers quote texts: nothing is kept then.
    """

    scorer: ScorerFactory
    systems: Mapping[str, CoderFactory]
    outcome: Any
    metrics: Sequence[Metric[Any]]
    answer: Any = None
