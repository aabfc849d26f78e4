"""Front pages of cases (病例的首页): what a case has of a page, for the same rules to run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from zhibian.records.front_page.assemble import TEXTS, even, identifiers
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.records.front_page.sheet_source import time_text
from zhibian.records.front_page.types import ROW, PageTable
from zhibian.records.types import Admission, Case, CodedDiagnosis, CodedProcedure, FrontPage

#: Fields that a case can hold.
FIELDS = (
    *("B12", "B15", "A12C", "A14", "B11C", "B16C", "C03C", "C04N", "C05C", "C06C", "C07N", "C08C"),
    *("C14C", "C15N", "C16", "C35C", "C36N", "C37", "A16", "A18", "A17", "B34C", "D01"),
)


# Cases may tell these in words, such as 急诊; pages hold the code.
_SPOKEN = ("B11C", "B34C")


def case_pages(cases: Sequence[Case], catalogue: Catalogue, first_row: int = 1) -> PageTable:
    """Return the filed front pages of cases.

    Parameters
    ----------
    cases
        The cases, with or without a filed page.
    catalogue
        The fields.
    first_row
        Number of the first case.

    Returns
    -------
    PageTable
        One row a case, numbered from ``first_row``.
    """
    spoken = {id: _codes_by_name(id, catalogue) for id in _SPOKEN}
    pages = [_in_codes(_page(case), spoken) for case in cases]
    lists = {
        id: pl.Series(id, [page.get(id) or [] for page in pages], dtype=TEXTS)
        for id in FIELDS
        if catalogue[id].is_list
    }
    columns = even(lists, catalogue, len(pages))
    columns |= {
        id: pl.Series(id, [page.get(id) for page in pages], dtype=pl.String)
        for id in FIELDS
        if not catalogue[id].is_list
    }
    rows = pl.Series(ROW, range(first_row, first_row + len(pages)), dtype=pl.Int64)
    ordered = [columns[f.id].alias(f.id) for f in catalogue.fields if f.id in columns]
    cells = pl.DataFrame([rows, *ordered])
    ids = identifiers(cells, pl.Series([case.id for case in cases], dtype=pl.String))
    absent = frozenset(field.id for field in catalogue.fields) - frozenset(FIELDS)
    return PageTable(cells.insert_column(1, ids), absent)


def _codes_by_name(field: str, catalogue: Catalogue) -> Mapping[str, str]:
    """Return the codes of a field's value set by their names."""
    found = catalogue.dictionary_of(catalogue[field])
    return {name: code for code, name in found.names.items()} if found else {}


def _in_codes(
    page: Mapping[str, Any], spoken: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Any]:
    told = {id: codes.get(page[id], page[id]) for id, codes in spoken.items() if page.get(id)}
    return {**page, **told}


def _page(case: Case) -> Mapping[str, Any]:
    return {**_stay(case.admission), **_coded(case.coded_front_page)}


def _stay(stay: Admission | None) -> dict[str, Any]:
    if stay is None:
        return {}
    return {
        "A12C": str(stay.sex.digit),
        "A14": str(stay.age),
        "A16": None if stay.age_days is None else str(stay.age_days),
        "A18": [] if stay.birth_weight_g is None else [_number(stay.birth_weight_g)],
        "A17": None if stay.admission_weight_g is None else _number(stay.admission_weight_g),
        "B12": None if stay.admitted is None else time_text(stay.admitted),
        "B15": None if stay.discharged is None else time_text(stay.discharged),
        "B11C": stay.admission_route or None,
        "B34C": stay.discharge_way or None,
        "B16C": stay.department or None,
        "D01": None if stay.total_cost is None else _number(stay.total_cost),
    }


def _coded(page: FrontPage | None) -> dict[str, Any]:
    if page is None:
        return {}
    first, *others = page.procedures or (None,)
    return {
        "C03C": page.principal.code,
        "C04N": page.principal.name or None,
        "C05C": _condition(page.principal),
        "C06C": [d.code for d in page.others],
        "C07N": [d.name or None for d in page.others],
        "C08C": [_condition(d) for d in page.others],
        **_principal_procedure(first),
        "C35C": [p.code for p in others if p],
        "C36N": [p.name or None for p in others if p],
        "C37": [p.date or None for p in others if p],
    }


def _principal_procedure(procedure: CodedProcedure | None) -> dict[str, Any]:
    if procedure is None:
        return {}
    return {
        "C14C": procedure.code,
        "C15N": procedure.name or None,
        "C16": procedure.date or None,
    }


def _condition(diagnosis: CodedDiagnosis) -> str | None:
    return diagnosis.poa.value if diagnosis.poa else None


def _number(value: float) -> str:
    """Return a number without an empty fraction."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
