"""What errors do to payment, against sums in plain Python on pages priced by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from zhibian.evaluation.injection.effects import Grouped, Point, curves
from zhibian.evaluation.injection.errors import Page, neighbours_of
from zhibian.grouping.severity import Level

DRAWS = 100
# Two core groups; a procedure makes the second one, an MCC the dearer group of each.
WEIGHT = {"A1": 1.5, "A5": 0.5, "B1": 3.0, "B5": 2.0, "": math.nan}
RATE = 10_000.0


def level(code: str) -> Level:
    return Level.MCC if code == "J96.000" else Level.NONE


def group_of(page: Page) -> str:
    if page.principal == "R99.x00":
        return ""
    return ("B" if page.procedures else "A") + ("1" if "J96.000" in page.others else "5")


def grouped(pages: Sequence[Page]) -> Grouped:
    groups = [group_of(page) for page in pages]
    weights = np.array([WEIGHT[group] for group in groups])
    return Grouped(
        mdc=np.array(["M" if group else "" for group in groups]),
        adrg=np.array([group[:1] for group in groups]),
        drg=np.array(groups),
        weight=weights,
        amount=weights * RATE,
    )


PAGES = tuple(
    Page(
        "R99.x00" if number % 17 == 0 else "K80.000",
        ("J96.000", "I10.x00") if number % 3 else ("I10.x00",),
        ("51.2200",) if number % 2 else (),
    )
    for number in range(200)
)
AROUND = neighbours_of(
    PAGES, level, ("K80.000", "K80.100", "J96.000", "I10.x00", "R99.x00"), ("51.2200",)
)


def points(
    *errors: str, rates: Sequence[float] = (0, 0.05, 0.1, 1), seed: int = 7, draws: int = DRAWS
) -> list[Point]:
    return list(curves(PAGES, AROUND, grouped, errors=errors, rates=rates, seed=seed, draws=draws))


def test_nothing_changes_at_rate_nought() -> None:
    for error in ("omit-mcc", "exchange-principal", "omit-main-procedure"):
        (point,) = points(error, rates=[0])
        assert point.spoilt == 0
        assert {name: figure.value for name, figure in point.figures.items()} == dict.fromkeys(
            point.figures, 0.0
        )


def test_more_pages_are_spoilt_at_a_higher_rate_and_the_former_among_them() -> None:
    # Every omission costs: if the spoilt pages were not nested, sums could rise again.
    found = points("omit-mcc", rates=[0.05, 0.1, 0.2, 0.5, 1])
    shares = [point.spoilt for point in found]
    loss = [point.figures["payment.mean"].value for point in found]
    assert shares == sorted(shares)
    assert loss == sorted(loss, reverse=True)
    assert shares[-1] == pytest.approx(sum("J96.000" in page.others for page in PAGES) / len(PAGES))


def test_figures_at_full_rate_are_those_of_plain_sums() -> None:
    (point,) = points("omit-main-procedure", rates=[1])
    wrong = [Page(page.principal, page.others, page.procedures[1:]) for page in PAGES]
    before = [WEIGHT[group_of(page)] for page in PAGES]
    after = [WEIGHT[group_of(page)] for page in wrong]
    priced = [
        (old, new)
        for old, new in zip(before, after, strict=True)
        if not math.isnan(old) and not math.isnan(new)
    ]
    gaps = [(new - old) * RATE for old, new in priced]
    figures = {name: figure.value for name, figure in point.figures.items()}
    assert figures["payment.mean"] == pytest.approx(sum(gaps) / len(PAGES))
    assert figures["payment.absolute"] == pytest.approx(sum(map(abs, gaps)) / len(PAGES))
    assert figures["payment.under"] == pytest.approx(sum(gap < 0 for gap in gaps) / len(PAGES))
    assert figures["payment.over"] == 0
    assert figures["payment.relative"] == pytest.approx(
        sum(gaps) / sum(old * RATE for old, _ in priced)
    )
    assert figures["payment.cmi"] == pytest.approx(
        sum(new for _, new in priced) / sum(old for old, _ in priced) - 1
    )
    moved = sum(bool(page.procedures) and bool(group_of(page)) for page in PAGES)
    assert figures["group.adrg_changed"] == pytest.approx(moved / len(PAGES))
    assert figures["group.mdc_changed"] == 0


def test_a_page_that_loses_its_group_counts_as_lost_and_in_no_sum() -> None:
    pages = (Page("K80.000", ("R99.x00",), ()), Page("K80.000", (), ()))
    (point,) = curves(
        pages,
        neighbours_of(pages, level, (), ()),
        grouped,
        errors=["exchange-principal"],
        rates=[1],
        seed=1,
        draws=DRAWS,
    )
    assert point.spoilt == 0.5
    assert point.figures["payment.lost"].value == 0.5
    assert point.figures["payment.mean"].value == 0
    assert point.figures["group.mdc_changed"].value == 0.5


def test_intervals_hold_the_value_and_the_seed_decides_all() -> None:
    found = points("omit-mcc", "add-mcc", draws=500)
    assert found == points("omit-mcc", "add-mcc", draws=500)
    assert found != points("omit-mcc", "add-mcc", draws=500, seed=8)
    for point in found:
        for figure in point.figures.values():
            assert figure.low <= figure.value <= figure.high


def test_each_kind_of_error_is_drawn_for_itself() -> None:
    alone = points("add-mcc")
    assert points("omit-mcc", "add-mcc")[len(alone) :] == alone
