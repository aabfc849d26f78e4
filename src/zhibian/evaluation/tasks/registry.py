"""Tasks by id, and their questions (任务登记与读取)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from zhibian.evaluation.data.readers import READERS
from zhibian.evaluation.data.registry import load_dataset
from zhibian.evaluation.examples import Example, Parts
from zhibian.evaluation.provenance import checksum_of
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.tasks.spec import DatasetSpec, TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits


def task_ids() -> list[str]:
    """Return the ids of the tasks that come with the program."""
    names = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def load_spec(name: str) -> TaskSpec:
    """Return a task by its id, or from a YAML file of one's own.

    Raises
    ------
    InputError
        There is no such task or file, or a field is wrong; every such field is named.
    """
    own = Path(name)
    if own.suffix in {".yaml", ".yml"} and own.is_file():
        text = own.read_text(encoding="utf-8")
    elif name in task_ids():
        text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    else:
        message = f"没有任务 {name}；现有：{'、'.join(task_ids())}"
        remedy = "改用现有的任务，或指向任务 YAML 文件"
        raise InputError("task", [Problem("task", "task_unknown", message, remedy)])
    try:
        return TaskSpec.model_validate(yaml.safe_load(text))
    except ValidationError as wrong:
        problems = [
            Problem(".".join(map(str, e["loc"])), "task_invalid", e["msg"], "按任务格式改正")
            for e in wrong.errors(include_input=False, include_url=False)
        ]
        raise InputError(own.name, problems) from None


def load_task(
    spec: TaskSpec, folder_of: Callable[[DatasetSpec], Path], limits: Limits
) -> LoadedTask:
    """Return a task with its questions.

    Parameters
    ----------
    spec
        The task.
    folder_of
        Where a data set lies.
    limits
        Largest file and document.

    Raises
    ------
    InputError
        The data set is absent or not as registered.
    """
    dataset = load_dataset(spec.dataset)
    folder = folder_of(dataset)
    reader = READERS[dataset.reader]

    def part(names: tuple[str, ...]) -> tuple[Example[Any, Any], ...]:
        read = (reader(folder, dataset.splits[name], spec.code_set, limits) for name in names)
        return tuple(chain.from_iterable(read))

    test = part((spec.protocol.test,))
    parts = Parts(part(spec.protocol.fit), part(spec.protocol.tune), test, checksum_of(test))
    return LoadedTask(spec, dataset, parts)
