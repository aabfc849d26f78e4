"""What holds for every metric of coding, whatever a system gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.evaluation.metrics.outcomes import CODES, SETS, coded, codes

from zhibian.evaluation.metrics.coding import METRICS
from zhibian.evaluation.metrics.frequency import with_seen
from zhibian.evaluation.metrics.metric import differences, estimates
from zhibian.evaluation.metrics.outcomes import CodingOutcome, EvidenceOutcome, Level, PageGroup

SPANS = st.frozensets(
    st.builds(lambda first, n: (0, first, first + n), st.integers(0, 9), st.integers(1, 9)),
    max_size=3,
)
GROUPS = st.one_of(
    st.none(),
    st.builds(
        PageGroup,
        st.sampled_from(["E", "F"]),
        st.sampled_from(["ES3", "FR4"]),
        st.sampled_from(["ES31", "ES33", None]),
        st.one_of(st.none(), st.floats(0.1, 9)),
        st.one_of(st.none(), st.floats(1_000, 90_000)),
    ),
)
LEVELS: st.SearchStrategy[Level] = st.sampled_from(["MCC", "CC"])
RANKED = st.lists(st.one_of(st.none(), st.sampled_from(CODES)), max_size=6).map(tuple)


@st.composite
def outcomes(draw: st.DrawFn) -> CodingOutcome:
    confidence = draw(st.dictionaries(st.sampled_from(CODES), st.floats(0, 1)))
    levels: dict[str, Level] = draw(st.dictionaries(st.sampled_from(CODES), LEVELS))
    others_given, others_gold = codes(
        draw(SETS), draw(SETS), levels=levels, confidence=confidence, neutral=CODES[:2]
    )
    outcome = coded(
        gold=draw(st.sampled_from(CODES)),
        principal=draw(st.one_of(st.none(), st.sampled_from(CODES))),
        procedures=(draw(SETS), draw(SETS)),
    )
    outcome = replace(
        outcome,
        others_given=others_given,
        others_gold=others_gold,
        ranked_diagnoses=draw(RANKED),
        ranked_procedures=draw(RANKED),
        must_not_hit=draw(st.integers(0, 2)),
        must_not_families=2,
        entry_right=draw(st.integers(0, 1)),
        entry_compared=1,
        evidence=tuple(draw(st.lists(st.builds(EvidenceOutcome, SPANS, SPANS), max_size=2))),
        gold_page=draw(GROUPS),
        given_page=draw(GROUPS),
        seconds=draw(st.one_of(st.none(), st.floats(0, 9))),
    )
    return with_seen(outcome, draw(st.dictionaries(st.sampled_from(CODES), st.integers(0, 30))))


@given(st.lists(outcomes(), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_shares_and_their_intervals_are_from_0_to_1(found: list[CodingOutcome]) -> None:
    records = [str(n) for n in range(len(found))]
    figures = estimates(METRICS, found, records, seed=1, draws=30)
    for metric in METRICS:
        figure = figures[metric.name]
        known = [v for v in (figure.value, figure.low, figure.high) if not np.isnan(v)]
        if metric.unit in ("share", "distance") and metric.better != "zero":
            assert all(-1e-9 <= v <= 1 + 1e-9 for v in known), metric.name
        assert np.isnan(figure.low) == np.isnan(figure.high)
        # An interval around nothing would be made up.
        assert not (np.isnan(figure.value) and not np.isnan(figure.low)), metric.name


@given(st.lists(outcomes(), min_size=1, max_size=4))
@settings(max_examples=10, deadline=None)
def test_no_system_differs_from_itself(found: list[CodingOutcome]) -> None:
    records = [str(n) for n in range(len(found))]
    for gap in differences(METRICS, found, found, records, seed=1, draws=20).values():
        assert np.isnan(gap.value) or (gap.value, gap.p) == (0, 1)
