"""Weight and payment of given against gold pages (权重与支付偏差).

Deviation is given less gold, as a page would be settled (SPEC 3.3, items 2 and 3: both directions
are told, never one alone), in the way of :mod:`zhibian.payment.deviation` and
:func:`zhibian.payment.totals.deviations`. A deviation is known where both pages have a weight,
or an amount; pages without one are counted by name (``payment.unpriced_given``) and never taken
as 0. CMI is that of SPEC 4A: the mean weight of the grouped pages of each side on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from zhibian.evaluation.metrics.builders import Wording, mean, metric, quotient, ratio, table
from zhibian.evaluation.metrics.metric import Metric, Unit
from zhibian.evaluation.metrics.outcomes import CodingOutcome, PageGroup
from zhibian.evaluation.metrics.resampling import Numbers

Measure = Literal["weight", "amount"]
Side = Literal["given", "gold"]

# Weights are published to four places; what is less is the noise of floating point, as in totals.
_WEIGHT_PLACES = 6
_NEAR = (5, 10)
_UNITS: dict[Measure, Unit] = {"weight": "weight", "amount": "yuan"}
_TITLES: dict[Measure, str] = {"weight": "权重偏差", "amount": "支付偏差"}


def _of(page: PageGroup | None, measure: Measure) -> float | None:
    if page is None:
        return None
    return page.weight if measure == "weight" else page.amount


def both(outcome: CodingOutcome, measure: Measure) -> tuple[float, float] | None:
    """Return weight or amount of the given and of the gold page; None where either lacks it."""
    given, gold = _of(outcome.given_page, measure), _of(outcome.gold_page, measure)
    return None if given is None or gold is None else (given, gold)


def deviation(outcome: CodingOutcome, measure: Measure) -> float | None:
    """Return given less gold (偏差); None where either page has no weight or amount."""
    pair = both(outcome, measure)
    return None if pair is None else round(pair[0] - pair[1], _WEIGHT_PLACES)


def direction(outcome: CodingOutcome) -> int | None:
    """Return 1 where the given page is over-coded (高编), -1 under-coded (低编), 0 where neither.

    By weight, and by amount where weights are equal or unknown; None where neither is known on
    both sides.
    """
    gaps = [deviation(outcome, measure) for measure in ("weight", "amount")]
    known = [gap for gap in gaps if gap is not None]
    if not known:
        return None
    first = next((gap for gap in known if gap), 0.0)
    return (first > 0) - (first < 0)


def _measured(measure: Measure) -> tuple[Metric[CodingOutcome], ...]:
    """Return mean, absolute mean, relative deviation and shares of near pages of one measure."""
    unit, title = _UNITS[measure], _TITLES[measure]

    def gap(outcome: CodingOutcome) -> float | None:
        return deviation(outcome, measure)

    def size(outcome: CodingOutcome) -> float | None:
        found = deviation(outcome, measure)
        return None if found is None else abs(found)

    def over_gold(outcome: CodingOutcome) -> tuple[float, float]:
        pair = both(outcome, measure)
        return (0.0, 0.0) if pair is None else (pair[0] - pair[1], pair[1])

    def within(percent: int) -> Callable[[CodingOutcome], float | None]:
        def near(outcome: CodingOutcome) -> float | None:
            found, pair = deviation(outcome, measure), both(outcome, measure)
            if found is None or pair is None:
                return None
            # Compared in whole fen and in tenths of a thousandth: 5 % exactly is within 5 %.
            return float(abs(found) <= round(pair[1] * percent / 100, _WEIGHT_PLACES))

        return near

    return (
        mean(Wording(f"payment.{measure}.mean", f"{title}均值", unit, "zero"), gap),
        mean(Wording(f"payment.{measure}.absolute", f"{title}绝对值均值", unit, "lower"), size),
        ratio(
            Wording(f"payment.{measure}.relative", f"{title}率（合计）", "share", "zero"), over_gold
        ),
        *(
            mean(
                Wording(f"payment.{measure}.within_{percent}", f"{title}在{percent}%以内占比"),
                within(percent),
            )
            for percent in _NEAR
        ),
    )


def _cmi_rows(outcomes: Sequence[CodingOutcome]) -> Numbers:
    """Return per record weight and whether there is one: given page, then gold page."""

    def row(outcome: CodingOutcome) -> tuple[float, ...]:
        given, gold = _of(outcome.given_page, "weight"), _of(outcome.gold_page, "weight")
        return (given or 0.0, given is not None, gold or 0.0, gold is not None)

    return table(map(row, outcomes), 4)


def _cmi(sums: Numbers) -> tuple[Numbers, Numbers]:
    return quotient(sums[..., 0], sums[..., 1]), quotient(sums[..., 2], sums[..., 3])


def _cmi_gap(sums: Numbers) -> Numbers:
    given, gold = _cmi(sums)
    return given - gold


def _cmi_relative(sums: Numbers) -> Numbers:
    given, gold = _cmi(sums)
    return quotient(given - gold, gold)


def _is(sign: int) -> Callable[[CodingOutcome], float | None]:
    def coded(outcome: CodingOutcome) -> float | None:
        found = direction(outcome)
        return None if found is None else float(found == sign)

    return coded


def _amount_of(sign: int) -> Callable[[CodingOutcome], float | None]:
    def amount(outcome: CodingOutcome) -> float | None:
        return deviation(outcome, "amount") if direction(outcome) == sign else None

    return amount


def _imbalance(measure: Measure) -> Callable[[CodingOutcome], tuple[float, float]]:
    """Return the signed and the absolute deviation: their sums' ratio is from -1 to 1."""

    def counts(outcome: CodingOutcome) -> tuple[float, float]:
        found = deviation(outcome, measure)
        return (0.0, 0.0) if found is None else (found, abs(found))

    return counts


def _lacks(side: Side, measure: Measure) -> Callable[[CodingOutcome], float | None]:
    def lacks(outcome: CodingOutcome) -> float | None:
        if outcome.gold_page is None:
            return None
        page = outcome.gold_page if side == "gold" else outcome.given_page
        return float(_of(page, measure) is None)

    return lacks


METRICS: tuple[Metric[CodingOutcome], ...] = (
    *_measured("weight"),
    *_measured("amount"),
    metric(Wording("payment.cmi.deviation", "CMI偏差", "weight", "zero"), _cmi_rows, _cmi_gap),
    metric(Wording("payment.cmi.relative", "CMI偏差率", "share", "zero"), _cmi_rows, _cmi_relative),
    mean(Wording("payment.over_coded.share", "高编占比", better="lower"), _is(1)),
    mean(Wording("payment.under_coded.share", "低编占比", better="lower"), _is(-1)),
    mean(
        Wording("payment.over_coded.amount", "高编病例支付偏差均值", "yuan", "zero"), _amount_of(1)
    ),
    mean(
        Wording("payment.under_coded.amount", "低编病例支付偏差均值", "yuan", "zero"),
        _amount_of(-1),
    ),
    ratio(
        Wording("payment.asymmetry.weight", "权重偏差不对称指数", "share", "zero"),
        _imbalance("weight"),
    ),
    ratio(
        Wording("payment.asymmetry.amount", "支付偏差不对称指数", "share", "zero"),
        _imbalance("amount"),
    ),
    mean(
        Wording("payment.unweighed_given", "给出首页无权重占比", better="lower"),
        _lacks("given", "weight"),
    ),
    mean(
        Wording("payment.unweighed_gold", "金标准首页无权重占比", better="lower"),
        _lacks("gold", "weight"),
    ),
    mean(
        Wording("payment.unpriced_given", "给出首页无支付标准占比", better="lower"),
        _lacks("given", "amount"),
    ),
    mean(
        Wording("payment.unpriced_gold", "金标准首页无支付标准占比", better="lower"),
        _lacks("gold", "amount"),
    ),
)
