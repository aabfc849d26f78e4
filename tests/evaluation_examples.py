"""Small invented tasks for tests of systems and scorers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zhibian.evaluation.coders.interface import Coder, LearningSet
from zhibian.evaluation.data.digests import digest_of_text
from zhibian.evaluation.examples import Example
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import Kind, Protocol, TaskSpec
from zhibian.records.case_json import Limits
from zhibian.review.reviewer import Reviewer

LIMITS = Limits(document_chars=100_000, file_bytes=10_000_000)


def example(name: str, question: Any, gold: Any, *, record: str | None = None) -> Example[Any, Any]:
    return Example(name, digest_of_text(name), question, gold, record or name)


def task(kind: Kind, *, dataset: str = "invented", test: str = "all", **more: Any) -> TaskSpec:
    return TaskSpec(
        format="zhibian-task/1",
        id="invented",
        version=1,
        kind=kind,
        title="虚构任务",
        question="虚构问题",
        dataset=dataset,
        protocol=Protocol(test=test),
        metrics=("*",),
        systems=(),
        **more,
    )


def resources(
    rules: Path,
    *,
    models: Path = Path("models"),
    reviewer: Reviewer | None = None,
    folder: Path | None = None,
) -> Resources:
    def load(scheme: str, tariff: str, variant: str | None) -> Reviewer:
        assert reviewer is not None, "this test loads no reviewer"
        return reviewer

    return Resources(
        rules=rules,
        models=models,
        cache=models,
        limits=LIMITS,
        reviewer=load,
        folder_of=None if folder is None else lambda _: folder,
    )


def answers(
    coder: Coder[Any, Any],
    questions: Sequence[Any],
    *,
    fit: Sequence[Example[Any, Any]] = (),
    tune: Sequence[Example[Any, Any]] = (),
) -> list[Any]:
    """Return what a system answers after learning."""
    return list(coder.learn(LearningSet(fit, tune, seed=1)).code(questions))


def figures(metrics: Sequence[Any], outcomes: Sequence[Any]) -> Mapping[str, float]:
    """Return every metric over outcomes, by name."""
    return {m.name: float(m.value(m.rows(outcomes).sum(axis=0))) for m in metrics}
