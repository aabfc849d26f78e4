"""Peer comparison: limits against scipy, expected numbers by hand, small numbers kept out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from zhibian.screening.peers.limits import excess_of, limits_of, signals_of
from zhibian.screening.peers.peers import (
    Indicator,
    PeerRules,
    counts_of,
    funnel_of,
    load_peer_rules,
    months_of,
    reference_of,
)

CAPTURE = Indicator(id="cc_capture", title="伴 CC 占比", source="测试", concern="both")
RULES = PeerRules(
    format="zhibian-peers/1",
    least_cases=5,
    warning=0.05,
    alarm=0.002,
    winsorised=0.1,
    least_units=10,
    least_peer_cases=1,
    indicators=(CAPTURE,),
)


def _counts(rows: list[tuple[str, str, str, int, int]]) -> pl.DataFrame:
    names = ("unit", "month", "mix", "cases", "events")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        indicator=pl.lit("cc_capture")
    )


def test_limits_lie_between_the_binomial_quantile_and_the_count_before_it() -> None:
    cases = np.array([7.0, 50.0, 400.0, 20_000.0])
    rate = np.full_like(cases, 0.13)
    for chance in (0.05, 0.002):
        low, high = limits_of(cases, rate, chance, 1.0)
        for limit, share in ((low, chance / 2), (high, 1 - chance / 2)):
            quantile = stats.binom.ppf(share, cases, rate)
            assert np.all(limit * cases <= quantile + 1e-9)
            assert np.all(limit * cases >= np.maximum(quantile - 1, 0) - 1e-9)


def test_limits_of_many_cases_are_those_of_the_normal_curve() -> None:
    low, high = limits_of(np.array([1e6]), np.array([0.2]), 0.05, 1.0)
    spread = np.sqrt(0.2 * 0.8 / 1e6)
    assert low[0] == pytest.approx(0.2 - 1.96 * spread, abs=2e-6)
    assert high[0] == pytest.approx(0.2 + 1.96 * spread, abs=2e-6)


def test_limits_are_widened_by_the_root_of_the_excess() -> None:
    cases, rate = np.array([400.0]), np.array([0.3])
    low, high = limits_of(cases, rate, 0.05, 1.0)
    wider_low, wider_high = limits_of(cases, rate, 0.05, 4.0)
    assert 0.3 - wider_low[0] == pytest.approx(2 * (0.3 - low[0]))
    assert wider_high[0] - 0.3 == pytest.approx(2 * (high[0] - 0.3))


def test_what_never_happens_has_no_spread() -> None:
    low, high = limits_of(np.array([10.0, 1000.0]), np.zeros(2), 0.05, 1.0)
    assert low.tolist() == high.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("events", [0, 3, 10, 17, 25])
def test_signals_are_the_exact_binomial_tails(events: int) -> None:
    cases, share = 50, 0.2
    upper = stats.binom.sf(events - 1, cases, share)
    lower = stats.binom.cdf(events, cases, share)
    chance = 2 * min(upper, lower)
    side = "high" if upper < lower else "low"
    wanted = f"alarm_{side}" if chance < 0.002 else side if chance < 0.05 else ""
    found = signals_of(np.array([float(events)]), np.array([50.0]), np.array([share]), 1.0, RULES)
    assert found == [wanted]


def test_excess_is_the_mean_square_of_winsorised_scores_and_at_least_one() -> None:
    scores = np.array([-3.0, -2, -1, 0, 0, 0, 0, 1, 2, 9])
    low, high = np.quantile(scores, [0.1, 0.9])
    assert excess_of(scores, RULES) == pytest.approx(np.mean(np.clip(scores, low, high) ** 2))
    assert excess_of(np.zeros(20), RULES) == 1.0
    # Too few departments tell nothing of how they differ.
    assert excess_of(np.array([9.0, -9.0]), RULES) == 1.0


def test_expected_numbers_are_the_rates_of_the_others() -> None:
    counts = _counts(
        [
            ("内科", "2026-01", "ES3", 10, 8),
            ("老年科", "2026-01", "ES3", 20, 5),
            ("全科", "2026-01", "ES3", 20, 5),
            ("内科", "2026-01", "FV2", 10, 2),
            ("老年科", "2026-01", "FV2", 10, 4),
            ("内科", "2026-01", "XS2", 30, 30),
        ]
    )
    table = funnel_of(counts, CAPTURE, RULES).table
    own = table.row(by_predicate=pl.col("unit") == "内科", named=True)
    # ES3: others 10 of 40; FV2: others 4 of 10; nobody else has XS2.
    assert own["expected"] == pytest.approx(10 * 0.25 + 10 * 0.4)
    assert (own["cases"], own["events"], own["alone"]) == (20, 10, 30)
    overall = table.select(pl.col("expected").sum() / 70).item()
    assert own["rate"] == pytest.approx(10 / 6.5 * overall)


def test_benchmarks_tell_what_to_expect_where_nobody_else_treats_a_group() -> None:
    groups = pl.DataFrame(
        {
            "adrg": ["ES3", "FR2", "GE1"],
            "of_none": ["ES35", "FR25", "GE15"],
            "of_cc": ["ES33", "FR25", "GE13"],
            "of_mcc": ["ES31", "FR21", "GE13"],
            "of_both": ["ES31", "FR21", "GE13"],
        }
    )
    cases = {"ES35": 50, "ES33": 30, "ES31": 20, "FR25": 60, "FR21": 40, "GE15": 75, "GE13": 25}
    statistics = pl.DataFrame({"drg": list(cases), "cases_of_group": list(cases.values())})
    told = reference_of(statistics, groups)
    # FR2 does not tell a CC from none, GE1 no MCC from a CC.
    assert {(r["indicator"], r["mix"]): r["share"] for r in told.to_dicts()} == {
        ("cc_capture", "ES3"): 0.5,
        ("cc_capture", "GE1"): 0.25,
        ("mcc_capture", "ES3"): 0.2,
        ("mcc_capture", "FR2"): 0.4,
    }
    counts = _counts([("内科", "2026-01", "ES3", 40, 30), ("内科", "2026-01", "FR2", 10, 1)])
    own = funnel_of(counts, CAPTURE, RULES, told).table.row(0, named=True)
    assert (own["cases"], own["events"], own["alone"], own["expected"]) == (40, 30, 10, 20.0)


def test_small_units_are_kept_out_and_counted() -> None:
    counts = _counts([("内科", "2026-01", "ES3", 50, 10), ("全科", "2026-01", "ES3", 4, 4)])
    found = funnel_of(counts, CAPTURE, RULES)
    assert found.table["unit"].to_list() == ["内科"]
    assert found.small == 1


def test_months_are_compared_with_their_own_mean() -> None:
    rows = [("内科", f"2026-{month:02}", "ES3", 100, 20) for month in range(1, 12)]
    counts = _counts([*rows, ("内科", "2026-12", "ES3", 100, 60), ("内科", "", "ES3", 9, 9)])
    months = months_of(counts, CAPTURE, RULES).filter(pl.col("unit") == "内科")
    assert len(months) == 12
    assert months["mean"].to_list() == pytest.approx([280 / 1200] * 12)
    signals = dict(months.select("month", "signal").iter_rows())
    assert signals.pop("2026-12") == "alarm_high"
    assert set(signals.values()) == {""}


def test_counts_add_up_over_parts(rules: Path) -> None:
    told = load_peer_rules(rules)
    facts = pl.DataFrame(
        {
            "status": ["grouped", "grouped", "ambiguous", "ungrouped"],
            "level": ["CC", "NONE", None, None],
            "adrg": ["ES3", "ES3", "EQY", "0000"],
            "month": ["2026-01"] * 4,
            "others": [1, 0, 2, 0],
            "missing_conditions": [1, 0, 0, None],
            "hospital": ["H1"] * 4,
            "department": ["内科"] * 4,
        }
    )
    whole = counts_of(facts, ["ES3"], told, "department")
    parts = pl.concat(
        counts_of(facts.slice(n, 1), ["ES3"], told, "department") for n in range(len(facts))
    )
    keys = ["indicator", "unit", "month", "mix"]
    added = parts.group_by(keys).agg(pl.col("cases", "events").sum())
    assert added.sort(keys).equals(whole.select(*keys, "cases", "events").sort(keys))
    events = {(r["indicator"], r["mix"]): (r["cases"], r["events"]) for r in whole.to_dicts()}
    assert events == {
        ("cc_capture", "ES3"): (2, 1),
        ("mcc_capture", "ES3"): (2, 0),
        ("ambiguous", ""): (4, 1),
        ("ungrouped", ""): (4, 2),
        ("entry_condition", ""): (2, 1),
    }
