"""Sets of codes by category and grey flag hold exactly the codes of that kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhibian.quality.front_page.code_kinds import codes_of_kind
from zhibian.quality.front_page.selectors import read_selector
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set


@pytest.mark.parametrize(
    ("asked", "id"),
    [
        ({"grey": "diagnosis"}, ICD10_NHSA),
        ({"grey": "procedure"}, ICD9CM3_NHSA),
        ({"category": "手术"}, ICD9CM3_NHSA),
        ({"category": "手术 介入治疗"}, ICD9CM3_NHSA),
        ({"category": "诊断性操作"}, ICD9CM3_NHSA),
    ],
)
def test_sets_hold_the_codes_of_a_kind_and_no_others(
    rules: Path, asked: dict[str, str], id: str
) -> None:
    codes = load_code_set(rules, id)
    text = codes_of_kind(asked, rules)
    assert text is not None
    selector = read_selector(text, "", {})
    wanted = {
        code
        for code, entry in codes.entries.items()
        if (entry.grey if "grey" in asked else entry.category in asked["category"].split())
    }
    assert {code for code in codes.entries if code in selector} == wanted


@pytest.mark.parametrize(
    "asked", [{"grey": "drug"}, {"category": "无此类"}, {"category": ["手术"]}]
)
def test_what_is_no_kind_is_no_set(rules: Path, asked: dict[str, object]) -> None:
    assert codes_of_kind(asked, rules) is None
