"""The shipped tariffs are what their recipes make of the published tables."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from zhibian.payment.published.build import Surroundings, build_tariff, surroundings
from zhibian.payment.published.check import read_defects
from zhibian.payment.published.defects import load_defect_kinds
from zhibian.payment.published.recipe import read_recipe
from zhibian.payment.published.source_table import parse_table
from zhibian.payment.tariff_files import list_tariffs, load_tariff

ROOT = Path(__file__).resolve().parents[2]
TARIFFS = list_tariffs(ROOT / "rules")
PUBLISHED = [id for id in TARIFFS if read_recipe(ROOT / "rules/tariffs" / id).source_in == "facts"]


@pytest.fixture(scope="module")
def around(rules: Path, shared: Path) -> Surroundings:
    return surroundings(shared / "facts", rules)


def test_all_published_tables_are_tariffs(rules: Path, shared: Path) -> None:
    tables = {path.name for path in (shared / "facts/payment/regional").glob("*.csv")}
    used = {Path(read_recipe(rules / "tariffs" / id).source).name for id in PUBLISHED}
    assert used == tables


@pytest.mark.parametrize("id", TARIFFS)
def test_rebuilding_gives_the_committed_files(
    id: str, rules: Path, around: Surroundings, tmp_path: Path
) -> None:
    committed = rules / "tariffs" / id
    folder = shutil.copytree(committed, tmp_path / id)
    build_tariff(around, folder)
    for path in committed.iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("id", PUBLISHED)
def test_every_published_amount_is_the_standard(id: str, rules: Path, shared: Path) -> None:
    """Read the published table with nothing but the csv module and compare every amount."""
    recipe = read_recipe(rules / "tariffs" / id)
    tariff = load_tariff(rules, id)
    columns = {v: r.standard for v, r in recipe.variants.items() if r.standard}
    corrected = {(c.code, c.name): c.becomes for c in recipe.corrections}
    with (shared / "facts" / recipe.source).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        code, name = row[recipe.columns.drg], row[recipe.columns.name]
        drg = "0000" if code == recipe.ungrouped else corrected.get((code, name), code)
        assert drg in tariff.groups
        for variant, column in columns.items():
            published = row[column].strip()
            standard = tariff.standard(drg, variant)
            if published in ("", "0") or standard.status == "placeholder":
                assert standard.amount is None
            else:
                amount = Decimal(published).quantize(Decimal("0.01"), ROUND_HALF_UP)
                assert standard.amount == amount


@pytest.mark.parametrize("id", PUBLISHED)
def test_no_row_of_a_published_table_is_lost(id: str, rules: Path, shared: Path) -> None:
    recipe = read_recipe(rules / "tariffs" / id)
    source = shared / "facts" / recipe.source
    table = parse_table(source.read_text("utf-8-sig"), source.name, recipe)
    with source.open(encoding="utf-8-sig", newline="") as stream:
        rows = sum(1 for _ in csv.DictReader(stream))
    assert len(table.rows) == rows == len(load_tariff(rules, id).groups)


def test_table_of_the_readme_has_the_figures_of_the_manifests(rules: Path) -> None:
    kinds = load_defect_kinds(rules / "tariffs")
    text = (rules / "tariffs/README.md").read_text("utf-8")
    told = {
        cells[0].split("]")[0].lstrip("["): cells[1:]
        for line in text.splitlines()
        if line.startswith("| [") and "recipe.yaml" in line
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    }
    assert told.keys() == set(TARIFFS)
    for id, cells in told.items():
        tariff = load_tariff(rules, id)
        counts = Counter(tariff.standard(drg).status for drg in tariff.groups)
        priced = counts["priced"] + counts["ungrouped"]
        weight_only = counts["no_rate"] + counts["no_standard"]
        numbers = [len(tariff.groups), priced, weight_only, counts.total() - priced - weight_only]
        assert cells[0] == tariff.scheme
        assert [int(cell) for cell in cells[2:7]] == [*numbers, len(tariff.variants)]
        defects = Counter(defect.code for defect in read_defects(rules, id))
        shown = "；".join(f"{kinds.titles[code]} {n}" for code, n in sorted(defects.items()))
        assert cells[8] == (shown or "无"), id
