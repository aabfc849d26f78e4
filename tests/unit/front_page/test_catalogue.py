"""The shipped catalogue of front-page fields."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from zhibian.problems import InputError
from zhibian.records.front_page.catalogue import (
    FOLDER,
    Catalogue,
    Kind,
    hqms_order,
    load_catalogue,
)
from zhibian.records.front_page.catalogue_build import build_catalogue
from zhibian.settings import Settings

RULES = Settings().rules


def test_every_column_of_the_interface_has_a_field(catalogue: Catalogue) -> None:
    columns = [field.hqms_columns[place] for field, place in hqms_order(catalogue.fields)]
    assert len(columns) == len(set(columns)) == 642
    assert columns[:3] == ["A01", "A02", "A48"]
    assert columns[43:47] == ["C06x01C", "C07x01N", "C08x01C", "C06x02C"]
    assert columns[-1] == "D34"
    assert "D20x02" in columns


def test_the_older_interface_has_346_columns_all_accounted_for(catalogue: Catalogue) -> None:
    taken = {name for field in catalogue.fields for place in field.p for name in place}
    assert len(catalogue.older_columns) == 346
    assert taken | set(catalogue.not_carried) == set(catalogue.older_columns)
    assert not taken & set(catalogue.not_carried)


@pytest.mark.parametrize(
    ("spelling", "field"),
    [
        ("C03C", "C03C"),
        ("C06x07C", "C06C"),
        ("C14x01C", "C14C"),
        ("P321", "C03C"),
        ("P3291", "C06C"),
        ("P743", "B35"),
        ("gend", "A12C"),
        ("dscg_way", "B34C"),
        ("D19x01", "D19x01"),
    ],
)
def test_a_field_is_found_by_any_of_its_names(
    catalogue: Catalogue, spelling: str, field: str
) -> None:
    found = catalogue.named(spelling)
    assert found is not None
    assert found.id == field


def test_a_name_that_no_interface_knows_is_no_field(catalogue: Catalogue) -> None:
    assert catalogue.named("P9999") is None
    # Diagnoses and procedures both have a code in the list: the bare name says too little.
    assert catalogue.named("diag_code") is None


def test_coded_fields_have_a_dictionary(catalogue: Catalogue) -> None:
    for field in catalogue.fields:
        assert (field.kind is Kind.CHOICE) == bool(field.dictionary), field.id


@pytest.mark.parametrize(
    ("field", "value", "known"),
    [
        ("A12C", "1", True),
        ("A12C", "3", False),
        ("A19C", "56", True),
        ("A19C", "01", True),
        ("A19C", "57", False),
        ("A15C", "156", True),
        ("A15C", "CHN", True),
        ("B16C", "0301", True),
        ("B16C", "A03.01", True),
        ("C22C", "0101", True),
        ("C22C", "11", True),
        ("B34C", "6", False),
    ],
)
def test_values_of_dictionaries(catalogue: Catalogue, field: str, value: str, known: bool) -> None:
    dictionary = catalogue.dictionary_of(catalogue[field])
    assert dictionary is not None
    assert dictionary.knows(value) is known


def test_a_changed_table_is_refused(tmp_path: Path) -> None:
    shutil.copytree(RULES / FOLDER, tmp_path / FOLDER)
    table = tmp_path / FOLDER / "dictionaries" / "sex.csv"
    table.write_text(table.read_text(encoding="utf-8") + "3,其他,\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_catalogue(tmp_path)
    assert [p.code for p in refused.value.problems] == ["table_corrupted"]


def test_a_source_that_the_recipe_does_not_name_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "fields.tsv"
    source.write_text("1\tA01\t组织机构代码\tstring\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        build_catalogue(source, RULES / FOLDER)
    assert [p.code for p in refused.value.problems] == ["source_changed"]
