"""How a training run is shown on a terminal (训练进度): parts, passes, time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from zhibian.training.epochs import EpochDone


class TrainingBars:
    """Two bars: trials and seeds, and the passes of the one under way.

    Parameters
    ----------
    bars
        Where they are shown.
    """

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._parts = bars.add_task("总进度", total=None)
        self._epochs = bars.add_task("轮次", total=None, visible=False)

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        if self._bars.console.is_terminal:
            self._bars.console.print(text, highlight=False, markup=False)

    def part(self, title: str, done: int, total: int) -> None:
        """Name the part under way; its passes begin anew."""
        self._bars.update(self._parts, description=f"总进度：{title}", completed=done, total=total)
        self._bars.reset(self._epochs, visible=False)

    def epoch(self, done: EpochDone) -> None:
        """Count a pass."""
        tuned = "" if done.value is None else f"，调参部分 {done.value:.4f}"
        self._bars.update(
            self._epochs,
            description=f"轮次：损失 {done.loss:.4f}{tuned}",
            completed=done.number,
            total=done.most,
            visible=True,
        )


@contextmanager
def training_bars() -> Iterator[TrainingBars]:
    """Show a run on standard error; where that is no terminal, show nothing at all."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("剩余"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        yield TrainingBars(bars)
