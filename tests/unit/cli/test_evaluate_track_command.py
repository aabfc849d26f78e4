"""What ``zhibian evaluate track`` files: one result, or all runs of an experiment (实验追踪)."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhibian.cli.evaluate_track import results_of
from zhibian.cli.main import app
from zhibian.problems import InputError

EXPERIMENTS = Path(__file__).resolve().parents[3] / "experiments"


def test_an_experiment_is_filed_run_by_run() -> None:
    found = results_of(EXPERIMENTS / "01-linking")
    assert [result.task.id for result in found] == ["linking-chip-cdn", "linking-yidu-n7k"]
    assert results_of(EXPERIMENTS / "01-linking" / "results.json") == found


@pytest.mark.parametrize("text", ["{}", "no json", '{"format": "zhibian-experiment/1"}'])
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        results_of(tmp_path)


def test_all_unusable_files_are_told_before_one_is_filed(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}", encoding="utf-8")
    store = tmp_path / "store"
    asked = [str(EXPERIMENTS / "01-linking"), str(tmp_path), str(tmp_path / "absent.json")]
    told = CliRunner().invoke(app, ["evaluate", "track", *asked, "--store", str(store)])
    assert told.exit_code == 2
    assert "absent.json" in told.output
    assert tmp_path.name in told.output
    assert not store.exists()
