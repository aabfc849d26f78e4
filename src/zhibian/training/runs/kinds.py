"""What a training run can train (训练种类): a table, and what each must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.training.epochs import Course, Direction, EpochDone

#: Modules by kind: each has a `KIND`, and is imported only when it is wanted. None of them
#: imports an extra before its data are read.
MODULES: Mapping[str, str] = {
    "classifier": "zhibian.training.runs.classifier",
    "attention": "zhibian.training.runs.attention",
    "link": "zhibian.training.runs.linking",
    "ranker": "zhibian.training.runs.ranking",
    "tagger": "zhibian.training.runs.tagging",
    "principal": "zhibian.training.runs.principal",
}


class Watch(Protocol):
    """Who is told of a run (进展)."""

    def say(self, text: str) -> None:
        """Take one line for the log."""
        ...

    def epoch(self, done: EpochDone) -> None:
        """Take note of a pass that has ended."""
        ...

    def part(self, title: str, done: int, total: int) -> None:
        """Take note that a trial or a seed begins, after so many of all."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where one training may write (训练的落脚处).

    Attributes
    ----------
    work
        Its own folder, for checkpoints.
    cache
        Shared by all trainings of the run, for what they have in common.
    target
        Folder of the model; None where it is only measured.
    name
        Name and version for the model.
    """

    work: Path
    cache: Path
    target: Path | None
    name: str


@dataclass(frozen=True, slots=True)
class Tuned:
    """What one training gave (一次训练的结果).

    Attributes
    ----------
    metrics
        Measured on the tune part.
    course
        How it went pass by pass; None for what is not trained in passes.
    """

    metrics: Mapping[str, float]
    course: Course | None = None


class Job(Protocol):
    """A kind with its data read (训练任务)."""

    @property
    def sources(self) -> Mapping[str, str]:
        """Return the sha256 of everything that is learned from, by name."""
        ...

    def train(self, parameters: Any, seed: int, place: Place, watch: Watch) -> Tuned:
        """Train once, going on from what lies in ``place.work``; measure on the tune part."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be trained (一种训练).

    Attributes
    ----------
    name, title
        Identifier, and what it is in Chinese.
    data
        Schema of its data paths.
    parameters
        Schema of its settings.
    metrics
        Metrics on the tune part and which values are better; the first is the usual one.
    seeded
        Whether the seed changes anything.
    needs
        Modules beyond the core.
    prepare
        Reads the data: data, program settings, threads.
    """

    name: str
    title: str
    data: type[BaseModel]
    parameters: type[BaseModel]
    metrics: Mapping[str, Direction]
    seeded: bool
    needs: tuple[str, ...]
    prepare: Callable[[Any, Settings, int], Job]


def kind_of(name: str) -> Kind:
    """Return a kind by name.

    Raises
    ------
    InputError
        There is none of that name.
    """
    if name not in MODULES:
        message = f"没有这种训练：{name}"
        remedy = f"可用：{'、'.join(MODULES)}"
        raise InputError("kind", [Problem("kind", "kind_unknown", message, remedy)])
    kind: Kind = import_module(MODULES[name]).KIND
    return kind
