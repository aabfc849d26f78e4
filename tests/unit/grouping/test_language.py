"""The rule language: every construct, what it means, and how mistakes are told."""

from __future__ import annotations

import pytest

from zhibian.grouping.evaluate import Facts, Inputs, rule
from zhibian.grouping.language import (
    ALWAYS,
    And,
    Compare,
    Condition,
    Constant,
    Count,
    Length,
    Member,
    Not,
    NumberField,
    Or,
    RuleParser,
    RuleSyntaxError,
    conjuncts,
    fold,
    render,
    sets_of,
)
from zhibian.grouping.severity import Level, SeverityTables

TABLES = SeverityTables(
    {"M1": (Level.MCC, "1"), "M2": (Level.MCC, "2"), "C1": (Level.CC, "1"), "C3": (Level.CC, "3")},
    {"P1": "1", "P2": "2"},
)
SETS = {
    "A": frozenset({"P1", "D1"}),
    "B": frozenset({"D2", "D3"}),
    "S": frozenset({"X1", "X2", "X3"}),
    "OP_ALL": frozenset({"X1", "X9"}),
    "WARD": frozenset({"ICU"}),
}


def _facts(
    principal: str = "P1",
    others: tuple[str, ...] = (),
    procedures: tuple[str, ...] = (),
    department: str | None = None,
    **numbers: float | None,
) -> Facts:
    names: dict[NumberField, float | None] = {
        "NL": numbers.get("NL"),
        "XB": numbers.get("XB"),
        "XSRTL": numbers.get("XSRTL"),
        "XSRTZ": numbers.get("XSRTZ"),
        "ZYTS": numbers.get("ZYTS"),
    }
    return Facts(principal, others, procedures, Inputs(names, department), TABLES)


def _holds(text: str, facts: Facts) -> bool:
    return rule(text, RuleParser().parse(text), SETS).first_failed(facts) is None


TREES: dict[str, Condition] = {
    "ZYZD in A": Member(("ZYZD",), ("A",)),
    "ZYZD not in A": Member(("ZYZD",), ("A",), negated=True),
    "{ZYZD,QTZD} in A": Member(("ZYZD", "QTZD"), ("A",)),
    "ZYSS in {A,B}": Member(("ZYSS",), ("A", "B")),
    "NL >= 18": Compare("NL", ">=", 18),
    "XSRTZ < 1500": Compare("XSRTZ", "<", 1500),
    "XB = 1": Compare("XB", "=", 1),
    "NL != 0": Compare("NL", "!=", 0),
    "length(S ∩ {ZYSS,QTSS}) >= 2": Length(("S",), ("ZYSS", "QTSS"), ">=", 2),
    "count(ZYZD in A, QTZD in B) >= 2": Count(
        (Member(("ZYZD",), ("A",)), Member(("QTZD",), ("B",))), ">=", 2
    ),
    "not ZYZD in A": Not(Member(("ZYZD",), ("A",))),
    "1": Constant(1),
    "0": Constant(0),
    "ZYZD in A or ZYZD in B and NL > 1": Or(
        (
            Member(("ZYZD",), ("A",)),
            And((Member(("ZYZD",), ("B",)), Compare("NL", ">", 1))),
        )
    ),
    "(ZYZD in A or ZYZD in B) and NL > 1": And(
        (
            Or((Member(("ZYZD",), ("A",)), Member(("ZYZD",), ("B",)))),
            Compare("NL", ">", 1),
        )
    ),
    "not (ZYZD in A and NL > 1)": Not(And((Member(("ZYZD",), ("A",)), Compare("NL", ">", 1)))),
}


@pytest.mark.parametrize("text", TREES)
def test_each_construct_becomes_its_tree(text: str) -> None:
    assert RuleParser().parse(text) == TREES[text]


@pytest.mark.parametrize("text", TREES)
def test_rendered_tree_reads_back_as_the_same_tree(text: str) -> None:
    parser = RuleParser()
    assert parser.parse(render(TREES[text])) == TREES[text]


@pytest.mark.parametrize("text", ["", "  ", "\u3000", "_x000D_", "\u200b"])
def test_empty_rule_is_always_true(text: str) -> None:
    assert RuleParser().parse(text) == ALWAYS
    assert _holds(text, _facts())


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("ZYZD　in　A", "ZYZD in A"),
        ("ZYZD\u00a0in\u200b A_x000D_", "ZYZD in A"),
        ("（NL≥18）", "(NL>=18)"),
        ("ＮＬ＞1", "NL>1"),
        ("{ZYZD，QTZD} in A", "{ZYZD,QTZD} in A"),
        ("ZYSS in {A、B}", "ZYSS in {A,B}"),
    ],
)
def test_cells_are_folded_before_reading(dirty: str, clean: str) -> None:
    assert fold(dirty) == clean
    assert RuleParser().parse(dirty) == RuleParser().parse(clean)


def test_keywords_are_read_in_either_case_and_set_names_may_begin_like_them() -> None:
    parser = RuleParser()
    assert parser.parse("ZYZD IN A AND NOT ZYSS IN B") == parser.parse(
        "ZYZD in A and not ZYSS in B"
    )
    assert parser.parse("ZYZD in notes_in_or") == Member(("ZYZD",), ("notes_in_or",))


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("ZYZD in", 8, "不完整"),
        ("ZYZD in A and", 14, "不完整"),
        ("ZYZD A", 6, "A"),
        ("ZYZD in A )", 11, ")"),
        ("ZYZD in A & NL > 1", 11, "&"),
        ("NL in A", 4, "in"),
        ("ZYZD > 3", 6, ">"),
        ("NL > A", 6, "A"),
    ],
)
def test_mistakes_name_their_position(text: str, position: int, word: str) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        RuleParser().parse(text)
    assert caught.value.position == position
    assert word in caught.value.message


@pytest.mark.parametrize(
    ("text", "facts", "truth"),
    [
        ("ZYZD in A", _facts("P1"), True),
        ("ZYZD in A", _facts("P2", ("P1",)), False),
        ("{ZYZD,QTZD} in A", _facts("P2", ("P1",)), True),
        ("QTZD in {A,B}", _facts("P1", ("D3",)), True),
        ("QTZD in {A,B}", _facts("P1"), False),
        ("ZYSS in S", _facts(procedures=("X1",)), True),
        ("ZYSS in S", _facts(procedures=("X9", "X1")), False),
        ("QTSS in S", _facts(procedures=("X9", "X1")), True),
        ("ZYSS in S", _facts(), False),
        ("{ZYSS,QTSS} not in OP_ALL", _facts(), True),
        ("{ZYSS,QTSS} not in OP_ALL", _facts(procedures=("X2", "X9")), False),
        ("NL >= 18", _facts(NL=18), True),
        ("NL > 18", _facts(NL=18), False),
        ("NL <= 18", _facts(NL=18), True),
        ("NL < 18", _facts(NL=18), False),
        ("NL = 18", _facts(NL=18), True),
        ("NL != 18", _facts(NL=18), False),
        ("XSRTL < 29", _facts(XSRTL=None), False),
        ("XSRTL >= 29", _facts(XSRTL=None), False),
        ("not XSRTL < 29", _facts(XSRTL=None), False),
        ("not XSRTL < 29", _facts(XSRTL=30), True),
        ("ZYTS > 60", _facts(ZYTS=61), True),
        ("KS in WARD", _facts(department="ICU"), True),
        ("KS not in WARD", _facts(department="ICU"), False),
        ("KS not in WARD", _facts(department="11"), True),
        ("KS in WARD", _facts(), False),
        ("KS not in WARD", _facts(), False),
        ("count(XSRTL < 29, ZYZD in A) >= 1", _facts(), True),
        ("count(XSRTL < 29, ZYZD in A) >= 2", _facts(), False),
        ("count(XSRTL < 29, ZYZD in A) <= 1", _facts(), False),
        ("length(S ∩ {ZYSS,QTSS}) >= 2", _facts(procedures=("X1", "X3")), True),
        ("length(S ∩ {ZYSS,QTSS}) >= 2", _facts(procedures=("X1", "X1")), False),
        ("length(MCC ∩ QTZD) >= 2", _facts("P3", ("M1", "M2")), True),
        ("count(ZYZD in A, QTZD in B, NL > 3) >= 2", _facts("P1", ("D2",)), True),
        ("count(ZYZD in A, QTZD in B, NL > 3) >= 3", _facts("P1", ("D2",)), False),
        ("ZYZD in A or NL > 3", _facts("P2", NL=4), True),
        ("not ZYZD in A and NL > 3", _facts("P2", NL=4), True),
        ("7", _facts(), True),
        ("0", _facts(), False),
        ("QTZD in MCC", _facts("P3", ("M1",)), True),
        ("QTZD in MCC", _facts("P1", ("M1",)), False),
        ("QTZD in MCC", _facts("P3", ("C1",)), False),
        ("QTZD in CC", _facts("P3", ("C1",)), True),
        ("QTZD in {MCC,CC}", _facts("P1", ("M1", "C3")), True),
        ("QTZD in {MCC,B}", _facts("P1", ("M1", "D2")), True),
    ],
)
def test_what_each_construct_means(text: str, facts: Facts, truth: bool) -> None:
    assert _holds(text, facts) is truth


@pytest.mark.parametrize(
    ("text", "facts", "awaited"),
    [
        ("ZYZD in A and XSRTL < 29", _facts(), {"XSRTL"}),
        ("ZYZD in A and XSRTL < 29 and XSRTZ < 1500", _facts(XSRTZ=900), {"XSRTL"}),
        ("ZYZD in A and XSRTL < 29 and XSRTZ < 1500", _facts(), {"XSRTL", "XSRTZ"}),
        ("ZYZD in A and XSRTL < 29 and XSRTZ < 1500", _facts(XSRTZ=2000), set()),
        ("ZYZD in B and XSRTL < 29", _facts(), set()),
        ("not (ZYZD in B or XSRTL < 29)", _facts(), {"XSRTL"}),
        ("not (ZYZD in A or XSRTL < 29)", _facts(), set()),
        ("ZYZD in A and KS in WARD", _facts(), {"KS"}),
        ("ZYZD in A and KS not in WARD", _facts(department="ICU"), set()),
        ("count(XSRTL < 29, ZYZD in A, ZYZD in B) >= 2", _facts(), {"XSRTL"}),
        ("count(XSRTL < 29, ZYZD in A, ZYZD in B) >= 3", _facts(), set()),
    ],
)
def test_a_rule_awaits_a_missing_field_only_where_the_field_decides(
    text: str, facts: Facts, awaited: set[str]
) -> None:
    asked = rule(text, RuleParser().parse(text), SETS)
    assert asked.first_failed(facts) is not None
    assert asked.awaits(facts) == awaited


def test_first_failed_part_is_the_first_in_writing() -> None:
    text = "ZYZD in A and NL > 3 and ZYSS in S"
    asked = rule(text, RuleParser().parse(text), SETS)
    failed = asked.first_failed(_facts("P1", NL=1))
    assert failed is not None
    assert failed.text == "NL > 3"
    assert failed.inputs == ("NL",)


def test_parts_and_sets_of_a_rule() -> None:
    tree = RuleParser().parse("(ZYZD in A and NL > 3) and ({ZYSS,QTSS} in S or QTZD in {A,MCC})")
    assert [render(c) for c in conjuncts(tree)] == [
        "ZYZD in A",
        "NL > 3",
        "{ZYSS,QTSS} in S or QTZD in {A,MCC}",
    ]
    assert sets_of(tree) == {
        "A": frozenset({"ZYZD", "QTZD"}),
        "S": frozenset({"ZYSS", "QTSS"}),
        "MCC": frozenset({"QTZD"}),
    }
