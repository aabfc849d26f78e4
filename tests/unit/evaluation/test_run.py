"""Runs: what systems are given, what becomes of failures, stops, repetitions and empty figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import resources
from tests.unit.evaluation.runner_fakes import (
    KIND,
    Judged,
    Said,
    ToySystem,
    asked,
    echo,
    folder,
    loaded,
    plan,
    quiet,
    toy,
    watched,
    word,
    words,
)

from zhibian.evaluation.answering import AskedSystem
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.results import Results
from zhibian.evaluation.results_file import (
    read_outcomes,
    read_results,
    write_outcomes,
    write_results,
)
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.run import RunPlan, run
from zhibian.problems import InputError, Problem

TASK = loaded(words(6))


@pytest.fixture
def tools(rules: Path, tmp_path: Path) -> Resources:
    return replace(resources(rules), work=tmp_path / "work")


def results(task: LoadedTask, what: RunPlan, tools: Resources) -> Results:
    return run(task, KIND, what, tools, quiet()).results


def silent() -> ToySystem:
    return toy("silent", lambda *_: "")


def broken() -> ToySystem:
    def refuse(*_: object) -> str:
        raise ValueError("咳嗽三天")  # a foreign message may quote a record

    return toy("broken", refuse)


def test_figures_strata_and_comparison_of_two_systems(tools: Resources) -> None:
    task = loaded((*words(4), word("x1"), word("x2")), strata=("initial",))
    half = toy("half", lambda text, _: text if text.startswith("w") else "")
    found = results(task, plan(echo(), half), tools)
    assert [s.figures["toy.right"].value for s in found.systems] == [
        1.0,
        pytest.approx(4 / 6, abs=1e-6),
    ]
    parts = found.systems[1].strata["initial"]
    assert {name: (p.n, p.figures["toy.right"].value) for name, p in parts.items()} == {
        "w": (4, 1.0),
        "x": (2, 0.0),
    }
    (row,) = found.comparisons
    assert (row.metric, row.ours, row.other) == ("toy.right", "half", "echo")
    assert row.difference == pytest.approx(-2 / 6, abs=1e-6)
    assert row.p_holm == row.p
    assert found.task.test.checksum == task.parts.checksum


def test_a_figure_over_nothing_is_null(tools: Resources, tmp_path: Path) -> None:
    path = write_results(results(TASK, plan(echo()), tools), tmp_path)
    told = json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
    assert told["systems"][0]["figures"]["toy.empty"] == {"value": None, "low": None, "high": None}


def test_a_system_that_fails_is_told_and_the_others_are_measured(tools: Resources) -> None:
    told: list[str] = []
    found = run(TASK, KIND, plan(echo(), broken(), silent()), tools, watched(told)).results
    assert [system.name for system in found.systems] == ["echo", "silent"]
    (failure,) = found.failures
    assert (failure.system, failure.step) == ("broken", "code")
    assert failure.error.startswith("ValueError (test_run.py:")
    assert any("broken" in line for line in told)
    assert not any("咳嗽" in line for line in (*told, found.model_dump_json()))


def test_an_input_error_of_a_system_tells_what_to_do(tools: Resources) -> None:
    def refuse(*_: object) -> Any:
        raise InputError("x", [Problem("c", "c_invalid", "参数不对", "改正")])

    found = results(TASK, RunPlan((AskedSystem("bad", refuse),), draws=100), tools)
    assert (found.failures[0].step, found.failures[0].error) == ("make", "c：参数不对。处理：改正")


def test_without_the_reference_nothing_is_compared(tools: Resources) -> None:
    assert results(TASK, plan(broken(), echo(), silent()), tools).comparisons == ()


@dataclass
class Short(ToySystem):
    def code(self, questions: Sequence[str]) -> Iterator[Said]:
        yield Said(questions[0])


def test_too_few_answers_are_a_failure(tools: Resources) -> None:
    found = results(TASK, plan(Short(echo().info, lambda text, _: text)), tools)
    assert found.failures[0].error == "AnswersMissingError: 1 of 6"


def test_learning_systems_run_once_a_seed_and_others_once(tools: Resources) -> None:
    learner = toy("lucky", lambda text, m: text if m.seed == 7 else "", learns=True)
    fixed = echo()
    steps: list[int] = []
    found = run(TASK, KIND, plan(fixed, learner, seeds=(7, 8)), tools, watched([], steps)).results
    assert sum(steps) == 2 * 2 * 6
    assert len(fixed.calls) == 1
    ours = found.systems[1]
    assert [(s.seed, s.figures["toy.right"]) for s in ours.seeds] == [(7, 1.0), (8, 0.0)]
    spread = ours.spread["toy.right"]
    assert (spread.mean, spread.n) == (0.5, 2)
    assert spread.sd == pytest.approx(0.707107)
    assert ours.spread["toy.empty"].n == 0
    assert found.systems[0].seeds == ()


def test_every_fold_learns_from_its_own_part(tools: Resources) -> None:
    learner = toy(
        "known", lambda text, m: text if text in {e.question for e in m.fit} else "", learns=True
    )
    task = loaded(words(10), words(2, "f"), folds=5)
    found = results(task, plan(learner), tools)
    assert found.systems[0].figures["toy.right"].value == 0.0
    assert [len(material.fit) for material in learner.calls] == [10] * 5
    assert (found.task.folds, found.systems[0].n) == (5, 10)


def test_a_stopped_run_goes_on_from_finished_rounds(tools: Resources) -> None:
    task = loaded(words(10), folds=5)
    asked_until: list[str] = []

    def until_the_third(text: str, _: object) -> str:
        asked_until.append(text)
        if len(asked_until) == 5:
            raise KeyboardInterrupt
        return text

    with pytest.raises(KeyboardInterrupt):
        run(task, KIND, plan(toy("t", until_the_third)), tools, quiet())
    told: list[str] = []
    again = toy("t", lambda text, _: text)
    found = run(task, KIND, plan(again, resume=True), tools, watched(told)).results
    assert len(again.answered) == 6
    assert set(again.answered).isdisjoint(asked_until[:4])
    assert len([line for line in told if "沿用" in line]) == 2
    assert found.systems[0].figures["toy.right"].value == 1.0
    assert tools.work is not None
    assert folder(tools.work) == []  # a finished run leaves nothing to go on from


def test_kept_answers_are_taken_only_when_asked_and_only_of_the_same_setting(
    tools: Resources,
) -> None:
    run(TASK, KIND, plan(echo(), broken()), tools, quiet())
    for change, count in (
        ({"resume": True}, 0),
        ({"resume": False}, 6),
    ):
        system = echo()
        run(TASK, KIND, plan(system, broken(), **change), tools, quiet())
        assert len(system.answered) == count
    other = echo()
    run(TASK, KIND, RunPlan((asked(other, c=2),), draws=100, resume=True), tools, quiet())
    assert len(other.answered) == 6


def test_a_part_of_the_questions_is_marked_as_such(tools: Resources) -> None:
    found = results(TASK, plan(echo(), limit=2), tools)
    assert (found.run.limit, found.task.test.n) == (2, 2)
    assert found.task.test.checksum != TASK.parts.checksum
    assert results(TASK, plan(echo(), limit=6), tools).run.limit is None


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (plan(), "system_missing"),
        (plan(echo(), echo()), "system_twice"),
        (plan(echo(), reference="nobody"), "reference_unknown"),
        (plan(echo(), seeds=()), "seed_missing"),
    ],
)
def test_plans_that_cannot_be_run_are_refused(what: RunPlan, code: str, tools: Resources) -> None:
    with pytest.raises(InputError) as refused:
        run(TASK, KIND, what, tools, quiet())
    assert code in {problem.code for problem in refused.value.problems}


def test_results_and_outcomes_are_read_as_they_were_written(
    tools: Resources, tmp_path: Path
) -> None:
    done = run(TASK, KIND, plan(echo(), silent()), tools, quiet())
    write_results(done.results, tmp_path)
    assert read_results(tmp_path) == done.results
    read = read_outcomes(write_outcomes(done.measured, Judged, tmp_path), Judged)
    assert read["silent"]["w3"] == ("w3", Judged(right=False))
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_result_names_its_fields(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"format": "zhibian-results/1", "task": {}}')
    with pytest.raises(InputError) as refused:
        read_results(tmp_path)
    assert {"run", "task.id", "systems"} <= {problem.field for problem in refused.value.problems}


def test_nothing_in_a_result_names_the_machine(tools: Resources) -> None:
    import platform  # noqa: PLC0415

    told = results(TASK, plan(echo()), tools).model_dump_json()
    assert platform.node() not in told or platform.node() in platform.machine()
