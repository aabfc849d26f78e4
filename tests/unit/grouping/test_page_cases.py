"""What a grouper is given of a page table."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from zhibian.grouping.cases import SCHEMA
from zhibian.grouping.pages import cases_of, total_cost

LISTS = ("C06C", "C35C", "A18", "inpool_time", "exit_time", "amt")


def page(**fields: Any) -> pl.DataFrame:
    kinds = {name: pl.List(pl.String) if name in LISTS else pl.String() for name in fields}
    return pl.DataFrame({"row": [2], **{k: [v] for k, v in fields.items()}}, schema_overrides=kinds)


def case(**fields: Any) -> dict[str, Any]:
    return cases_of(page(**fields)).row(0, named=True)


def test_the_principal_procedure_comes_first() -> None:
    found = case(
        C03C="I21.900", C06C=["I10.x00", None, "E11.900"], C14C="36.0600", C35C=["88.5500", None]
    )
    assert found["principal"] == "I21.900"
    assert found["others"] == ["I10.x00", "E11.900"]
    assert found["procedures"] == ["36.0600", "88.5500"]
    assert case(C35C=["88.5500"])["procedures"] == ["88.5500"]


def test_an_empty_page_has_the_columns_of_a_case() -> None:
    cases = cases_of(page(A12C=None))
    assert cases.schema == pl.Schema(SCHEMA)
    assert cases.row(0, named=True)["others"] == []
    assert cases.row(0, named=True)["procedures"] == []


@pytest.mark.parametrize(("filed", "sex"), [("1", 1), ("2", 2), ("0", None), ("9", None)])
def test_sex_is_male_or_female(filed: str, sex: int | None) -> None:
    assert case(A12C=filed)["sex"] == sex


@pytest.mark.parametrize(
    ("years", "days", "age"),
    [("58", None, 58), (None, "12", 0), (None, "400", None), ("0", "12", 0)],
)
def test_age_below_one_year_may_be_told_in_days_alone_in_a_list(
    years: str | None, days: str | None, age: int | None
) -> None:
    assert case(A14=years, A16=days, setl_id="S1")["age"] == age
    # Only the settlement list leaves the age in years blank: elsewhere it is missing.
    assert case(A14=years, A16=days)["age"] == (None if years is None else age)


def test_the_birth_weight_goes_before_the_weight_at_admission() -> None:
    assert case(A18=["2500", "2400"], A17="2600")["weight_g"] == 2500
    assert case(A18=[], A17="2600")["weight_g"] == 2600


@pytest.mark.parametrize(
    ("filed", "admitted", "discharged", "days"),
    [
        ("7", "2025-06-12", "2025-06-15", 7),
        (None, "2025-06-12 08:00", "2025-06-15 07:00:00", 3),
        (None, "2025-06-12", "2025-06-12 23:00", 1),
        (None, "2025-06-12", None, None),
        (None, "2025-06-15", "2025-06-12", None),
    ],
)
def test_days_of_stay(
    filed: str | None, admitted: str | None, discharged: str | None, days: int | None
) -> None:
    assert case(B20=filed, B12=admitted, B15=discharged)["days"] == days


def test_hours_in_intensive_care() -> None:
    stays = {
        "inpool_time": ["2025-01-01 08:00", "2025-01-03 00:00"],
        "exit_time": ["2025-01-02 08:30", "2025-01-03 12:00:00"],
    }
    assert case(**stays)["icu_hours"] == pytest.approx(36.5)
    assert case(icu_hours="40", **stays)["icu_hours"] == 40
    assert case(inpool_time=["2025-01-01 08:00"], exit_time=[None])["icu_hours"] is None


def test_total_cost_falls_back_on_the_charges() -> None:
    assert total_cost(page(D01="1200.50", amt=["1", "2"])).to_list() == [1200.5]
    assert total_cost(page(D01=None, amt=["100.25", "200"])).to_list() == [300.25]
    assert total_cost(page(A14="3")).to_list() == [None]
