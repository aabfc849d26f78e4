"""Figures in READMEs: written from results, and what is asked in vain is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.invented_results import invented_results

from zhibian.evaluation.experiments.error_injection import CURVES
from zhibian.evaluation.experiments.learning_curve import CURVE
from zhibian.evaluation.experiments.readme import README, refresh, rewritten
from zhibian.evaluation.experiments.spec import Cell, ExperimentOut, LabelledResults, RunResult
from zhibian.evaluation.results import FigureOut, Results
from zhibian.evaluation.results_file import read_results, write_results
from zhibian.problems import InputError


def results() -> Results:
    found = invented_results()
    figures = {
        "principal.exact": FigureOut(value=0.5, low=0.4321, high=0.6),
        "payment.amount.mean": FigureOut(value=-1234.4, low=-2000.0, high=10.0),
        "group.drg": FigureOut(value=None, low=None, high=None),
    }
    first = found.systems[0].model_copy(update={"figures": figures})
    compared = found.comparisons[0].model_copy(
        update={
            "ours": "majority",
            "other": "pipeline",
            "metric": "principal.exact",
            "difference": -0.25,
            "low": -0.3,
            "high": 0.1,
            "p_holm": 0.0004,
        }
    )
    return found.model_copy(update={"systems": (first,), "comparisons": (compared,)})


def row(share: float, value: float) -> dict[str, Cell]:
    return {
        "share": share,
        "system": "majority",
        "metric": "principal.exact",
        "value": value,
        "low": value - 0.1,
        "high": value + 0.1,
        "mean_over_seeds": value,
        "sd_over_seeds": None if share < 1 else 0.01,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    spoilt: dict[str, Cell] = {
        "error": "omit-cc",
        "rate": 0.1,
        "spoilt": 0.05,
        "payment.mean": -20.0,
        "payment.mean.low": -30.0,
        "payment.mean.high": -10.0,
        "payment.under": 0.04,
        "payment.under.low": 0.03,
        "payment.under.high": 0.05,
    }
    run = RunResult(
        name="a",
        kind="task",
        asked={},
        results=(LabelledResults(label="a", results=results()),),
        tables={CURVE: (row(0.5, 0.2), row(1.0, 0.4)), CURVES: (spoilt, {**spoilt, "rate": 0.3})},
    )
    write_results(ExperimentOut(title="虚构", question="虚构", runs=(run,)), tmp_path / "01-x")
    return tmp_path / "01-x"


def told(folder: Path, mark: str) -> list[str]:
    text = rewritten(f"{mark}old<!-- end -->", folder)
    assert rewritten(text, folder) == text
    return text.splitlines()


def test_a_figure_within_a_sentence(folder: Path) -> None:
    text = "Right in <!-- figure a majority principal.exact -->1<!-- end --> of cases."
    assert "-->0.500 (0.432–0.600)<!-- end --> of" in rewritten(text, folder)


def test_a_difference_has_its_sign(folder: Path) -> None:
    (line,) = told(folder, "<!-- difference a majority principal.exact -->")
    assert "−0.250 (−0.300 to 0.100)" in line


def test_a_table_of_figures(folder: Path) -> None:
    found = told(
        folder,
        "<!-- figures a | exact = principal.exact | yuan = payment.amount.mean | group.drg -->",
    )
    assert found[1:-1] == [
        "| system | exact | yuan | group.drg |",
        "| --- | --- | --- | --- |",
        "| majority | 0.500 (0.432–0.600) | −1,234 (−2,000 to 10.0) | — |",
    ]


def test_a_table_of_differences_tells_the_adjusted_p(folder: Path) -> None:
    found = told(folder, "<!-- differences a | exact = principal.exact -->")
    assert found[-2] == "| majority | −0.250 (−0.300 to 0.100), p <0.001 |"


def test_a_table_of_parts_has_the_largest_first(folder: Path) -> None:
    strata = results().systems[0].strata
    partition = next(iter(strata))
    found = told(folder, f"<!-- strata a {partition} principal.exact | majority -->")
    counts = [int(line.split(" | ")[1]) for line in found[3:-1]]
    assert counts == sorted((part.n for part in strata[partition].values()), reverse=True)


def test_a_table_of_a_curve(folder: Path) -> None:
    found = told(folder, "<!-- curve a principal.exact -->")
    assert found[1:-1] == [
        "| system | 50% | 100% |",
        "| --- | --- | --- |",
        "| majority | 0.200 (0.100–0.300) | 0.400 (0.300–0.500); mean 0.400, sd 0.010 |",
    ]


def test_a_table_of_errors_at_one_rate(folder: Path) -> None:
    found = told(folder, "<!-- errors a 0.1 | yuan = payment.mean | under = payment.under -->")
    assert found[1:-1] == [
        "| error | pages spoilt | yuan | under |",
        "| --- | --- | --- | --- |",
        "| omit-cc | 5.0% | −20.0 (−30.0 to −10.0) | 0.040 (0.030–0.050) |",
    ]


def test_another_experiment_is_named_by_its_folder(folder: Path) -> None:
    readme = folder.parent / README
    readme.write_text("<!-- figure 01-x/a majority principal.exact --><!-- end -->", "utf-8")
    assert refresh(folder.parent)
    assert "0.500" in readme.read_text(encoding="utf-8")


def test_results_have_a_line_a_figure_and_are_read_back_the_same(tmp_path: Path) -> None:
    told = invented_results()
    told = told.model_copy(update={"task": told.task.model_copy(update={"terms": "甲 {,\n 乙}"})})
    text = write_results(told, tmp_path).read_text(encoding="utf-8")
    figure = told.systems[0].figures["group.drg"].model_dump_json(indent=1)
    assert " ".join(figure.split()).replace("{ ", "{").replace(" }", "}") in text
    assert read_results(tmp_path) == told


def test_a_folder_without_readme_is_left_alone(folder: Path) -> None:
    assert not refresh(folder)


@pytest.mark.parametrize(
    "mark",
    [
        "figure b majority principal.exact",
        "figure a nobody principal.exact",
        "figure a majority nothing",
        "difference a majority nothing",
        "strata a nothing principal.exact | majority",
        "curve a nothing",
        "errors a 0.1 | x = nothing",
        "drawing a",
        "figure 02-y/a majority principal.exact",
    ],
)
def test_what_there_is_not_is_refused(folder: Path, mark: str) -> None:
    with pytest.raises(InputError):
        rewritten(f"<!-- {mark} --><!-- end -->", folder)
