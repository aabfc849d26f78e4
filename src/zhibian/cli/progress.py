"""A progress bar that keeps quiet about short work (进度条)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

_QUIET_SECONDS = 2.0


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error, but only when the work takes longer than two seconds.

    Parameters
    ----------
    label
        What is done, in Chinese.
    total
        Number of rows.

    Yields
    ------
    callable
        To be called with the number of rows done since the last call.
    """
    started = time.monotonic()
    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=total)
    shown = False

    def step(rows: int) -> None:
        nonlocal shown
        if not shown and time.monotonic() - started > _QUIET_SECONDS:
            bar.start()
            shown = True
        bar.advance(task, rows)

    try:
        yield step
    finally:
        if shown:
            bar.stop()
