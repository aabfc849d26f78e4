"""Every shipped task can be run: its kind, metrics and systems are known."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from zhibian.evaluation.coders import learned
from zhibian.evaluation.data.registry import load_datasets
from zhibian.evaluation.kinds.registry import KINDS
from zhibian.evaluation.metrics.registry import select
from zhibian.evaluation.tasks.registry import load_tasks
from zhibian.evaluation.tasks.spec import TaskSpec

OTHER_KINDS = [t for t in load_tasks().values() if t.kind != "coding"]


@pytest.mark.parametrize("task", OTHER_KINDS, ids=lambda task: task.id)
def test_a_task_names_systems_and_metrics_of_its_kind(task: TaskSpec) -> None:
    assert set(task.systems) <= set(KINDS[task.kind].systems)
    assert select(task.kind, task.metrics)


def test_what_models_never_saw_are_splits_of_the_registry(rules: Path) -> None:
    unseen = yaml.safe_load(Path(learned.__file__).with_name("learned.yaml").read_text("utf-8"))
    datasets = load_datasets()
    assert {(rules.parent / "models" / model).is_dir() for model in unseen} == {True}
    for splits in unseen.values():
        for dataset, names in splits.items():
            assert set(names) < set(datasets[dataset].splits)
