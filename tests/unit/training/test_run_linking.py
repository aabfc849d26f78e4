"""The kind `link` over a tiny random encoder and invented data; needs the extra ``train``."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("transformers", reason="the extra train is not installed")
pytest.importorskip("onnx", reason="the extra train is not installed")
pytest.importorskip("onnxruntime", reason="the extra models is not installed")
pytest.importorskip("safetensors", reason="the extra train is not installed")

import yaml
from tests.unit.training.listeners import Silent
from tests.unit.training.test_encoder_files import tiny_file
from tests.unit.training.test_run_kinds import write_corpora

from zhibian.settings import Settings
from zhibian.terminology.tables import read_yaml, sha256_of
from zhibian.training.e5 import kept_pieces, parse, write_bert
from zhibian.training.epochs import EpochDone
from zhibian.training.runs.config import read_config
from zhibian.training.runs.runner import run


class Passes(Silent):
    """Keeps the passes, and stops the program in one of them."""

    def __init__(self, stop: int | None = None) -> None:
        self.done: list[EpochDone] = []
        self.stop = stop

    def epoch(self, done: EpochDone) -> None:
        self.done.append(done)
        if len(self.done) == self.stop:
            raise KeyboardInterrupt


def test_a_stopped_linking_model_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A few of the thousands of aliases: what they teach is not asked here.
    monkeypatch.setattr("zhibian.training.link_tasks._ALIAS_POOL", 60)
    monkeypatch.setattr("zhibian.training.link_tasks._ALIAS_EPOCH", 20)
    write_corpora(tmp_path)
    contents = parse(tiny_file())
    (tmp_path / "base").mkdir()
    write_bert(contents, kept_pieces(contents), tmp_path / "base")
    small = {"epochs": 2, "frozen": 1, "mined": 4, "trees": 5, "leaf_rows": 2, "rate": 1e-3}
    content = {
        "format": "zhibian-training/1",
        "kind": "link",
        "data": {"chip_cdn": "chip", "yidu_n7k": "yidu", "base": "base"},
        "parameters": small,
        "seeds": [1],
        "threads": 1,
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    configured = read_config(tmp_path / "run.yaml", {})
    with pytest.raises(KeyboardInterrupt):
        run(configured, tmp_path / "run", Settings(), Passes(2), resume=False)
    passes = Passes()
    results = run(configured, tmp_path / "run", Settings(), passes, resume=True)
    # The first encoder goes on with its second pass; the second one has no part to stop by.
    numbers = [(one.number, one.value is None) for one in passes.done]
    (seed,) = results.seeds
    assert seed.epochs == 2
    assert seed.best_epoch is not None
    again = [(number + 1, True) for number in range(seed.best_epoch)]
    assert numbers == [(2, False), *again]
    model = tmp_path / "run" / "seeds" / "1" / "model"
    manifest = read_yaml(model / "manifest.yaml", "")
    assert len([file for file in manifest["files"] if file.startswith("ranker-")]) == 4
    assert {"encoder.onnx", "tokenizer.json", "labels.csv"} <= set(manifest["files"])
    for file, sha256 in manifest["files"].items():
        assert sha256_of(model / file) == sha256
