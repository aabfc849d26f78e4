"""Runs the hand-computed metrics of ``tests/cases/metrics/*.yaml``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.evaluation.metrics.outcomes import codes

from zhibian.evaluation.answers import GroupingAnswer
from zhibian.evaluation.metrics.assertion import AssertionOutcome
from zhibian.evaluation.metrics.entities import EntitiesOutcome
from zhibian.evaluation.metrics.frequency import with_seen
from zhibian.evaluation.metrics.grouping import GroupingOutcome
from zhibian.evaluation.metrics.linking import LinkingOutcome
from zhibian.evaluation.metrics.outcomes import (
    CodingOutcome,
    EvidenceOutcome,
    PageGroup,
    PrincipalOutcome,
)
from zhibian.evaluation.metrics.registry import METRICS
from zhibian.evaluation.metrics.resampling import total
from zhibian.evaluation.questions import GroupingGold

FOLDER = Path(__file__).parent / "metrics"
#: What a record of a case may say as it stands in the outcome.
PLAIN = ("must_not_hit", "must_not_families", "entry_right", "entry_compared", "seconds")


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("case", cases())
def test_metrics_are_as_computed_by_hand(case: dict[str, Any]) -> None:
    known = {metric.name: metric for metric in METRICS[case.get("kind", "coding")]}
    outcomes = outcomes_of(case)
    for name, expected in case["expected"].items():
        found = float(known[name].value(total(known[name].rows(outcomes))))
        wanted = math.nan if expected is None else expected
        assert found == pytest.approx(wanted, abs=1e-6, nan_ok=True), name


def outcomes_of(case: dict[str, Any]) -> Sequence[Any]:
    match case.get("kind", "coding"):
        case "linking":
            return [
                LinkingOutcome(**{**one, "places": tuple(one["places"])})
                for one in case["outcomes"]
            ]
        case "assertion":
            return [AssertionOutcome(**one) for one in case["outcomes"]]
        case "entities":
            return [
                EntitiesOutcome(spans(one["gold"]), spans(one["given"])) for one in case["outcomes"]
            ]
        case "grouping":
            return [
                GroupingOutcome(GroupingGold(*one["gold"]), GroupingAnswer(*one["given"]))
                for one in case["outcomes"]
            ]
        case _:
            return [coding_outcome(one, case) for one in case["records"]]


def coding_outcome(record: dict[str, Any], case: dict[str, Any]) -> CodingOutcome:
    others_given, others_gold = part(record.get("others", {}), case)
    procedures_given, procedures_gold = part(record.get("procedures", {}), case)
    told = record.get("principal", {"gold": "Z00.000"})
    accepted = frozenset({told["gold"], *told.get("accepted", ())})
    outcome = CodingOutcome(
        record="r",
        mdc="",
        department="",
        principal=PrincipalOutcome(told["gold"], accepted, told.get("given")),
        others_given=others_given,
        others_gold=others_gold,
        procedures_given=procedures_given,
        procedures_gold=procedures_gold,
        ranked_diagnoses=tuple(record.get("ranked_diagnoses", ())),
        ranked_procedures=tuple(record.get("ranked_procedures", ())),
        evidence=tuple(
            EvidenceOutcome(spans(one["gold"]), spans(one["given"]))
            for one in record.get("evidence", ())
        ),
        gold_page=page(record.get("gold_page")),
        given_page=page(record.get("given_page")),
    )
    outcome = replace(outcome, **{key: record[key] for key in PLAIN if key in record})
    return with_seen(outcome, case["seen"]) if "seen" in case else outcome


def part(told: Mapping[str, Any], case: Mapping[str, Any]) -> Any:
    return codes(
        told.get("gold", ()),
        told.get("given", ()),
        levels=case.get("levels"),
        accepted=told.get("accepted"),
        neutral=told.get("neutral", ()),
        confidence=told.get("confidence"),
    )


def page(told: Mapping[str, Any] | None) -> PageGroup | None:
    if told is None:
        return None
    return PageGroup(*(told.get(key) for key in ("mdc", "adrg", "drg", "weight", "amount")))


def spans(told: Sequence[Sequence[Any]]) -> frozenset[Any]:
    return frozenset((one[0], one[1], one[2]) for one in told)
