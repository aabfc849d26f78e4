"""What the shipped models learned from (模型学过的数据): they are not measured on it."""

from __future__ import annotations

from pathlib import Path

from zhibian.evaluation.data.learned_before import refuse_trained
from zhibian.evaluation.data.registry import load_datasets
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.terminology.tables import read_yaml

_MANIFEST = "manifest.yaml"
_REMEDY = "恢复随程序发布的 models 文件夹，或用 ZHIBIAN_MODELS 指定模型文件夹"


def refuse_learned(model: str, task: TaskSpec, models: Path) -> None:
    """Refuse a task that measures a model on what it was trained or chosen on.

    Parameters
    ----------
    model
        Name of the model, which is that of its folder.
    task
        The task; its data set and the split it measures decide.
    models
        Folder of all models. What is absent there is told by whoever loads the model.

    Raises
    ------
    InputError
        The manifest of the model tells the split among what it learned from, or tells that
        other questions were kept aside.
    """
    path = models / model / _MANIFEST
    dataset = load_datasets().get(task.dataset)
    if dataset is not None and path.is_file():
        refuse_trained(read_yaml(path, _REMEDY), dataset, task.protocol.test)
