"""Parts on disk: whole or not there, and never mixed with those of another run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from zhibian.problems import InputError
from zhibian.screening.work_folder import WorkFolder

ROWS = pl.DataFrame({"row": [1, 2]})


def test_parts_are_counted_without_a_gap(tmp_path: Path) -> None:
    folder = WorkFolder.begin(tmp_path / "o.parts", {"输入": "a"})
    folder.write("facts", 0, ROWS)
    folder.write("facts", 2, ROWS)
    assert folder.count("facts") == 1
    assert folder.scan("facts").collect().equals(ROWS)
    folder.note("absent", ["D20"])
    assert folder.noted("absent") == ["D20"]
    assert folder.noted("other") is None


def test_what_was_not_finished_does_not_count(tmp_path: Path) -> None:
    folder = WorkFolder.begin(tmp_path / "o.parts", {"输入": "a"})
    (folder.path / "facts-000000.part").write_bytes(b"half")
    assert folder.count("facts") == 0


def test_a_run_is_resumed_only_with_the_same_ingredients(tmp_path: Path) -> None:
    path = tmp_path / "o.parts"
    WorkFolder.begin(path, {"输入": "a", "方案": "1.1"}).write("facts", 0, ROWS)
    assert WorkFolder.resume(path, {"输入": "a", "方案": "1.1"}).count("facts") == 1
    with pytest.raises(InputError) as refused:
        WorkFolder.resume(path, {"输入": "b", "方案": "2.0", "科室": "内科"})
    assert [p.field for p in refused.value.problems] == [
        "o.parts 方案",
        "o.parts 科室",
        "o.parts 输入",
    ]


def test_a_new_run_throws_old_parts_away_but_not_a_strange_folder(tmp_path: Path) -> None:
    path = tmp_path / "o.parts"
    WorkFolder.begin(path, {"输入": "a"}).write("facts", 0, ROWS)
    assert WorkFolder.begin(path, {"输入": "b"}).count("facts") == 0
    strange = tmp_path / "mine"
    strange.mkdir()
    (strange / "letter.txt").write_text("x", encoding="utf-8")
    for method in (WorkFolder.begin, WorkFolder.resume):
        with pytest.raises(InputError):
            method(strange, {"输入": "a"})
    assert (strange / "letter.txt").exists()


def test_nothing_to_resume_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        WorkFolder.resume(tmp_path / "o.parts", {})
    assert refused.value.problems[0].code == "nothing_to_resume"
