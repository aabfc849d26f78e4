"""Files that are written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zhibian.sheets import Column, Sheet, write_workbook
from zhibian.whole_file import whole_file


def test_a_finished_file_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", "utf-8")
    with whole_file(path) as part:
        part.write_text("new", "utf-8")
        assert path.read_text("utf-8") == "old"
    assert path.read_text("utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_one_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", "utf-8")

    def killed() -> None:
        with whole_file(path) as part:
            part.write_text("half", "utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_rows_that_fail_leave_the_former_workbook(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[str]]:
        yield ("甲",)
        raise ArithmeticError

    path = tmp_path / "out.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(ArithmeticError):
        write_workbook(path, [Sheet("清单", [Column("名称")], rows())])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
