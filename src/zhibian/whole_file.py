"""Files that are written whole or not at all (完整写出).

A file is written under another name beside its own and takes its name when it is finished: a run
that fails or is killed leaves what was there before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def part_of(path: Path) -> Path:
    """Return the name that a file has while it is being written."""
    return path.parent / f"{path.name}.part"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the name to write to; the file takes its place when the block ends without an error.

    Parameters
    ----------
    path
        The file that is wanted.

    Yields
    ------
    Path
        To be written and closed in the block.

    Raises
    ------
    OSError
        The file can't be put in its place, such as a workbook that is open in Excel.
    """
    part = part_of(path)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
