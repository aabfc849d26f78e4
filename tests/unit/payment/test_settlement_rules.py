"""Rule sets of settlement: all load, overlays replace whole sections, errors tell all."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from zhibian.payment.settlement.rules import Section
from zhibian.payment.settlement.sets import (
    DEFAULT_SET,
    check_settlement_rules,
    list_settlement_sets,
    load_settlement_rules,
)
from zhibian.payment.tariff_files import list_tariffs, load_tariff
from zhibian.problems import InputError


def test_every_shipped_set_loads_and_names_its_sources(rules: Path) -> None:
    sets = list_settlement_sets(rules)
    assert DEFAULT_SET in sets
    loaded = [load_settlement_rules(rules, named=id) for id in sets]
    loaded += [load_settlement_rules(rules, id) for id in list_tariffs(rules)]
    for told in loaded:
        sections = [getattr(told, name) for name in type(told).model_fields]
        assert all(s.source for s in sections if isinstance(s, Section))


def test_a_set_bears_the_name_of_its_file(rules: Path) -> None:
    for id in list_settlement_sets(rules):
        assert load_settlement_rules(rules, named=id).id == id
    own = [path.parent.name for path in (rules / "tariffs").glob("*/settlement.yaml")]
    assert "jilin-2022" in own
    for id in own:
        assert load_settlement_rules(rules, id).id == id


def test_a_tariff_without_its_own_rules_has_the_national_default(rules: Path) -> None:
    assert load_settlement_rules(rules, "linyi-2022").id == DEFAULT_SET
    assert load_settlement_rules(rules).id == DEFAULT_SET


def test_jilins_limits_are_those_of_its_table(rules: Path) -> None:
    told = load_settlement_rules(rules, "jilin-2022")
    low, high = told.low.bands[0].times, told.high.bands[0].times
    groups = load_tariff(rules, "jilin-2022").groups.values()
    published = [g for g in groups if g.thresholds]
    assert len(published) == 625
    for group in published:
        limits, standard = group.thresholds["三级"], group.standards["三级"]
        assert limits.low is not None
        assert limits.high is not None
        assert abs(limits.low - low * standard) < Decimal("0.001")
        assert abs(limits.high - high * standard) < Decimal("0.001")


def _write(rules: Path, tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "tariffs" / "settlement"
    folder.mkdir(parents=True)
    base = (rules / "tariffs" / "settlement" / f"{DEFAULT_SET}.yaml").read_text("utf-8")
    (folder / f"{DEFAULT_SET}.yaml").write_text(base, "utf-8")
    (folder / "own.yaml").write_text(text, "utf-8")
    return tmp_path


def test_a_section_replaces_that_of_its_base_as_a_whole(rules: Path, tmp_path: Path) -> None:
    text = (
        "id: own\ntitle: 自定\nbase: chs-drg-technical\n"
        "high: {bands: [{times: '2.5'}], formula: cap, source: 本地文件}\n"
    )
    told = load_settlement_rules(_write(rules, tmp_path, text), named="own")
    assert told.high.formula == "cap"
    assert told.high.quota is None
    assert told.low.formula == "by_actual"
    assert told.title == "自定"


def test_everything_wrong_is_told_at_once(rules: Path, tmp_path: Path) -> None:
    text = (
        "id: own\ntitle: 自定\nbase: chs-drg-technical\n"
        "low: {bands: [{times: 0.35}], formula: by_actual, source: 本地}\n"
        "high: {bands: [], formula: free, source: ''}\n"
        "ungrouped: {formula: cap, source: 本地}\n"
        "long_stay: {days_above: 60, formula: per_day, source: 本地}\n"
    )
    with pytest.raises(InputError) as caught:
        load_settlement_rules(_write(rules, tmp_path, text), named="own")
    fields = {problem.field for problem in caught.value.problems}
    # A number as a float, no bands, an unknown formula, no source, a formula that needs a multiple,
    # and a daily rate that is missing.
    assert {"low.bands.0.times", "high.bands", "high.formula", "high.source"} <= fields
    assert {"ungrouped", "long_stay"} <= fields


def test_check_tells_of_every_set(rules: Path, tmp_path: Path) -> None:
    assert check_settlement_rules(rules) == []
    text = "id: other\ntitle: 自定\nbase: chs-drg-technical\n"
    folder = _write(rules, tmp_path, text + "low: {}\n")
    assert {problem.code for problem in check_settlement_rules(folder)} == {"settlement_invalid"}
    (folder / "tariffs" / "settlement" / "own.yaml").write_text(text, "utf-8")
    assert [problem.code for problem in check_settlement_rules(folder)] == ["id_differs"]


@pytest.mark.parametrize("base", ["own", "absent"])
def test_a_base_that_is_itself_or_unknown_is_refused(
    rules: Path, tmp_path: Path, base: str
) -> None:
    folder = _write(rules, tmp_path, f"id: own\ntitle: 自定\nbase: {base}\n")
    with pytest.raises(InputError) as caught:
        load_settlement_rules(folder, named="own")
    assert DEFAULT_SET in caught.value.problems[0].message


def test_an_unknown_set_lists_those_there_are(rules: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_settlement_rules(rules, named="../linyi-2022")
    assert "dazhou" in caught.value.problems[0].message
