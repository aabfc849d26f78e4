"""Experiments: definitions, runs of tasks, learning curves, and going on after a stop."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluation_examples import resources
from tests.unit.evaluation.runner_fakes import KIND, ToySystem, echo, loaded, quiet, toy, words

from zhibian.evaluation.experiments.error_injection import CURVES
from zhibian.evaluation.experiments.learning_curve import CURVE
from zhibian.evaluation.experiments.readme import read_experiment_results
from zhibian.evaluation.experiments.run import (
    datasets_of,
    forget_experiment,
    read_experiment,
    run_experiment,
)
from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.experiments.spec import ExperimentOut
from zhibian.problems import InputError

HEAD = "title: 虚构实验\nquestion: 虚构问题\nruns:\n"
TASK = loaded(words(6), words(20, "f"), strata=("initial",))


def learner(name: str = "learner") -> ToySystem:
    """Knows a word by its number: right where that many questions were learned from."""
    return toy(
        name,
        lambda word, material: word if len(material.fit) > 3 * int(word[1:]) else "",
        learns=True,
    )


def setting(rules: Path, work: Path, *systems: ToySystem, resume: bool = False) -> Setting:
    made = {system.info.name: system for system in systems}
    kind = replace(KIND, systems={name: lambda *_, one=one: one for name, one in made.items()})
    return Setting(
        tasks={"toy": TASK.spec},
        load=lambda spec: replace(TASK, spec=spec),
        kinds={"linking": kind},
        resources=replace(resources(rules), work=work),
        watching=lambda title, total: nullcontext(quiet()),
        resume=resume,
    )


def written(folder: Path, runs: str) -> Path:
    (folder / "experiment.yaml").write_text(HEAD + runs, encoding="utf-8")
    return folder


@pytest.fixture
def at(tmp_path: Path) -> Path:
    folder = tmp_path / "experiment"
    folder.mkdir()
    return folder


def test_every_problem_of_a_definition_is_named(at: Path) -> None:
    file = written(
        at,
        "  - {name: a, task: toy, draws: 3}\n"
        "  - {name: b, kind: walk}\n"
        "  - {name: c, kind: learning-curve, task: toy, shares: [0.5, 0.2]}\n"
        "  - {name: d, kind: error-injection, cases: 100, scheme: s, tariff: t, rates: [2]}\n"
        "  - {name: e, kind: error-injection, cases: 100, scheme: s, tariff: t, rates: [0], "
        "errors: [typo]}\n"
        "  - {name: f, task: toy}\n"
        "  - {name: f, task: toy}\n",
    )
    with pytest.raises(InputError) as refused:
        read_experiment(file / "experiment.yaml")
    assert {problem.field for problem in refused.value.problems} == {
        "runs.0.draws",
        "runs.1.kind",
        "runs.2.shares",
        "runs.3.rates",
        "runs.4.errors",
        "runs",
    }


def test_an_absent_definition_is_refused(at: Path) -> None:
    with pytest.raises(InputError):
        read_experiment(at / "experiment.yaml")


def test_a_run_names_its_systems_metrics_and_strata(at: Path, rules: Path, tmp_path: Path) -> None:
    written(
        at,
        "  - name: a\n    task: toy\n    systems: [learner, {system: echo, name: parrot}]\n"
        "    metrics: [toy.right]\n    strata: []\n    draws: 100\n    reference: parrot\n",
    )
    out = run_experiment(at, setting(rules, tmp_path / "work", learner(), echo()))
    (found,) = out.runs[0].results
    assert [system.name for system in found.results.systems] == ["learner", "parrot"]
    assert list(found.results.metrics) == ["toy.right"]
    assert found.results.systems[0].strata == {}
    assert [(one.ours, one.other) for one in found.results.comparisons] == [("learner", "parrot")]
    assert read_experiment_results(at / "results.json") == out


def test_a_curve_learns_from_growing_parts_each_within_the_next(
    at: Path, rules: Path, tmp_path: Path
) -> None:
    written(
        at,
        "  - name: a\n    kind: learning-curve\n    task: toy\n    systems: [learner]\n"
        "    shares: [0.1, 0.5, 1.0]\n    draws: 100\n    seeds: [1, 2]\n",
    )
    system = learner()
    out = run_experiment(at, setting(rules, tmp_path / "work", system))
    learned = [{example.id for example in call.fit} for call in system.calls]
    assert [len(ids) for ids in learned] == [2, 2, 10, 10, 20, 20]
    assert learned[0] < learned[2] < learned[4]
    rows = [row for row in out.runs[0].tables[CURVE] if row["metric"] == "toy.right"]
    # Of w0 to w5, those whose threefold number is below 2, 10 and 20.
    assert [(row["share"], row["value"]) for row in rows] == [
        (0.1, pytest.approx(1 / 6, abs=1e-6)),
        (0.5, pytest.approx(4 / 6, abs=1e-6)),
        (1.0, 1.0),
    ]
    assert [row["sd_over_seeds"] for row in rows] == [0.0, 0.0, 0.0]
    assert out.runs[0].results[-1].results.run.share == 1.0


def test_finished_runs_are_taken_over_until_they_are_forgotten(
    at: Path, rules: Path, tmp_path: Path
) -> None:
    written(at, "  - {name: a, task: toy, systems: [learner], draws: 100}\n")
    system = learner()
    where = setting(rules, tmp_path / "work", system, resume=True)
    first = run_experiment(at, where)
    assert run_experiment(at, where) == first
    assert len(system.calls) == 1
    forget_experiment(at, where)
    run_experiment(at, where)
    assert len(system.calls) == 2


def test_a_run_with_a_failure_is_told_and_tried_again(
    at: Path, rules: Path, tmp_path: Path
) -> None:
    written(at, "  - {name: a, task: toy, systems: [echo, learner], draws: 100}\n")

    def refuse(word: str, material: object) -> str:
        raise ValueError(word)

    work = tmp_path / "work"
    broken = toy("learner", refuse, learns=True)
    failed = run_experiment(at, setting(rules, work, echo(), broken, resume=True))
    (failure,) = failed.runs[0].results[0].results.failures
    assert (failure.system, failure.step) == ("learner", "code")
    mended = run_experiment(at, setting(rules, work, echo(), learner(), resume=True))
    assert mended.runs[0].results[0].results.failures == ()


def test_the_data_sets_of_an_experiment_are_told_once(
    at: Path, rules: Path, tmp_path: Path
) -> None:
    written(
        at,
        "  - {name: a, task: toy}\n  - {name: b, task: toy}\n"
        "  - {name: c, kind: error-injection, cases: 100, scheme: s, tariff: t, rates: [0]}\n",
    )
    assert datasets_of(at, setting(rules, tmp_path)) == ("toy",)


def test_spoilt_pages_come_from_the_synthetic_records(
    at: Path, rules: Path, tmp_path: Path
) -> None:
    written(
        at,
        "  - {name: a, kind: error-injection, cases: 300, scheme: chs-drg-1.1@published, "
        "tariff: linyi-2022, errors: [omit-main-procedure], rates: [0, 1], draws: 100}\n",
    )
    out: ExperimentOut = run_experiment(at, setting(rules, tmp_path / "work"))
    none, every = out.runs[0].tables[CURVES]
    assert (none["spoilt"], none["payment.mean"], none["n"]) == (0.0, 0.0, 300)
    assert 0 < float(str(every["spoilt"])) < 1
    assert float(str(every["payment.mean"])) < 0
