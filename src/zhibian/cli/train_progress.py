"""How a training run is shown on a terminal (训练进度): parts, passes, time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from zhibian.training.epochs import EpochDone


class TrainingBars:
    """Two bars: trials and seeds, and the passes of the one under way.

    Time left is told by what was done since the program began: a trial may take minutes, far
    longer than the stretch over which a bar usually tells its speed.

    Parameters
    ----------
    bars
        Where they are shown.
    clock
        Seconds.
    """

    def __init__(self, bars: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._bars, self._clock = bars, clock
        self._parts = bars.add_task("总进度", total=None, left="")
        self._epochs = bars.add_task("轮次", total=None, visible=False, left="")
        self._began: tuple[float, int] | None = None
        self._part_began, self._passes = 0.0, 0

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        if self._bars.console.is_terminal:
            self._bars.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def part(self, title: str, done: int, total: int) -> None:
        """Name the part under way; its passes begin anew."""
        now = self._clock()
        # A run that goes on has done some parts in an earlier sitting, whose time is not known.
        self._began = self._began or (now, done)
        began, before = self._began
        self._bars.update(
            self._parts,
            description=f"总进度：{title}",
            completed=done,
            total=total,
            left=time_left(now - began, done - before, total - done),
        )
        self._bars.reset(self._epochs, visible=False)
        self._part_began, self._passes = now, 0

    def epoch(self, done: EpochDone) -> None:
        """Count a pass."""
        tuned = "" if done.value is None else f"，调参部分 {done.value:.4f}"
        self._passes += 1
        spent = self._clock() - self._part_began
        self._bars.update(
            self._epochs,
            description=f"轮次：损失 {done.loss:.4f}{tuned}",
            completed=done.number,
            total=done.most,
            visible=True,
            left=time_left(spent, self._passes, done.most - done.number),
        )


def time_left(spent: float, done: int, still: int) -> str:
    """Return in words how long what is still to do will take; nothing where it can't be told.

    Parameters
    ----------
    spent
        Seconds that what is done took.
    done, still
        Parts done in that time, and parts to do.
    """
    if done <= 0:
        return ""
    seconds = spent / done * still
    if seconds < 60:
        return f"剩余约 {seconds:.0f} 秒"
    minutes = round(seconds / 60)
    hours = f"{minutes // 60} 小时 " if minutes >= 60 else ""
    return f"剩余约 {hours}{minutes % 60} 分钟"


@contextmanager
def training_bars() -> Iterator[TrainingBars]:
    """Show a run on standard error; where that is no terminal, show nothing at all."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        yield TrainingBars(bars)
