"""Runs beside each other: the same task and data or a refusal; tested record by record or told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.evaluation_examples import resources
from tests.unit.evaluation.runner_fakes import (
    KIND,
    Judged,
    ToySystem,
    echo,
    loaded,
    plan,
    quiet,
    toy,
    words,
)

from zhibian.evaluation.compare import compare, refuse_different
from zhibian.evaluation.results import Results
from zhibian.evaluation.results_file import write_outcomes, write_results
from zhibian.evaluation.run import run
from zhibian.problems import InputError

TASK = loaded(words(12))


def written(folder: Path, rules: Path, *systems: ToySystem, outcomes: bool) -> tuple[Path, Results]:
    done = run(TASK, KIND, plan(*systems), resources(rules), quiet())
    write_results(done.results, folder)
    if outcomes:
        write_outcomes(done.measured, Judged, folder)
    return folder, done.results


def half() -> ToySystem:
    return toy("half", lambda text, _: text if int(text[1:]) % 2 else "")


def test_a_paired_test_where_outcomes_are_kept(tmp_path: Path, rules: Path) -> None:
    one = written(tmp_path / "one", rules, echo(), outcomes=True)
    other = written(tmp_path / "other", rules, half(), echo(), outcomes=True)
    found = compare([one, other], KIND, None)
    assert found.tested
    assert [system.name for system in found.results.systems] == ["echo@one", "half", "echo@other"]
    rows = {row.ours: row for row in found.results.comparisons}
    assert rows["half"].difference == -0.5
    # Six records differ, all in one direction: 2 of 64 swaps are as extreme.
    assert rows["half"].p == pytest.approx(2 / 64)
    assert rows["half"].p_holm == pytest.approx(4 / 64)
    assert rows["echo@other"].p == 1.0


def test_without_outcomes_only_differences_are_told(tmp_path: Path, rules: Path) -> None:
    one = written(tmp_path / "one", rules, echo(), outcomes=True)
    other = written(tmp_path / "other", rules, half(), outcomes=False)
    found = compare([one, other], KIND, "half")
    assert not found.tested
    (row,) = found.results.comparisons
    assert (row.ours, row.other, row.difference, row.p) == ("echo", "half", 0.5, None)


def test_every_difference_of_task_and_data_is_named(tmp_path: Path, rules: Path) -> None:
    path, first = written(tmp_path / "one", rules, echo(), outcomes=False)
    task = first.task.model_copy(
        update={"version": 2, "test": first.task.test.model_copy(update={"checksum": "0" * 64})}
    )
    partial = first.run.model_copy(update={"limit": 3})
    other = first.model_copy(update={"task": task, "run": partial})
    with pytest.raises(InputError) as refused:
        refuse_different([(path, first), (path, other)])
    told = "\n".join(problem.message for problem in refused.value.problems)
    assert {problem.code for problem in refused.value.problems} == {"not_comparable", "partial"}
    assert "任务版本不同：1 与 2" in told
    assert "数据校验和不同" in told


def test_the_same_words_with_other_gold_are_not_compared(tmp_path: Path, rules: Path) -> None:
    path, first = written(tmp_path / "one", rules, echo(), outcomes=False)
    assert first.task.test.gold_checksum is not None
    test = first.task.test.model_copy(update={"gold_checksum": "0" * 64})
    other = first.model_copy(update={"task": first.task.model_copy(update={"test": test})})
    with pytest.raises(InputError) as refused:
        refuse_different([(path, first), (path, other)])
    assert "金标准校验和不同" in refused.value.problems[0].message
    untold = first.task.test.model_copy(update={"gold_checksum": None})
    older = first.model_copy(update={"task": first.task.model_copy(update={"test": untold})})
    refuse_different([(path, first), (path, older)])


def test_an_unknown_reference_is_refused(tmp_path: Path, rules: Path) -> None:
    run_ = written(tmp_path, rules, echo(), half(), outcomes=False)
    with pytest.raises(InputError) as refused:
        compare([run_, run_], KIND, "nobody")
    assert refused.value.problems[0].code == "reference_unknown"
