"""Errors put into pages: each edit does what it says and nothing else, or can't be made."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhibian.evaluation.injection.errors import ERRORS, Neighbours, Page, neighbours_of
from zhibian.grouping.severity import Level

# Invented severities: what these codes mean does not matter here.
LEVELS = {"J96.000": Level.MCC, "A41.900": Level.MCC, "E87.600": Level.CC, "D62.x00": Level.CC}
DIAGNOSES = (*LEVELS, "I10.x00", "I10.x01", "E11.900", "E11.901", "K80.000", "K80.100", "R99.x00")
PROCEDURES = ("51.2200", "51.2300", "51.2201", "38.9300", "99.9900")
FULL = Page("K80.000", ("J96.000", "E87.600", "I10.x00"), ("51.2200", "38.9300"))
BARE = Page("R99.x00", (), ())


def level(code: str) -> Level:
    return LEVELS.get(code, Level.NONE)


def around(*pages: Page) -> Neighbours:
    filed = (Page("K80.000", ("A41.900", "D62.x00", "E11.900"), ()), *pages)
    return neighbours_of(filed, level, DIAGNOSES, PROCEDURES)


def spoilt(name: str, page: Page, seed: int = 1) -> Page | None:
    return ERRORS[name][1](page, around(page), random.Random(seed))


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("omit-mcc", ("E87.600", "I10.x00")),
        ("omit-cc", ("J96.000", "I10.x00")),
        ("omit-all", ("I10.x00",)),
    ],
)
def test_an_omission_takes_away_that_level_alone(name: str, others: tuple[str, ...]) -> None:
    assert spoilt(name, FULL) == Page(FULL.principal, others, FULL.procedures)


def test_an_omission_takes_away_one_of_several() -> None:
    page = Page("K80.000", ("E87.600", "D62.x00"), ())
    found = {spoilt("omit-cc", page, seed) for seed in range(20)}
    assert found == {Page("K80.000", ("E87.600",), ()), Page("K80.000", ("D62.x00",), ())}


@pytest.mark.parametrize(("name", "wanted"), [("add-mcc", Level.MCC), ("add-cc", Level.CC)])
def test_an_addition_is_filed_elsewhere_and_of_that_level(name: str, wanted: Level) -> None:
    made = [found for seed in range(40) if (found := spoilt(name, BARE, seed)) is not None]
    assert made
    for found in made:
        (added,) = found.others
        assert level(added) is wanted
        assert (found.principal, found.procedures) == (BARE.principal, BARE.procedures)


def test_nothing_is_added_that_the_page_has() -> None:
    page = Page("K80.000", ("J96.000", "A41.900"), ())
    assert all(spoilt("add-mcc", page, seed) is None for seed in range(20))
    assert spoilt("add-mcc", Page("A41.900", ("J96.000",), ())) is None


def test_an_exchange_keeps_every_code() -> None:
    for seed in range(10):
        found = spoilt("exchange-principal", FULL, seed)
        assert found is not None
        assert found.principal in FULL.others
        assert Counter((found.principal, *found.others)) == Counter((FULL.principal, *FULL.others))
        assert found.procedures == FULL.procedures


def test_a_near_principal_is_another_code_of_its_category() -> None:
    assert spoilt("near-principal", FULL) == Page("K80.100", FULL.others, FULL.procedures)


def test_a_near_diagnosis_stands_in_the_place_of_the_right_one() -> None:
    page = Page("K80.000", ("I10.x00",), ())
    assert spoilt("near-other", page) == Page("K80.000", ("I10.x01",), ())


def test_a_near_code_is_none_that_the_page_has() -> None:
    assert spoilt("near-other", Page("K80.000", ("I10.x00", "I10.x01"), ())) is None
    assert spoilt("near-principal", Page("K80.000", ("K80.100",), ())) is None
    assert spoilt("near-procedure", Page("K80.000", (), ("51.2200", "51.2201"))) is None


def test_the_main_procedure_is_left_out_and_the_next_one_leads() -> None:
    assert spoilt("omit-main-procedure", FULL) == Page(FULL.principal, FULL.others, ("38.9300",))


def test_a_near_procedure_is_another_code_of_its_subcategory() -> None:
    assert spoilt("near-procedure", FULL) == Page(
        FULL.principal, FULL.others, ("51.2201", "38.9300")
    )


@pytest.mark.parametrize("name", sorted(set(ERRORS) - {"add-mcc", "add-cc"}))
def test_a_page_without_what_would_be_wrong_is_left_alone(name: str) -> None:
    assert spoilt(name, BARE) is None


PAGES = st.builds(
    Page,
    st.sampled_from(DIAGNOSES),
    st.lists(st.sampled_from(DIAGNOSES), unique=True, max_size=5).map(tuple),
    st.lists(st.sampled_from(PROCEDURES), unique=True, max_size=3).map(tuple),
).filter(lambda page: page.principal not in page.others)


@settings(max_examples=60)
@given(PAGES, st.sampled_from(sorted(ERRORS)), st.integers(0, 1000))
def test_a_spoilt_page_differs_and_has_no_code_twice(page: Page, name: str, seed: int) -> None:
    found = spoilt(name, page, seed)
    assert found == spoilt(name, page, seed)
    if found is not None:
        assert found != page
        assert found.principal not in found.others
        assert len(set(found.others)) == len(found.others)
        assert len(set(found.procedures)) == len(found.procedures)
