"""How long a million settlements and their totals take.

Run with ``pytest tests/performance/bench_settlement.py -m performance -s``.
Times are printed, never asserted: they depend on the machine.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.sets import load_settlement_rules
from zhibian.payment.settlement.settle import settle
from zhibian.payment.settlement.table import settle_table
from zhibian.payment.settlement.types import Stay, yuan_of
from zhibian.payment.tariff_files import load_tariff
from zhibian.payment.totals import balance_by, deviation_by, deviations

CASES = 1_000_000
SINGLE = 20_000
CHANGED = 0.15


@contextmanager
def timed(what: str, cases: int) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    print(f"{what}: {seconds:.2f} s ({cases / seconds:,.0f} cases/s)")


def _stays(book: PriceBook, cases: int, seed: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    groups = np.array(sorted(book.tariff.groups))
    variants = np.array(list(book.tariff.variants))
    return pl.DataFrame(
        {
            "drg": groups[random.integers(0, len(groups), cases)],
            "state": random.choice(["grouped", "ambiguous", "none"], cases, p=[0.96, 0.03, 0.01]),
            "variant": variants[random.integers(0, len(variants), cases)],
            "hospital_level": [""] * cases,
            "cost_fen": (random.lognormal(8.9, 0.9, cases) * 100).astype(np.int64),
            "days": random.integers(1, 75, cases),
            "day_surgery": random.random(cases) < 0.02,
            "bed_day": [""] * cases,
            "review": random.random(cases) < 0.001,
            "department": random.integers(0, 40, cases).astype(str),
        }
    )


@pytest.mark.performance
def test_a_million_settlements(rules: Path) -> None:
    book = PriceBook(load_tariff(rules, "linyi-2022"), load_settlement_rules(rules))
    stays = _stays(book, CASES, 1)
    print()
    with timed("single cases", SINGLE):
        for row in stays.head(SINGLE).iter_rows(named=True):
            stay = Stay(yuan_of(row["cost_fen"]), row["days"], row["day_surgery"])
            settle(stay, book.schedule(row["drg"], row["state"], row["variant"]))
    with timed("columns, quotas included", CASES):
        answer = settle_table(stays, book.schedule, book.rules)
    whole = stays.hstack(answer)
    with timed("profit and loss by group and department", CASES):
        balance_by(whole, "drg")
        balance_by(whole, "department")
    random = np.random.default_rng(2)
    other = stays["drg"].gather(random.permutation(CASES))
    changed = pl.Series(random.random(CASES) < CHANGED)
    again = stays.with_columns(
        drg=pl.select(pl.when(changed).then(other).otherwise(stays["drg"])).to_series()
    )
    with timed("the proposed side", CASES):
        proposed = settle_table(again, book.schedule, book.rules)
    table = stays.hstack(deviations(answer, proposed)).with_columns(
        weight_filed=answer["weight"],
        weight_proposed=proposed["weight"],
        amount_filed_fen=answer["amount_fen"],
    )
    for column in ("", "department", "drg"):
        with timed(f"deviation with intervals by {column or 'all'}", CASES):
            found = deviation_by(table, column)
        assert found["net_fen"].sum() == table["amount_diff_fen"].sum()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak resident {peak:,.0f} MB")
