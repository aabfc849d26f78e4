"""Published experiments: results are of the tasks and data as they stand, and READMEs tell them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from zhibian.cli.schema import json_schema
from zhibian.evaluation.data.registry import load_datasets
from zhibian.evaluation.experiments.readme import README, read_experiment_results, rewritten
from zhibian.evaluation.experiments.run import EXPERIMENT, read_experiment
from zhibian.evaluation.results import Results
from zhibian.evaluation.results_file import RESULTS
from zhibian.evaluation.tasks.registry import load_tasks

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
FOLDERS = sorted(file.parent for file in EXPERIMENTS.glob(f"*/{EXPERIMENT}"))
TASKS, DATASETS = load_tasks(), load_datasets()
MOST_BYTES = 700_000
# Absolute paths, home folders, addresses of machines and registries.
MACHINE = re.compile(r"(?:^|[\s\"'=(])(?:/[\w.-]+){2,}|[A-Za-z]:\\|~/|\b\w+://|\blocalhost\b")

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def results_of(folder: Path) -> Iterator[Results]:
    for run in read_experiment_results(folder / RESULTS).runs:
        for labelled in run.results:
            yield labelled.results


def texts(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict):
        for key, value in told.items():
            yield key
            yield from texts(value)
    elif isinstance(told, list):
        for value in told:
            yield from texts(value)


def test_there_are_experiments() -> None:
    assert FOLDERS


@each_folder
def test_results_follow_the_published_schema(folder: Path) -> None:
    told = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    assert list(Draft202012Validator(json_schema("experiment")).iter_errors(told)) == []
    assert (folder / RESULTS).stat().st_size <= MOST_BYTES


@each_folder
def test_results_are_of_the_runs_as_they_are_defined(folder: Path) -> None:
    _, runs = read_experiment(folder / EXPERIMENT)
    wanted = {run.name: run.model_dump(mode="json", exclude_defaults=True) for run in runs}
    found = {run.name: run.asked for run in read_experiment_results(folder / RESULTS).runs}
    assert found == wanted


@each_folder
def test_results_are_whole(folder: Path) -> None:
    for results in results_of(folder):
        assert results.failures == ()
        assert results.run.limit is None


@each_folder
def test_results_are_of_the_tasks_and_data_of_the_registry(folder: Path) -> None:
    for results in results_of(folder):
        task = TASKS[results.task.id]
        assert results.task.version == task.version, f"rerun {folder.name}: {task.id} changed"
        assert results.task.test.split == task.protocol.test
        for part in (results.task.test, *results.task.learned_from):
            now = DATASETS[part.dataset].splits[part.split]
            assert (part.n, part.checksum) == (now.n, now.checksum), f"rerun {folder.name}"


@each_folder
def test_results_hold_no_text_and_nothing_of_a_machine(folder: Path) -> None:
    told = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    assert [text for text in texts(told) if MACHINE.search(text)] == []
    for results in results_of(folder):
        for system in results.systems:
            assert system.gallery == (), "quotes of records stay out of published results"


@pytest.mark.parametrize("folder", [EXPERIMENTS, *FOLDERS], ids=lambda folder: folder.name)
def test_figures_of_a_readme_are_those_of_the_results(folder: Path) -> None:
    text = (folder / README).read_text(encoding="utf-8")
    assert rewritten(text, folder) == text, "zhibian evaluate experiment --tables FOLDER"


@each_folder
def test_every_experiment_stands_in_the_table(folder: Path) -> None:
    assert f"]({folder.name}/README.md)" in (EXPERIMENTS / README).read_text(encoding="utf-8")
