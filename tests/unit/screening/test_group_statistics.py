"""Group statistics: against scipy and numpy, by hand, and as a file of benchmarks."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from zhibian.problems import InputError
from zhibian.screening.group_statistics import (
    COLUMNS,
    beside_group,
    read_statistics,
    statistics_of,
    write_statistics,
)
from zhibian.screening.signals import StatisticsRules

RULES = StatisticsRules(5, 0.1, 100, 31, 0.95)


def _facts(groups: dict[str, list[float]], dead: int = 0) -> pl.DataFrame:
    rows = [
        ("grouped", drg, cost, 7, "5" if number < dead else "1")
        for drg, costs in groups.items()
        for number, cost in enumerate(costs)
    ]
    schema = ("status", "drg", "cost", "days", "discharge_way")
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        next_drg=pl.lit(None, pl.String), without_drg=pl.lit(None, pl.String)
    )


def test_median_spread_and_percentiles_are_those_of_scipy_and_numpy() -> None:
    costs = np.random.default_rng(7).lognormal(9, 0.6, 501)
    row = statistics_of(_facts({"ES35": costs.tolist()}).lazy(), RULES).table.row(0, named=True)
    logs = np.log(costs)
    assert row["cases_of_group"] == 501
    assert row["cost_median"] == pytest.approx(np.median(costs))
    # scipy's exact factor 1/Φ⁻¹(3/4) is 1.482602…
    wanted = stats.median_abs_deviation(logs, scale="normal")
    assert row["cost_spread"] == pytest.approx(wanted, rel=1e-4)
    assert row["cost_q10"] == pytest.approx(np.quantile(costs, 0.1))
    assert row["cost_q90"] == pytest.approx(np.quantile(costs, 0.9))


def test_score_by_hand_and_least_spread() -> None:
    # ln costs 0, 1, 2, 3, 4: median 2, absolute deviations 2 1 0 1 2, their median 1.
    facts = _facts({"A": [math.exp(n) for n in range(5)], "B": [100.0] * 5})
    told = beside_group(facts, statistics_of(facts.lazy(), RULES), RULES)
    scores = told.filter(pl.col("drg") == "A")["cost_score"].to_list()
    assert scores == pytest.approx([n / 1.4826 for n in (-2, -1, 0, 1, 2)])
    # Equal costs have no spread: it counts as 0.1, so a page of 110 would score 0.95.
    assert told.filter(pl.col("drg") == "B")["cost_score"].to_list() == [0.0] * 5


def test_too_few_cases_are_counted_and_not_compared() -> None:
    facts = _facts({"A": [1.0, 2.0, 3.0, 4.0], "B": [5.0] * 5})
    found = statistics_of(facts.lazy(), RULES)
    assert (found.small, found.small_cases) == (1, 4)
    told = beside_group(facts, found, RULES)
    assert told.filter(pl.col("drg") == "A")["cost_ratio"].to_list() == [None] * 4


def test_costs_that_are_not_there_or_not_positive_do_not_count() -> None:
    facts = _facts({"A": [10.0, 20.0, 30.0, 40.0, 50.0, 0.0]})
    found = statistics_of(facts.lazy(), RULES).table.row(0, named=True)
    assert found["cost_median"] == 30.0
    assert found["cases_of_group"] == 6


def test_death_grades_follow_spec_4_4() -> None:
    # Mortality 0, 1 %, 2 %, 4 %, 50 %: ln of the last four has mean -2.93, deviation 1.46.
    deaths = {"Z": 0, "A": 1, "B": 2, "C": 4, "D": 50}
    rows = pl.concat([_facts({drg: [1.0] * 100}, dead) for drg, dead in deaths.items()])
    table = statistics_of(rows.lazy(), RULES).table
    logs = np.log([0.01, 0.02, 0.04, 0.5])
    low, middle, high = logs.mean() - logs.std(), logs.mean(), logs.mean() + logs.std()

    def grade(mortality: float) -> str:
        log = math.log(mortality)
        return str(1 + (log >= low) + (log >= middle) + (log >= high))

    assert dict(table.select("drg", "death_grade").iter_rows()) == {
        "Z": "0",
        "A": grade(0.01),
        "B": grade(0.02),
        "C": grade(0.04),
        "D": grade(0.5),
    }
    few = statistics_of(_facts({"A": [1.0] * 99}, 1).lazy(), RULES).table
    assert few["death_grade"].to_list() == [None]


def test_benchmarks_are_read_back_equal(tmp_path: Path) -> None:
    facts = _facts({"ES35": [1.5, 2.5, 3.5, 4.5, 5.5], "ES33": [2.0]})
    written = statistics_of(facts.lazy(), RULES)
    path = tmp_path / "benchmarks.csv"
    write_statistics(written, path)
    read = read_statistics(path)
    assert read.table.equals(written.table)
    assert (read.small, read.small_cases) == (1, 1)


def test_all_bad_cells_of_benchmarks_are_told(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.csv"
    good = ["ES35", *["1"] * (len(COLUMNS) - 1)]
    bad = ["ES33", "many", "-1", *["1"] * (len(COLUMNS) - 3)]
    lines = [",".join(COLUMNS), ",".join(good), ",".join(bad), ",".join(good)]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_statistics(path)
    assert [p.code for p in refused.value.problems] == [
        "benchmark_invalid",
        "benchmark_invalid",
        "group_repeated",
    ]
