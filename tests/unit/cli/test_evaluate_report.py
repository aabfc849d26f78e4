"""``zhibian evaluate report``: results files in, one page out, refusals with a remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.invented_results import invented_results
from typer.testing import CliRunner

from zhibian.cli.evaluate_run import sinks
from zhibian.cli.main import app
from zhibian.evaluation.run import Finished


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "results.json"
    path.parent.mkdir()
    path.write_text(invented_results().model_dump_json(), encoding="utf-8")
    return path


def test_file_and_folder_become_one_page(results: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    told = ["evaluate", "report", str(results), str(results.parent), "-o", str(page)]
    found = CliRunner().invoke(app, told)
    assert found.exit_code == 0, found.output
    assert "2 个评测" in found.output
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert 'id="r2-limits"' in text


def test_one_language_is_written_where_it_is_asked_for(results: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    told = ["evaluate", "report", str(results), "-o", str(page), "--lang", "en"]
    assert CliRunner().invoke(app, told).exit_code == 0
    assert '<html lang="en"' in page.read_text(encoding="utf-8")


def test_gallery_not_marked_as_invented_is_refused_and_nothing_written(
    results: Path, tmp_path: Path
) -> None:
    told = json.loads(results.read_text(encoding="utf-8"))
    told["task"]["invented"] = False
    results.write_text(json.dumps(told), encoding="utf-8")
    page = tmp_path / "report.html"
    found = CliRunner().invoke(app, ["evaluate", "report", str(results), "-o", str(page)])
    assert found.exit_code == 2
    assert "systems.0.gallery" in found.output
    assert "未标为虚构" in found.output
    assert not page.exists()


def test_a_run_leaves_its_report_beside_its_results(tmp_path: Path) -> None:
    finished = Finished(invented_results(), ())
    told = [sink(finished) for sink in sinks(tmp_path, None, None)]
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "report.html"}
    assert str(tmp_path / "report.html") in told[1]
    assert 'id="r1-limits"' in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_no_results_are_refused(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["evaluate", "report", str(tmp_path)])
    assert found.exit_code == 2
    assert "results.json" in found.output


def test_the_report_is_not_written_over_the_results(results: Path) -> None:
    before = results.read_bytes()
    done = CliRunner().invoke(app, ["evaluate", "report", str(results), "-o", str(results)])
    assert done.exit_code == 2
    assert "输入会被覆盖" in done.stderr
    assert results.read_bytes() == before
