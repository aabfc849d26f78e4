"""The signal file: what is wrong in it is told, all at once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from zhibian.problems import InputError
from zhibian.screening.conditions import SetNumbers, read_condition
from zhibian.screening.setup import judged
from zhibian.screening.signals import SIGNALS, load_signals
from zhibian.screening.templates import read_template


def _rules(rules: Path, tmp_path: Path, change: Any) -> Path:
    shutil.copytree(rules / "screening", tmp_path / "screening")
    path = tmp_path / SIGNALS
    told = yaml.safe_load(path.read_text("utf-8"))
    change(told)
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    return tmp_path


def test_every_wrong_signal_is_told_with_its_id(rules: Path, tmp_path: Path) -> None:
    def change(told: Any) -> None:
        told["signals"][0]["when"] = {"measure": "cots", "above": 1}
        told["signals"][1]["evidence"] = "{nothing}"
        told["signals"][2]["strength"] = 7
        told["signals"][3]["id"] = told["signals"][4]["id"]

    with pytest.raises(InputError) as refused:
        load_signals(_rules(rules, tmp_path, change))
    fields = [p.field for p in refused.value.problems]
    assert fields == [
        "signal/cost-high",
        "signal/cost-low",
        "signal/stay-long",
        "signal/tariff-low",
    ]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"all": []},
        {"all": [{"measure": "cost", "above": 1}], "any": []},
        {"measure": "cost"},
        {"measure": "cost", "in": ["1"]},
        {"measure": "sex", "above": 1},
        {"group": "colour", "in": ["1"]},
        {"group": "drg", "in": []},
        {"diagnosis": "first", "in": "A00"},
        {"diagnosis": "any", "in": "@none"},
        {"procedure": "any"},
        "cost > 1",
    ],
)
def test_what_is_no_condition_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_condition(told, SetNumbers({}))


def test_conditions_are_three_valued() -> None:
    numbers = SetNumbers({})
    pages = pl.DataFrame({"cost": [10.0, 1.0, None], "days": [None, 5, 5]})

    def holds(told: Any) -> list[bool | None]:
        return pages.select(read_condition(told, numbers).holds).to_series().to_list()

    high = {"measure": "cost", "above": 5}
    long = {"measure": "days", "above": 3}
    assert holds(high) == [True, False, None]
    assert holds({"not": high}) == [False, True, None]
    assert holds({"all": [high, long]}) == [None, False, None]
    assert holds({"any": [high, long]}) == [True, True, True]
    assert holds({"measure": "cost", "is": "blank"}) == [False, False, True]


def test_texts_show_what_is_known_without_false_precision() -> None:
    pages = pl.DataFrame(
        {"cost": [1234.5, 12.0, None], "drg": ["ES35", None, "ES33"], "days": [3, 4, None]}
    )
    template = read_template("费用 {cost} 元，{drg}，{days} 天")
    assert pages.select(template.text()).to_series().to_list() == [
        "费用 1234.5 元，ES35，3 天",
        "费用 12 元，（缺），4 天",
        "费用 （缺） 元，ES33，（缺） 天",
    ]


def test_signals_whose_fields_the_layout_lacks_are_not_judged(rules: Path) -> None:
    book = load_signals(rules)
    good, lacking = judged(book, frozenset({"D26", "C08C", "A48"}), priced=False)
    told = {item.id: item.lacks for item in lacking}
    assert told["signal/blood-fee-without-procedure"] == ("D26",)
    assert told["signal/entry-condition-missing"] == ("C08C",)
    assert told["signal/tariff-high"] == ("支付标准",)
    # The identity card will do where there is no record number.
    assert "signal/readmission" in {signal.id for signal in good}
    assert len(good) + len(lacking) == len(book.signals)
