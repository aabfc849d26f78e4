"""Who listens to a run in tests (测试用的监听者)."""

from __future__ import annotations

from zhibian.training.epochs import EpochDone


class Silent:
    """Listens to nothing."""

    def say(self, text: str) -> None:
        """Hear a line."""

    def epoch(self, done: EpochDone) -> None:
        """Hear of a pass."""

    def part(self, title: str, done: int, total: int) -> None:
        """Hear of a part."""
