"""From a rule to the codes that meet it."""

from __future__ import annotations

import pytest

from zhibian.grouping.language import RuleParser
from zhibian.synthesis.ways import Way, ways

SETS = {
    name: frozenset(codes.split())
    for name, codes in {"A": "a1 a2", "B": "b1", "C": "c1", "OP": "a1 b1 c1", "ZD": "z1 z2"}.items()
}
A, B, C, OP, ZD = (SETS[n] for n in ("A", "B", "C", "OP", "ZD"))


def _ways(rule: str) -> tuple[Way, ...]:
    return ways(RuleParser().parse(rule), SETS)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("", (Way(),)),
        ("ZYZD in ZD", (Way(principal=(ZD,)),)),
        ("ZYSS in {A,B}", (Way(main=(A | B,)),)),
        ("ZYZD in ZD and ZYSS in A", (Way(principal=(ZD,), main=(A,)),)),
        ("ZYSS in A or ZYSS in B", (Way(main=(A,)), Way(main=(B,)))),
        ("{ZYSS,QTSS} in A and {ZYSS,QTSS} in B", (Way(procedures=(A, B)),)),
        ("QTZD in {MCC,CC}", (Way(),)),
        ("{ZYSS,QTSS} not in OP", (Way(),)),
        ("length(A ∩ {ZYSS,QTSS}) >= 2", (Way(procedures=(A, A)),)),
    ],
)
def test_ways(rule: str, expected: tuple[Way, ...]) -> None:
    assert _ways(rule) == expected


def test_counted_conditions_are_taken_with_their_neighbours() -> None:
    found = _ways("count({ZYZD,QTZD} in A, {ZYZD,QTZD} in B, {ZYZD,QTZD} in C) >= 2")
    assert [w.diagnoses for w in found] == [(A, B), (B, C), (C, A)]


def test_numbers_are_kept() -> None:
    (way,) = _ways("ZYZD in ZD and XSRTZ >= 1500 and XSRTZ < 2000")
    assert [(c.field, c.operator, c.number) for c in way.numbers] == [
        ("XSRTZ", ">=", 1500),
        ("XSRTZ", "<", 2000),
    ]


def test_free_codes_become_the_principal_ones_where_they_may() -> None:
    gate = Way(main=(OP,))
    way = (gate + Way(procedures=(A, C))).settled()
    assert way.main == (frozenset({"a1"}),)
    assert way.procedures == (C,)


def test_a_free_diagnosis_stays_free_where_the_principal_may_not_be_in_its_set() -> None:
    way = (Way(principal=(ZD,)) + Way(diagnoses=(A,))).settled()
    assert (way.principal, way.diagnoses) == ((ZD,), (A,))
