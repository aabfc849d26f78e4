"""Quoted Python conditions become rule text, or stop the build."""

from __future__ import annotations

import pytest

from zhibian.grouping.language import RuleParser
from zhibian.grouping.snippet import rule_of

MCC = "has_mcc(record.zdList[0], record.zdList[1:])"
CC = "has_cc(record.zdList[0], record.zdList[1:])"


def translated(snippet: str) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    named: list[tuple[str, tuple[str, ...]]] = []

    def name(kind: str, codes: tuple[str, ...]) -> str:
        named.append((kind, codes))
        return f"X_{kind}{len(named)}"

    return rule_of(snippet, "X", name), named


@pytest.mark.parametrize(
    ("snippet", "rule"),
    [
        ("return record.age <= 17", "NL <= 17"),
        ("return int(record.age) <= 6", "NL <= 6"),
        ("return 7 <= record.inHospitalTime < 14", "ZYTS >= 7 and ZYTS < 14"),
        ("return record.inHospitalTime == 1", "ZYTS = 1"),
        ("return record.icuHours > 120", "ICUSC > 120"),
        ("return record.weight < 1000", "XSRTZ < 1000"),
        ("return record.ageDay != 3", "XSRTL != 3"),
        ("return False", "0"),
        ("return True", "1"),
        (
            "return record.inHospitalTime < 5 and record.leavingType in ['2', '5']",
            "ZYTS < 5 and (LYFS = 2 or LYFS = 5)",
        ),
        (f"return len(record.zdList) > 1 and {MCC}", "QTZD in MCC"),
        (
            f"return len(record.zdList) > 1 and ({MCC} or {CC}) and (record.age > 14)",
            "QTZD in {MCC,CC} and NL > 14",
        ),
        (f"return record.age < 17 and {CC}", "NL < 17 and QTZD in CC"),
    ],
)
def test_condition_without_codes(snippet: str, rule: str) -> None:
    assert translated(snippet) == (rule, [])
    RuleParser().parse(rule)


@pytest.mark.parametrize(
    ("snippet", "rule", "sets"),
    [
        ("return record.dept == 'ICU'", "KS in X_KS1", [("KS", ("ICU",))]),
        (
            "return record.ssList and '39.6500' in record.ssList",
            "{ZYSS,QTSS} in X_SS1",
            [("SS", ("39.6500",))],
        ),
        (
            "return len(record.ssList) > 1 and intersect(record.ssList[1:], ['31.74', '96.04'])",
            "QTSS in X_SS1",
            [("SS", ("31.74", "96.04"))],
        ),
    ],
)
def test_condition_on_codes_makes_sets(
    snippet: str, rule: str, sets: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert translated(snippet) == (rule, sets)


@pytest.mark.parametrize(
    "snippet",
    [
        "return record.remark == 'x'",
        "return len(record.zdList) > 1 and record.age > 3",
        "return record.age + 1 > 3",
        "return other(record)",
        "return record.zdList[0] in record.zdList",
        "import os",
        "return record.ssList[2:] in ['1']",
        "return record.age in 3",
    ],
)
def test_what_the_language_does_not_know_stops_the_build(snippet: str) -> None:
    with pytest.raises(ValueError, match=r"^X: "):
        translated(snippet)
