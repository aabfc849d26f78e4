"""Stop a program at its k-th file that is moved into place, as a kill would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Killed(BaseException):
    """The program ends here: nothing catches it."""


class Moves:
    """How many files were moved so far."""

    def __init__(self) -> None:
        self.count = 0


@contextmanager
def killed_at(step: int | None, *, after: bool = False) -> Iterator[Moves]:
    """Kill before or after the move with this number, counted from 0; None never kills."""
    moves, move = Moves(), Path.replace

    def replace(self: Path, target: Path) -> Path:
        number = moves.count
        moves.count += 1
        if number == step and not after:
            raise Killed
        found = move(self, target)
        if number == step:
            raise Killed
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        yield moves
