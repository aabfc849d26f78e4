"""Whatever two pages are and whatever groups pay, the steps of a waterfall add up to the fen."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.evaluation.metrics.outcomes import PageGroup
from zhibian.evaluation.results import WaterfallOut
from zhibian.evaluation.waterfall import PagePair, waterfall
from zhibian.grouping.types import GroupingInput

_CODES = [f"D{n}" for n in range(9)]
_PROCEDURES = [f"P{n}" for n in range(6)]

pages = st.builds(
    GroupingInput,
    st.sampled_from(_CODES),
    st.lists(st.sampled_from(_CODES), unique=True, max_size=7).map(tuple),
    st.lists(st.sampled_from(_PROCEDURES), unique=True, max_size=4).map(tuple),
)


def price(salt: int, gaps: bool, weighed: bool):  # type: ignore[no-untyped-def]
    """Return prices that hang on the whole page, in whole fen; some pages have none."""

    def of(page: GroupingInput) -> PageGroup:
        main = page.procedures[0] if page.procedures else ""
        told = (salt, page.principal, *sorted(page.others), main, *sorted(page.procedures))
        number = sum(ord(c) * (i + 7) for i, c in enumerate("".join(map(str, told)))) % 99_991
        amount = None if gaps and number % 7 == 0 else number / 100
        return PageGroup("M", "A", "D", number / 10_000 if weighed else None, amount)

    return of


pairs = st.builds(
    PagePair, pages, pages, st.builds(price, st.integers(0, 9), st.booleans(), st.just(True))
)


def _sums(found: WaterfallOut) -> tuple[Decimal, Decimal]:
    amounts = [Decimal(repr(step.amount)) for step in found.steps]
    weights = [Decimal(repr(step.weight or 0.0)) for step in found.steps]
    return sum(amounts[:-1], -amounts[-1]), sum(weights[:-1], -weights[-1])


@settings(max_examples=150, deadline=None)
@given(st.lists(pairs, max_size=5))
def test_steps_add_up_exactly(told: list[PagePair]) -> None:
    counted = [
        pair
        for pair in told
        if pair.price(pair.before).amount is not None and pair.price(pair.after).amount is not None
    ]
    found = waterfall("filed_to_given", told)
    if not counted:
        assert found is None
        return
    assert found is not None
    assert found.steps[0].n == found.steps[-1].n == len(counted)
    assert _sums(found) == (Decimal(0), Decimal(0))


@settings(max_examples=50, deadline=None)
@given(pages, st.integers(0, 9))
def test_equal_pages_change_nothing(page: GroupingInput, salt: int) -> None:
    found = waterfall("given_to_gold", [PagePair(page, page, price(salt, False, False))])
    assert found is not None
    assert [step.kind for step in found.steps] == ["start", "end"]
    assert found.steps[0].amount == found.steps[1].amount
    assert found.steps[0].weight is None
