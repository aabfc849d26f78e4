"""What a terminal shows of a training run."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from zhibian.cli.train_progress import TrainingBars, time_left
from zhibian.training.epochs import EpochDone


@pytest.mark.parametrize(
    ("spent", "done", "still", "text"),
    [
        (0.0, 0, 5, ""),
        (30.0, 3, 4, "剩余约 40 秒"),
        (600.0, 2, 3, "剩余约 15 分钟"),
        (3600.0, 1, 2, "剩余约 2 小时 0 分钟"),
    ],
)
def test_time_left_follows_from_what_was_done(
    spent: float, done: int, still: int, text: str
) -> None:
    assert time_left(spent, done, still) == text


def test_a_resumed_run_counts_only_what_it_did_itself() -> None:
    now = 0.0
    bars = Progress(console=Console(file=io.StringIO()), disable=True)
    shown = TrainingBars(bars, lambda: now)
    parts, epochs = bars.tasks
    shown.part("试验 5/9", 4, 10)
    assert parts.fields["left"] == ""
    now = 60.0
    shown.epoch(EpochDone(3, 4, 0.5, 0.25))
    assert epochs.fields["left"] == "剩余约 1 分钟"
    assert "调参部分 0.2500" in epochs.description
    now = 120.0
    shown.part("试验 6/9", 5, 10)
    assert parts.fields["left"] == "剩余约 10 分钟"
    assert parts.completed == 5
    assert not epochs.visible
