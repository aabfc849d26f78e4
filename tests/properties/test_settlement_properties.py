"""Settlement: columns as single cases, monotone where it must be, and equal to plain formulas."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.payment.settlement.rules import Band, Control, SettlementRules
from zhibian.payment.settlement.schedule import Schedule, schedule
from zhibian.payment.settlement.sets import list_settlement_sets, load_settlement_rules
from zhibian.payment.settlement.settle import settle
from zhibian.payment.settlement.table import settle_table
from zhibian.payment.settlement.types import GroupPrice, GroupState, Kind, Settlement, Stay, fen_of

RULES = Path(__file__).resolve().parents[2] / "rules"
CENT = Decimal("0.01")
MEAN = Decimal("5270.76")


@cache
def rule_sets() -> tuple[SettlementRules, ...]:
    """Every shipped set, and each once more with a mean cost of the city and bed-day kinds."""
    found = []
    for id in list_settlement_sets(RULES):
        told = load_settlement_rules(RULES, named=id)
        found += [told, told.model_copy(update={"control": Control(source="test", city_mean=MEAN)})]
    more = {
        **found[1].model_dump(),
        "bed_day": {"source": "test", "kinds": {"精神": "180.5", "康复": None}},
        "short_stay": {"source": "test", "formula": "by_actual", "days_up_to": 2},
    }
    return (*found, SettlementRules.model_validate(more))


FLAGS = st.sampled_from(["basic", "unstable", "by_item", "review"])


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), allow_nan=False, places=places)


@st.composite
def prices(draw: st.DrawFn) -> GroupPrice:
    weight = draw(st.none() | decimals("0", "30", 4))
    points_method = draw(st.booleans())
    value = draw(st.sampled_from([Decimal("53.8381"), Decimal("52.8094"), Decimal(100)]))
    k = draw(decimals("0.5", "1.5", 3))
    amount = points = None
    if weight is not None and draw(st.booleans()):
        points = weight * 100 * k
        amount = (points * value).quantize(CENT, ROUND_HALF_UP)
    return GroupPrice(
        drg=draw(st.sampled_from(["ES31", "ES33", "XX19"])),
        weight=weight,
        amount=amount,
        note="" if amount is not None else "该组未公布权重",
        coefficient=k,
        flags=frozenset(
            draw(st.sets(st.sampled_from(["basic", "unstable", "by_item"]), max_size=1))
        ),
        low_limit=draw(st.none() | decimals("0", "9000", 3)),
        high_limit=draw(st.none() | decimals("9000", "90000", 3)),
        hospital_level=draw(st.sampled_from(["", "三级", "二级", "一级"])),
        points=points if points_method else None,
        point_value=value if points_method else None,
        scale=Decimal(100) if points_method else None,
    )


STAYS = st.builds(
    Stay,
    cost=st.none() | decimals("0", "99999999.99", 2) | decimals("0", "90000", 3),
    days=st.none() | st.integers(0, 400),
    day_surgery=st.booleans(),
    bed_day=st.sampled_from(["", "", "精神", "康复", "安宁"]),
    review=st.just(value=False),
)
STATES: st.SearchStrategy[GroupState] = st.sampled_from(
    ["grouped", "grouped", "grouped", "ungrouped", "ambiguous", "none"]
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(prices(), STATES, STAYS), min_size=1, max_size=12),
    st.integers(0, len(rule_sets()) - 1),
)
def test_columns_settle_as_single_cases(
    rows: list[tuple[GroupPrice, GroupState, Stay]], number: int
) -> None:
    rules = rule_sets()[number].model_copy(
        update={"high": rule_sets()[number].high.model_copy(update={"quota": None})}
    )
    frame = pl.DataFrame(
        {
            "drg": [str(i) for i in range(len(rows))],
            "state": [state for _, state, _ in rows],
            "variant": ["v"] * len(rows),
            "hospital_level": [""] * len(rows),
            "cost_fen": [None if s.cost is None else fen_of(s.cost) for _, _, s in rows],
            "days": [s.days for _, _, s in rows],
            "day_surgery": [s.day_surgery for _, _, s in rows],
            "bed_day": [s.bed_day for _, _, s in rows],
            "review": [s.review for _, _, s in rows],
        },
        schema_overrides={"cost_fen": pl.Int64, "days": pl.Int64},
    )

    def schedule_of(drg: str, state: GroupState, _: str, __: str) -> Schedule:
        return schedule(rows[int(drg)][0], state, rules)

    found = settle_table(frame, schedule_of, rules)
    for row, (price, state, stay) in zip(found.iter_rows(named=True), rows, strict=True):
        one = settle(stay, schedule(price, state, rules))
        assert row["kind"] == one.kind
        assert row["amount_fen"] == (None if one.amount is None else fen_of(one.amount))
        assert row["balance_fen"] == (None if one.balance is None else fen_of(one.balance))
        assert row["multiple_e4"] == (None if one.multiple is None else one.multiple * 10_000)
        assert row["points_e4"] == (None if one.points is None else one.points * 10_000)
        assert row["reason"] == one.reason


@settings(deadline=None)
@given(prices(), STATES, STAYS, st.integers(0, len(rule_sets()) - 1))
def test_an_amount_or_a_reason_never_both_never_neither(
    price: GroupPrice, state: GroupState, stay: Stay, number: int
) -> None:
    one = settle(stay, schedule(price, state, rule_sets()[number]))
    assert (one.amount is None) == (one.reason is not None)
    if one.amount is not None and one.cost is not None:
        assert one.balance == one.amount - one.cost
    if one.amount == 0 and one.price.amount:
        assert one.cost == 0 or one.kind is Kind.BED_DAY


@settings(deadline=None)
@given(
    prices(),
    st.integers(0, len(rule_sets()) - 1),
    st.lists(decimals("0", "300000", 2), min_size=2, max_size=6),
)
def test_formulas_are_those_of_the_specification(
    price: GroupPrice, number: int, costs: list[Decimal]
) -> None:
    """The amount is computed anew with plain decimals from SPEC 3.2, on its own terms."""
    rules = rule_sets()[number]
    made = schedule(price, "grouped", rules)
    for cost in costs:
        one = settle(Stay(cost=cost), made)
        wanted = _by_the_book(one, rules)
        if wanted is not None:
            assert one.amount is not None
            assert abs(one.amount - wanted) <= CENT


def _by_the_book(one: Settlement, rules: SettlementRules) -> Decimal | None:
    """Return the amount of a low, normal or high case by the formulas, None for other classes."""
    price, cost, value = one.price, one.cost, one.price.amount
    if cost is None or value is None or one.amount is None:
        return None
    c = Decimal(1)
    if price.point_value is not None:
        if rules.control.city_mean is None:
            return value if one.kind is Kind.NORMAL else None
        c = (price.point_value * 100 / rules.control.city_mean).quantize(Decimal("1e-8"))
    if one.kind is Kind.NORMAL:
        return value
    outlier = {Kind.LOW: rules.low, Kind.HIGH: rules.high}.get(one.kind)
    if outlier is None:
        return None
    divided = value
    if rules.denominator.by == "group_mean":
        exact = (price.weight or Decimal(0)) * (rules.control.city_mean or Decimal(0))
        divided = exact.quantize(CENT, ROUND_HALF_UP)
    limit = price.low_limit if one.kind is Kind.LOW else price.high_limit
    times = limit / divided if limit is not None else _times(outlier.bands, price)
    return {
        "by_actual": cost,
        "cost_times_control": cost * c,
        "linear_add": value + (cost - times * divided) * c,
        "deduct": cost * c - (times - 1) * value,
        "cap": times * value,
    }[outlier.formula]


def _times(bands: tuple[Band, ...], price: GroupPrice) -> Decimal:
    weight = price.weight or Decimal(0)
    for band in bands:
        if band.hospital_levels and price.hospital_level not in band.hospital_levels:
            continue
        above = band.weight_above is None or weight > band.weight_above
        if above and (band.weight_up_to is None or weight <= band.weight_up_to):
            return band.times
    raise AssertionError("no band")


@settings(deadline=None)
@given(prices(), st.lists(decimals("0", "300000", 2), min_size=2, max_size=8))
def test_within_a_class_a_dearer_case_is_never_paid_less(
    price: GroupPrice, costs: list[Decimal]
) -> None:
    for rules in rule_sets():
        made = schedule(price, "grouped", rules)
        by_kind: dict[Kind, Decimal] = {}
        for cost in sorted(costs):
            one = settle(Stay(cost=cost), made)
            if one.amount is not None:
                assert one.amount >= by_kind.get(one.kind, Decimal(-(10**9)))
                by_kind[one.kind] = one.amount


@settings(deadline=None)
@given(decimals("0.1", "20", 4), decimals("0", "300000", 2))
def test_a_heavier_group_is_never_paid_less_by_actual_cost_rules(
    weight: Decimal, cost: Decimal
) -> None:
    """National default: low by actual, normal V, high by actual: V grows with the weight.

    A case that is normal in both groups is paid more in the heavier one; classes may differ.
    """
    rules = load_settlement_rules(RULES)

    def paid(rw: Decimal) -> Settlement:
        amount = (rw * 9865).quantize(CENT, ROUND_HALF_UP)
        price = GroupPrice("ES31", weight=rw, amount=amount, hospital_level="三级")
        return settle(Stay(cost=cost), schedule(price, "grouped", rules))

    light, heavy = paid(weight), paid(weight * 2)
    if light.kind is heavy.kind is Kind.NORMAL:
        assert (heavy.amount or 0) >= (light.amount or 0)
    if light.kind is Kind.LOW:
        assert heavy.kind is Kind.LOW
