"""Ways to fulfil a rule, and what undoes one."""

from __future__ import annotations

import pytest

from zhibian.grouping.language import RuleParser
from zhibian.grouping.terms import Need, escapes, terms

PARSER = RuleParser()


def ways(rule: str) -> list[list[str]]:
    return [
        [f"{n.field}:{'+'.join(n.sets)}" for n in term.needs]
        + [f"{c.field}{c.operator}{c.number:g}" for c in term.numbers]
        for term in terms(PARSER.parse(rule))
    ]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("", [[]]),
        ("0", []),
        ("ZYZD in A and ZYSS in {B,C}", [["ZYZD:A", "ZYSS:B+C"]]),
        ("{ZYZD,QTZD} in A", [["ZYZD:A"], ["QTZD:A"]]),
        ("ZYSS not in A", [[]]),
        ("ZYZD in A or (ZYZD in B and NL < 18)", [["ZYZD:A"], ["ZYZD:B", "NL<18"]]),
        ("not (NL < 18)", [["NL>=18"]]),
        ("not (ZYZD in A or NL >= 18)", [["NL<18"]]),
        ("not (ZYZD in A and ZYSS not in B)", [[], ["ZYSS:B"]]),
        ("length(A ∩ {ZYSS,QTSS}) >= 2", [["ZYSS:A"] * 2, ["ZYSS:A", "QTSS:A"], ["QTSS:A"] * 2]),
        ("length(A ∩ QTSS) > 1", [["QTSS:A", "QTSS:A"]]),
        ("length(A ∩ QTSS) <= 1", [[]]),
        ("length(A ∩ QTSS) != 0", [["QTSS:A"]]),
        (
            "count(ZYZD in A, ZYZD in B, ZYZD in C) >= 2",
            [["ZYZD:A", "ZYZD:B"], ["ZYZD:A", "ZYZD:C"], ["ZYZD:B", "ZYZD:C"]],
        ),
    ],
)
def test_ways_to_fulfil_a_rule(rule: str, wanted: list[list[str]]) -> None:
    assert ways(rule) == wanted


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        ("ZYZD in A and NL >= 18 and not (XB = 1)", ()),
        ("length(A ∩ QTSS) >= 2 or count(ZYZD in A, ZYSS in B) > 1", ()),
        ("{ZYSS,QTSS} not in A and ZYZD in B", (Need("ZYSS", ("A",)), Need("QTSS", ("A",)))),
        ("not QTZD in A", (Need("QTZD", ("A",)),)),
        ("count(ZYSS not in A, ZYZD in B) >= 1", (Need("ZYSS", ("A",)),)),
        ("ZYZD not in A", None),
        ("KS not in A", None),
        ("length(A ∩ QTSS) <= 2", None),
        ("count(ZYZD in A, ZYSS in B) = 1", None),
        ("not (ZYSS in A and NL < 18)", None),
        ("ZYZD in A and ZYZD not in B", None),
    ],
)
def test_what_undoes_a_rule(rule: str, needs: tuple[Need, ...] | None) -> None:
    assert escapes(PARSER.parse(rule)) == needs
