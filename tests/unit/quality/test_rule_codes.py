"""Every range of codes that a rule names must meet a code of the code sets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zhibian.quality.front_page.conditions import CodeIn, Condition, walk
from zhibian.quality.front_page.page_fields import CODE_FIELDS
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.quality.front_page.selectors import CodeSelector
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set

RULES = Path(__file__).resolve().parents[3] / "rules"
BOOK = load_rule_book(RULES)
# Asterisk categories of ICD-10 stand for codes of other editions; some have none in this one.
OTHER_EDITIONS = "K04"


def known_codes() -> dict[str, frozenset[str]]:
    """Return codes by kind; the asterisk half of a combined code counts as well."""
    diagnoses = load_code_set(RULES, ICD10_NHSA).ordered
    stars = {half for code in diagnoses for half in code.split("+")[1:]}
    procedures = load_code_set(RULES, ICD9CM3_NHSA).ordered
    return {"diagnosis": frozenset(diagnoses) | stars, "procedure": frozenset(procedures)}


def selectors() -> Iterator[tuple[str, str, CodeSelector]]:
    for check in BOOK.checks:
        if check.rule != OTHER_EDITIONS:
            parts: list[Condition] = [check.when]
            parts += [c for d in check.demands for c in (d.when, d.must)]
            for condition in (c for part in parts for c in walk(part)):
                if isinstance(condition, CodeIn):
                    yield check.id, CODE_FIELDS[condition.field], condition.selector


@pytest.mark.parametrize("kind", ["diagnosis", "procedure"])
def test_every_range_of_codes_meets_a_code(kind: str) -> None:
    codes = sorted(known_codes()[kind])
    strangers = {
        (check, first, last)
        for check, of, selector in selectors()
        if of == kind
        for first, last in selector.ranges
        if not any(first <= code and code[: len(last)] <= last for code in codes)
    }
    assert not strangers, sorted(strangers)
