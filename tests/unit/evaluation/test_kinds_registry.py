"""Every shipped task can be run: its kind, metrics and systems are known."""

from __future__ import annotations

import pytest

from zhibian.evaluation.kinds.registry import KINDS
from zhibian.evaluation.metrics.registry import select
from zhibian.evaluation.tasks.registry import load_tasks
from zhibian.evaluation.tasks.spec import TaskSpec

OTHER_KINDS = [t for t in load_tasks().values() if t.kind != "coding"]


@pytest.mark.parametrize("task", OTHER_KINDS, ids=lambda task: task.id)
def test_a_task_names_systems_and_metrics_of_its_kind(task: TaskSpec) -> None:
    assert set(task.systems) <= set(KINDS[task.kind].systems)
    assert select(task.kind, task.metrics)
