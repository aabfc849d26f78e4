"""A toy kind of task for the runner: is a word repeated rightly?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from zhibian.evaluation.answering import AskedSystem, Watch
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet
from zhibian.evaluation.data.digests import checksum_of_digests, digest_of_text
from zhibian.evaluation.examples import Example, Parts
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.run import RunPlan
from zhibian.evaluation.tasks.kind import Details, KindOfTask
from zhibian.evaluation.tasks.spec import DatasetSpec, Protocol, SplitSpec, TaskSpec


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    word: str


@dataclass(frozen=True, slots=True)
class Judged:
    """An outcome; ``nothing`` is what no system is asked for."""

    right: bool
    nothing: float = 0.0


RIGHT: Metric[Judged] = Metric(
    "toy.right",
    "正确率",
    "share",
    "higher",
    lambda outcomes: np.array([[o.right, 1.0] for o in outcomes], dtype=np.float64),
    lambda sums: sums[..., 0] / sums[..., 1],
)
EMPTY: Metric[Judged] = Metric(
    "toy.empty",
    "无可计",
    "share",
    "higher",
    lambda outcomes: np.zeros((len(outcomes), 1)),
    lambda sums: np.full(sums.shape[:-1], np.nan),
)


@dataclass(frozen=True, slots=True)
class ToyScorer:
    metrics: Sequence[Metric[Any]] = (RIGHT, EMPTY)

    def knowing(self, fit: Sequence[Example[Any, Any]]) -> ToyScorer:
        return self

    def outcome(self, example: Example[str, str], answer: Said) -> Judged:
        return Judged(answer.word == example.gold)

    def strata(self, example: Example[str, str], outcome: Judged) -> Mapping[str, str]:
        return {"initial": example.question[:1]}

    def details(
        self,
        examples: Sequence[Example[Any, Any]],
        answers: Sequence[Any],
        outcomes: Sequence[Any],
        *,
        invented: bool,
    ) -> Details:
        return Details()


@dataclass
class ToySystem:
    """Repeats words as ``say`` tells; keeps what it was given, for the tests to look at."""

    info: CoderInfo
    say: Callable[[str, LearningSet], str]
    material: LearningSet | None = None
    calls: list[LearningSet] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)

    def learn(self, material: LearningSet) -> ToySystem:
        self.calls.append(material)
        return replace(self, material=material)

    def code(self, questions: Sequence[str]) -> Iterator[Said]:
        assert self.material is not None
        for question in questions:
            self.answered.append(question)
            yield Said(self.say(question, self.material))


def toy(name: str, say: Callable[[str, LearningSet], str], *, learns: bool = False) -> ToySystem:
    return ToySystem(CoderInfo(name=name, title=name, learns=learns), say)


def asked(system: ToySystem, **parameters: Any) -> AskedSystem:
    return AskedSystem(system.info.name, lambda *_: system, parameters)


def echo() -> ToySystem:
    return toy("echo", lambda word, _: word)


KIND = KindOfTask(
    scorer=lambda *_: ToyScorer(),
    systems={},
    outcome=Judged,
    metrics=(RIGHT, EMPTY),
    answer=Said,
)


def word(text: str, *, record: str | None = None, words: str | None = None) -> Example[str, str]:
    return Example(text, digest_of_text(words or text), text, text, record or text)


def words(count: int, prefix: str = "w") -> tuple[Example[str, str], ...]:
    return tuple(word(f"{prefix}{n}") for n in range(count))


def loaded(
    test: tuple[Example[str, str], ...],
    fit: tuple[Example[str, str], ...] = (),
    *,
    folds: int | None = None,
    strata: tuple[str, ...] = (),
) -> LoadedTask:
    spec = TaskSpec(
        format="zhibian-task/1",
        id="toy",
        version=1,
        kind="linking",
        title="虚构任务",
        question="虚构问题",
        dataset="toy",
        protocol=Protocol(test="all", folds=folds),
        metrics=("toy.right", "toy.*"),
        strata=strata,
        systems=("echo",),
    )
    dataset = DatasetSpec(
        format="zhibian-dataset/1",
        id="toy",
        title="虚构数据",
        variable="ZHIBIAN_DATA_TOY",
        folder="toy",
        reader="toy",
        invented=True,
        provenance="虚构",
        citation="无",
        terms="无限制",
        splits={"all": SplitSpec(title="全部", files=("all.json",))},
    )
    checksum = checksum_of_digests(example.digest for example in test)
    return LoadedTask(spec, dataset, Parts(fit, (), test, checksum))


def plan(*systems: ToySystem, **more: Any) -> RunPlan:
    return RunPlan(systems=tuple(asked(system) for system in systems), **{"draws": 100, **more})


def quiet() -> Watch:
    return Watch(lambda _: None, lambda _: None)


def watched(told: list[str], steps: list[int] | None = None) -> Watch:
    return Watch((steps if steps is not None else []).append, told.append)


def folder(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*") if p.is_file())
