"""Tables kept on disk while a long file is worked through (中间结果)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl


class Spool:
    """Parts of tables by name, written as they come and read back in their order.

    Parameters
    ----------
    folder
        An empty folder, removed by who made it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[str, list[Path]] = {}
        #: Rows kept by name of the table.
        self.rows: dict[str, int] = {}

    def keep(self, name: str, part: pl.DataFrame) -> None:
        """Write a part of a table; one without rows is not written."""
        if part.is_empty():
            return
        parts = self._parts.setdefault(name, [])
        path = self._folder / f"{name}-{len(parts)}.parquet"
        part.write_parquet(path, compression="lz4")
        parts.append(path)
        self.rows[name] = self.rows.get(name, 0) + part.height

    def parts(self, name: str) -> Iterator[pl.DataFrame]:
        """Yield the parts of a table."""
        for path in self._parts.get(name, []):
            yield pl.read_parquet(path)

    def read(self, name: str, most: int) -> Iterator[tuple[Any, ...]]:
        """Yield the first rows of a table."""
        left = most
        for part in self.parts(name):
            if not left:
                return
            yield from part.head(left).iter_rows()
            left -= min(left, part.height)
