"""A run may be killed at any moment: resumed, it finds what it would have found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.record_codes.invented import invented_cases
from tests.unit.training import toy_kind
from tests.unit.training.listeners import Silent
from tests.unit.training.stops import Killed, killed_at

from zhibian.problems import InputError
from zhibian.settings import Settings
from zhibian.training.runs import kinds
from zhibian.training.runs.config import read_config
from zhibian.training.runs.runner import run
from zhibian.training.runs.state import read_state, unfinished_runs

CONFIG: dict[str, Any] = {
    "format": "zhibian-training/1",
    "kind": "toy",
    "data": {"table": "rows.txt"},
    "parameters": {"epochs": 4, "patience": 2},
    "seeds": [1, 2],
    "threads": 1,
    "search": {"method": "grid", "values": {"rate": [0.02, 0.3]}},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("toy")
    np.savetxt(folder / "rows.txt", toy_kind.rows_of())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(kinds.MODULES, "toy", toy_kind.__name__)
        write(folder, CONFIG)
        train(folder, folder / "whole")
        yield folder


def write(folder: Path, content: dict[str, Any]) -> None:
    (folder / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def train(folder: Path, output: Path, *, resume: bool = False) -> None:
    run(read_config(folder / "config.yaml", {}), output, Settings(), Silent(), resume=resume)


def found(output: Path) -> dict[str, Any]:
    """Return what a run found, without the time that it took, and the bytes of its models."""
    results = json.loads((output / "results.json").read_text(encoding="utf-8"))
    for one in (results, *results["trials"], *results["seeds"]):
        del one["seconds"], one["processor_seconds"]
    models = {
        str(path.relative_to(output)): path.read_bytes()
        for path in sorted((output / "seeds").rglob("*"))
        if path.is_file()
    }
    return {**results, "models": models}


def test_a_run_measures_every_trial_and_every_seed(place: Path) -> None:
    results = found(place / "whole")
    assert [one["parameters"]["rate"] for one in results["trials"]] == [0.02, 0.3]
    losses = [one["metrics"]["loss"] for one in results["trials"]]
    assert results["best_trial"] == 1 + int(np.argmin(losses))
    best = results["trials"][results["best_trial"] - 1]["parameters"]
    assert [one["parameters"] for one in results["seeds"]] == [best, best]
    over = [one["metrics"]["loss"] for one in results["seeds"]]
    assert results["over_seeds"]["loss"]["mean"] == pytest.approx(np.mean(over))
    assert results["over_seeds"]["loss"]["sd"] == pytest.approx(np.std(over, ddof=1))
    assert not (place / "whole" / "work").exists()
    assert read_state(place / "whole").status == "finished"


def test_seeds_differ_and_each_repeats_itself(place: Path, tmp_path: Path) -> None:
    train(place, tmp_path / "again")
    assert found(tmp_path / "again") == found(place / "whole")
    one, two = found(place / "whole")["models"].values()
    assert one != two


def test_killed_anywhere_a_run_goes_on_to_the_same_result(place: Path, tmp_path: Path) -> None:
    with killed_at(None) as moves:
        train(place, tmp_path / "counted")
    assert moves.count > 25
    for step in range(moves.count):
        output = tmp_path / str(step)
        with pytest.raises(Killed), killed_at(step):
            train(place, output)
        train(place, output, resume=True)
        assert found(output) == found(place / "whole"), step


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=5))
def test_killed_again_and_again_it_still_does(
    place: Path, tmp_path_factory: pytest.TempPathFactory, stops: list[tuple[int, bool]]
) -> None:
    output = tmp_path_factory.mktemp("often") / "run"
    for step, after in stops:
        try:
            with killed_at(step, after=after):
                train(place, output, resume=True)
        except Killed:
            continue
    train(place, output, resume=True)
    assert found(output) == found(place / "whole")


def test_finished_parts_are_not_trained_again(place: Path, tmp_path: Path) -> None:
    class Heard(Silent):
        def __init__(self) -> None:
            self.parts: list[str] = []

        def part(self, title: str, done: int, total: int) -> None:
            self.parts.append(title)
            if title.startswith("种子 2"):
                raise Killed

    configured, heard = read_config(place / "config.yaml", {}), Heard()
    for resume in (False, True):
        with pytest.raises(Killed):
            run(configured, tmp_path / "run", Settings(), heard, resume=resume)
    assert heard.parts == [
        "试验 1/2",
        "试验 2/2",
        "种子 1（1/2）",
        "种子 2（2/2）",
        "种子 2（2/2）",
    ]
    assert [run.name for run in unfinished_runs(tmp_path)] == ["run"]


def test_a_folder_with_a_run_is_not_begun_anew(place: Path) -> None:
    with pytest.raises(InputError) as refused:
        train(place, place / "whole")
    assert [problem.code for problem in refused.value.problems] == ["run_exists"]


def test_a_changed_configuration_is_refused_key_by_key(place: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    with pytest.raises(Killed), killed_at(9):
        train(place, output)
    np.savetxt(tmp_path / "rows.txt", toy_kind.rows_of())
    write(tmp_path, {**CONFIG, "seeds": [1, 3], "parameters": {"epochs": 5, "patience": 2}})
    with pytest.raises(InputError) as refused:
        train(tmp_path, output, resume=True)
    told = {problem.field: problem.message for problem in refused.value.problems}
    assert set(told) == {"seeds", "parameters.epochs"}
    assert "原为 4，现为 5" in told["parameters.epochs"]


def test_changed_data_are_refused_and_moved_data_are_not(place: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    with pytest.raises(Killed), killed_at(9):
        train(place, output)
    write(tmp_path, CONFIG)
    np.savetxt(tmp_path / "rows.txt", toy_kind.rows_of(24))
    with pytest.raises(InputError) as refused:
        train(tmp_path, output, resume=True)
    assert [(p.field, p.code) for p in refused.value.problems] == [("data：table", "data_changed")]
    np.savetxt(tmp_path / "rows.txt", toy_kind.rows_of())
    train(tmp_path, output, resume=True)
    assert found(output)["models"] == found(place / "whole")["models"]


def test_a_damaged_state_is_told(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"format": "other"}', encoding="utf-8")
    with pytest.raises(InputError) as refused:
        unfinished_runs(tmp_path)
    assert refused.value.problems[0].code == "state_damaged"


def test_a_search_whose_trials_all_diverge_is_told(place: Path, tmp_path: Path) -> None:
    np.savetxt(tmp_path / "rows.txt", np.full((30, 3), np.nan))
    write(tmp_path, CONFIG)
    with pytest.raises(InputError) as refused:
        train(tmp_path, tmp_path / "run")
    assert refused.value.problems[0].code == "search_failed"


def test_the_linear_classifier_goes_on_to_the_same_files(tmp_path: Path) -> None:
    cases = json.dumps(invented_cases(), ensure_ascii=False)
    (tmp_path / "cases.json").write_text(cases, encoding="utf-8")
    content = {
        "format": "zhibian-training/1",
        "kind": "classifier",
        "data": {"cases": ["cases.json"]},
        "seeds": [1, 2],
    }
    write(tmp_path, content)
    with killed_at(None) as moves:
        train(tmp_path, tmp_path / "whole")
    output = tmp_path / "stopped"
    with pytest.raises(Killed), killed_at(moves.count // 2 + 1):
        train(tmp_path, output)
    train(tmp_path, output, resume=True)
    assert found(output) == found(tmp_path / "whole")
    one, two = (
        (output / "seeds" / seed / "model" / "manifest.yaml").read_text(encoding="utf-8")
        for seed in ("1", "2")
    )
    assert one != two
