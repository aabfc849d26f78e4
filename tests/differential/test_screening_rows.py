"""The columnar screening raises what plain Python raises, row by row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
from tests.differential.naive_screening import Rules, compare, read

from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.records.front_page.reader import iter_pages
from zhibian.records.front_page.types import ROW
from zhibian.screening.peers.peers import load_peer_rules
from zhibian.screening.pipeline import FACTS, ITEMS, Part, gather_facts, raise_items
from zhibian.screening.setup import Choice, Setup, judged
from zhibian.screening.signals import PREFIX, load_signals
from zhibian.screening.work_folder import WorkFolder
from zhibian.synthesis.draw import draw_block
from zhibian.synthesis.model import Request, build_model

PAGES = 6_000
# Asked of a tariff or of deaths by group, which the plain version does not compute.
NOT_COMPARED = frozenset({"tariff-high", "tariff-low", "short-heavy", "low-risk-death"})


def test_plain_python_raises_the_same_signals(rules: Path, tmp_path: Path) -> None:
    request = Request(PAGES, 21, "chs-drg-1.1", date(2025, 1, 1), date(2025, 12, 31), imperfect=0.1)
    table = tmp_path / "pages.csv"
    draw_block(build_model(rules, request), 0).head(PAGES).write_csv(table)
    pack, codebook = load_scheme(rules, "chs-drg-1.1"), load_codebook(rules)
    signals = load_signals(rules)
    setup = Setup(pack, codebook, signals, load_peer_rules(rules))
    work = WorkFolder.begin(tmp_path / "parts", {"输入": "x"})
    tables = list(iter_pages(table, load_catalogue(rules)))
    gather_facts(map(Part, tables), work, setup, date(2026, 1, 1))
    raise_items(work, setup, Choice())
    found = (
        work.scan(ITEMS)
        .select(ROW, rule=pl.col("rules"))
        .explode("rule")
        .with_columns(pl.col("rule").str.strip_prefix(PREFIX))
        .collect()
    )
    good, _ = judged(signals, tables[0].absent, priced=False)
    names = {signal.id.removeprefix(PREFIX).split("/")[0] for signal in good} - NOT_COMPARED
    found = found.filter(~pl.col("rule").is_in(sorted(NOT_COMPARED)))

    plain = Rules(rules, frozenset(names))
    pages = read(table, pack, codebook)
    compare(pages, plain.statistics["least_cases"], plain.statistics["least_spread"])
    wanted = {(page.row, id) for page in pages for id in plain.raised(page)}
    assert len({id for _, id in wanted}) > 15
    assert set(found.iter_rows()) == wanted
    assert work.count(FACTS) == 1
