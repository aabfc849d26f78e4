"""The kind `attention` over a tiny random encoder; needs the extra ``train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("transformers", reason="the extra train is not installed")
pytest.importorskip("datasets", reason="the extra train is not installed")
pytest.importorskip("onnx", reason="the extra train is not installed")
pytest.importorskip("onnxruntime", reason="the extra train is not installed")
pytest.importorskip("tokenizers", reason="the extra train is not installed")

import yaml
from tests.unit.record_codes.invented import invented_cases
from tests.unit.record_codes.tiny_encoder import write_tiny_encoder
from tests.unit.training.listeners import Silent

from zhibian.settings import Settings
from zhibian.training.epochs import EpochDone
from zhibian.training.runs.config import read_config
from zhibian.training.runs.runner import run


class Stops(Silent):
    """Stops the program in its n-th pass."""

    def __init__(self, passes: int) -> None:
        self.left = passes

    def epoch(self, done: EpochDone) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def heads(folder: Path) -> list[dict[str, Any]]:
    """Return what a run found about every seed, without the time that it took."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return [{**one, "seconds": 0, "processor_seconds": 0} for one in results["seeds"]]


def test_killed_between_passes_the_losses_and_the_best_pass_are_the_same(tmp_path: Path) -> None:
    cases = json.dumps(invented_cases(), ensure_ascii=False)
    (tmp_path / "cases.json").write_text(cases, encoding="utf-8")
    (tmp_path / "base").mkdir()
    write_tiny_encoder(tmp_path / "base")
    content = {
        "format": "zhibian-training/1",
        "kind": "attention",
        "data": {"cases": ["cases.json"], "base": "base"},
        # A learning rate far too high: passes soon get worse, and training stops early.
        "parameters": {"epochs": 9, "patience": 1, "batch": 2, "width": 16, "rate": 3.0},
        "seeds": [5],
        "threads": 1,
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    configured = read_config(tmp_path / "run.yaml", {})
    run(configured, tmp_path / "whole", Settings(), Silent(), resume=False)
    whole = heads(tmp_path / "whole")
    assert all(one["stopped_early"] for one in whole)
    assert all(one["best_epoch"] < one["epochs"] < 9 for one in whole)
    for passes in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            run(configured, tmp_path / "stopped", Settings(), Stops(passes), resume=True)
    run(configured, tmp_path / "stopped", Settings(), Silent(), resume=True)
    assert heads(tmp_path / "stopped") == whole
