"""Runs the golden cases of ``tests/cases/screening/signals``: which signals a page raises.

A case lays its ``page`` over the base page of ``base.yaml``, and its ``groups`` over the statistics
there; ``before`` is an earlier stay of the same patient. ``expect`` lists all signals that are
raised (without ``signal/``); ``signal`` says which one the case is about. ``strength``, ``code``,
``possible`` and ``evidence`` (parts of it) are those of that signal.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.payment.tariff_files import load_tariff
from zhibian.records.front_page.catalogue import Catalogue, load_catalogue
from zhibian.records.front_page.types import ID, ROW, PageTable
from zhibian.screening.facts import FactsMaker
from zhibian.screening.group_statistics import COLUMNS, GroupStatistics, beside_group
from zhibian.screening.items import raised
from zhibian.screening.peers.peers import load_peer_rules
from zhibian.screening.readmissions import readmissions
from zhibian.screening.setup import Setup, with_standards
from zhibian.screening.signals import PREFIX, load_signals

HERE = Path(__file__).parent / "screening" / "signals"
BASE = "base.yaml"
RULES = Path(__file__).resolve().parents[2] / "rules"


def _files() -> list[Path]:
    return sorted(path for path in HERE.glob("*.yaml") if path.name != BASE)


CASES: list[dict[str, Any]] = [
    case for file in _files() for case in yaml.safe_load(file.read_text("utf-8"))
]


@cache
def _base() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((HERE / BASE).read_text("utf-8"))
    return told


@cache
def _catalogue() -> Catalogue:
    return load_catalogue(RULES)


@cache
def _setup() -> Setup:
    return Setup(
        load_scheme(RULES, "chs-drg-1.1"),
        load_codebook(RULES),
        load_signals(RULES),
        load_peer_rules(RULES),
        load_tariff(RULES, "linyi-2022"),
    )


@cache
def _maker() -> FactsMaker:
    setup = _setup()
    return FactsMaker.of(setup.pack, setup.codebook, setup.signals.sets)


def _table(pages: list[dict[str, Any]]) -> PageTable:
    columns: dict[str, pl.Series] = {
        ROW: pl.Series(range(2, len(pages) + 2), dtype=pl.Int64),
        ID: pl.Series([f"P{number}" for number in range(len(pages))]),
    }
    for field in _catalogue().fields:
        cells = [page.get(field.id) for page in pages]
        if field.is_list:
            columns[field.id] = pl.Series([c or [] for c in cells], dtype=pl.List(pl.String))
        else:
            columns[field.id] = pl.Series(cells, dtype=pl.String)
    return PageTable(pl.DataFrame(columns), frozenset())


def _statistics(groups: dict[str, dict[str, Any]]) -> GroupStatistics:
    rows = [
        {name: drg if name == "drg" else told.get(name) for name in COLUMNS}
        for drg, told in groups.items()
    ]
    schema = {
        name: pl.String() if name in {"drg", "death_grade"} else pl.Float64() for name in COLUMNS
    }
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return GroupStatistics(table, 0, 0)


def items_of(case: dict[str, Any]) -> pl.DataFrame:
    base, setup = _base(), _setup()
    pages = [
        {**base["page"], **case[which]}
        for which in ("before", "page")
        if case.get(which) is not None
    ]
    facts = _maker().make(_table(pages))
    groups = {drg: {**told} for drg, told in base["groups"].items()}
    for drg, told in case.get("groups", {}).items():
        groups[drg] = {**groups.get(drg, {}), **told}
    rules = setup.signals.statistics
    measures = with_standards(
        beside_group(facts, _statistics(groups), rules).join(
            readmissions(facts.lazy(), rules.readmission_days),
            on=ROW,
            how="left",
            maintain_order="left",
        ),
        setup.standards(),
    )
    return raised(measures.tail(1), setup.signals.signals, rules.most_strength)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_screening_signal(case: dict[str, Any]) -> None:
    assert case["reference"]
    found = items_of(case)
    by_rule = {item["rules"][0].removeprefix(PREFIX): item for item in found.iter_rows(named=True)}
    assert sorted(by_rule) == sorted(case["expect"])
    about = by_rule.get(case["signal"])
    if about is None:
        assert {"strength", "code", "possible", "evidence"}.isdisjoint(case)
        return
    for key, column in (("strength", "strength"), ("code", "code"), ("possible", "possible_group")):
        if key in case:
            assert about[column] == case[key]
    for part in case.get("evidence", ()):
        assert part in "；".join(about["evidence"])


def test_every_signal_has_a_case_that_raises_it_and_one_that_does_not() -> None:
    wanted = {signal.id.removeprefix(PREFIX) for signal in _setup().signals.signals}
    raises = {case["signal"] for case in CASES if case["signal"] in case["expect"]}
    spares = {case["signal"] for case in CASES if case["signal"] not in case["expect"]}
    assert wanted - raises == set()
    # Rows of one table are one rule: some of them are spared.
    assert {id.split("/")[0] for id in wanted} - {id.split("/")[0] for id in spares} == set()


def test_questions_name_no_money_and_offer_a_way_out() -> None:
    for signal in _setup().signals.signals:
        text = "".join(signal.query.parts)
        if text:
            assert "其他" in text
            assert "无法确定" in text
            assert not any(word in text for word in ("费", "元", "支付", "权重", "分组", "医保"))
