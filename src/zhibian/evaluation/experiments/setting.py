"""Where runs of an experiment take place (实验环境)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from zhibian.evaluation.answering import Watch
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.tasks.kind import KindOfTask
from zhibian.evaluation.tasks.spec import Kind, TaskSpec


@dataclass(frozen=True, slots=True)
class Setting:
    """Where runs of an experiment take place (实验环境).

    Attributes
    ----------
    tasks
        By id.
    load
        Reads the questions of a task.
    kinds
        Scorers and systems by kind of task.
    resources
        What systems and scorers are made with.
    watching
        Title and number of answers to whoever is told of progress.
    command
        As typed, without paths of the machine.
    resume
        Whether finished rounds and runs of a stopped experiment are taken over.
    """

    tasks: Mapping[str, TaskSpec]
    load: Callable[[TaskSpec], LoadedTask]
    kinds: Mapping[Kind, KindOfTask]
    resources: Resources
    watching: Callable[[str, int], AbstractContextManager[Watch]]
    command: str = ""
    resume: bool = False
