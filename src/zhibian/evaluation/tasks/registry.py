"""The tasks that can be run (任务登记): those of the package, and those of a user's folder."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from zhibian.evaluation.data.written import read_definition, read_written
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

TASKS = Path(__file__).resolve().parent
_SUFFIXES = (".yaml", ".yml")


def load_tasks(own: Path | None = None) -> dict[str, TaskSpec]:
    """Return all tasks by id; a task of the user's folder stands for a shipped one of its id.

    Parameters
    ----------
    own
        Folder of the user's tasks; None for the shipped ones alone.

    Raises
    ------
    InputError
        A file is no valid definition; all problems of all files at once.
    """
    shipped = read_written(TASKS, TaskSpec)
    return shipped if own is None else {**shipped, **read_written(own, TaskSpec)}


def find_task(name: str, tasks: Mapping[str, TaskSpec]) -> TaskSpec:
    """Return a task by its id or by the path of its file.

    Raises
    ------
    InputError
        There is none, and the remedy names the nearest; or the file is no valid definition.
    """
    if name in tasks:
        return tasks[name]
    if name.endswith(_SUFFIXES):
        return read_definition(Path(name), TaskSpec)
    near = get_close_matches(name, tasks, n=3)
    remedy = f"是否为 {'、'.join(near)}？" if near else f"可用：{'、'.join(tasks)}"
    problem = Problem("TASK", "task_unknown", f"没有任务 {name}", remedy)
    raise InputError("evaluate", [problem])
