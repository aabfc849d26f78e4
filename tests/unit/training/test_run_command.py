"""``zhibian train run`` and ``zhibian train --resume``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.unit.training import toy_kind
from tests.unit.training.stops import Killed, killed_at
from typer.testing import CliRunner, Result

from zhibian.cli.main import app
from zhibian.training.runs import kinds


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(kinds.MODULES, "toy", toy_kind.__name__)
    monkeypatch.setenv("TOY_DATA", str(tmp_path))
    np.savetxt(tmp_path / "rows.txt", toy_kind.rows_of())
    content = {
        "format": "zhibian-training/1",
        "kind": "toy",
        "data": {"table": "${TOY_DATA}/rows.txt"},
        "seeds": [1],
    }
    path = tmp_path / "toy.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, arguments)], catch_exceptions=False)


def test_a_run_tells_mean_and_spread_and_that_it_is_no_test(config: Path, tmp_path: Path) -> None:
    result = call("run", config, "--output", tmp_path / "run", "--seed", 3, "--seed", 4)
    assert result.exit_code == 0, result.output
    assert "标准差" in result.stdout
    assert "不是测试结果" in result.stdout
    # Quiet where no terminal is: neither bars nor lines.
    assert result.stderr == ""
    found = json.loads((tmp_path / "run" / "results.json").read_text(encoding="utf-8"))
    assert [one["seed"] for one in found["seeds"]] == [3, 4]
    lines = (tmp_path / "run" / "run.log").read_text(encoding="utf-8")
    assert "种子 4（2/2）" in lines


def test_the_group_goes_on_with_what_is_unfinished(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("run", config, "--output", tmp_path / "runs" / "done").exit_code == 0
    with pytest.raises(Killed), killed_at(5):
        call("run", config, "--output", tmp_path / "runs" / "stopped")
    # The folder alone is enough: variables were put in when the run began.
    monkeypatch.delenv("TOY_DATA")
    result = call("--resume", tmp_path / "runs")
    assert result.exit_code == 0, result.output
    done, stopped = (
        (tmp_path / "runs" / name / "seeds" / "1" / "model" / "weights.txt").read_bytes()
        for name in ("done", "stopped")
    )
    assert done == stopped
    assert "都已完成" in call("--resume", tmp_path / "runs").stdout


def test_a_run_that_cannot_go_on_keeps_no_other_from_it(config: Path, tmp_path: Path) -> None:
    for name in ("changed", "good"):
        with pytest.raises(Killed), killed_at(5):
            call("run", config, "--output", tmp_path / "runs" / name)
    stored = tmp_path / "runs" / "changed" / "config.yaml"
    np.savetxt(tmp_path / "other.txt", toy_kind.rows_of(24))
    text = stored.read_text(encoding="utf-8").replace("rows.txt", "other.txt")
    stored.write_text(text, encoding="utf-8")
    result = call("--resume", tmp_path / "runs")
    assert result.exit_code == 2
    assert "changed：1 个问题" in result.stderr
    assert (tmp_path / "runs" / "good" / "results.json").is_file()


def test_an_interrupted_run_tells_how_to_go_on(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(toy_kind, "train_epochs", interrupt)
    result = call("run", config, "--output", tmp_path / "run")
    assert result.exit_code == 130
    assert f"zhibian train --resume {tmp_path / 'run'}" in result.stderr


def test_a_folder_without_runs_is_told(tmp_path: Path) -> None:
    result = call("--resume", tmp_path)
    assert result.exit_code == 2
    assert "没有训练运行" in result.stderr


def test_resume_of_the_group_goes_with_no_command(tmp_path: Path) -> None:
    result = call("--resume", tmp_path, "tagger")
    assert result.exit_code == 2


def test_problems_of_a_configuration_are_told(config: Path, tmp_path: Path) -> None:
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    config.write_text(yaml.safe_dump({**content, "seed": [1]}), encoding="utf-8")
    result = call("run", config, "--output", tmp_path / "run")
    assert result.exit_code == 2
    assert "是否指 seeds？" in result.stderr
    assert not (tmp_path / "run").exists()


def test_an_absent_extra_is_told(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhibian.cli.common.find_spec", lambda _: None)
    content = {
        "format": "zhibian-training/1",
        "kind": "tagger",
        "data": {"cehrner": str(tmp_path), "chip_cdee": str(tmp_path)},
    }
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    result = call("run", config, "--output", tmp_path / "run")
    assert result.exit_code == 2
    assert "pycrfsuite" in result.stderr
