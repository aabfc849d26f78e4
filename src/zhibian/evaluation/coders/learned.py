"""What the shipped models learned from (模型学过的数据): they are not measured on it."""

from __future__ import annotations

from pathlib import Path

from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml

_FILE = Path(__file__).with_name("learned.yaml")
_REMEDY = "重新安装 zhibian"


def refuse_learned(model: str, task: TaskSpec) -> None:
    """Refuse a task that measures a shipped model on what it was trained on.

    Parameters
    ----------
    model
        Name of the model, which is that of its folder.
    task
        The task; its data set and the split it measures decide.

    Raises
    ------
    InputError
        The model learned from the data set, and the split is not one that it never saw.
    """
    unseen = read_yaml(_FILE, _REMEDY).get(model, {}).get(task.dataset)
    if unseen is not None and task.protocol.test not in unseen:
        part = f"数据集 {task.dataset} 的 {task.protocol.test} 部分"
        message = f"模型 {model} 学过{part}，不能在其上评测"
        remedy = f"改测它没有见过的部分：{'、'.join(unseen)}；或不选这个系统"
        raise InputError(task.id, [Problem("protocol.test", "split_learned", message, remedy)])
