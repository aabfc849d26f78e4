"""All quality rules over many pages, one page, and the same conditions in plain Python.

Run with ``pytest tests/performance/bench_quality.py -m performance -s``. Times are printed, never
asserted: they depend on the machine. Pages come from ``zhibian synth``; what it does not make
(names, entry conditions, costs, dates of procedures, persons) is filled in, some of it wrong. The
plain evaluator is that of the property tests. It takes the conditions as they are written, page
by page, on a sample, for the checks that it can read; both must find the same.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from tests.properties import quality_reference as reference

from zhibian.quality.front_page.book import RuleBook, folder_of
from zhibian.quality.front_page.conditions import Derived, Named, quantities_of, walk
from zhibian.quality.front_page.expansion import KEY, expansion_rows, filled_in
from zhibian.quality.front_page.judge import Judge
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.records.front_page.assemble import with_all_fields
from zhibian.records.front_page.catalogue import Catalogue, load_catalogue
from zhibian.records.front_page.reader import iter_pages
from zhibian.records.front_page.types import PageTable
from zhibian.settings import Settings
from zhibian.synthesis.model import Request, build_model
from zhibian.synthesis.write import write_cases

PAGES = 1_000_000
BLOCK = 100_000
SAMPLE = 500
SHARE_WRONG = 0.01
# What the plain evaluator does not read, as conditions are written.
NOT_PLAIN = ("@", "!", "in_dictionary", "'each'", "'pairs'", "'hours'", "'minutes'", "'tariff'")
TODAY = date(2026, 6, 30)
BASE = Path(__file__).resolve().parents[1] / "cases" / "quality" / "base.yaml"
FEES = [f"D{n}" for n in range(11, 35)]


@pytest.fixture(scope="module")
def book(rules: Path) -> RuleBook:
    return load_rule_book(rules)


@pytest.fixture(scope="module")
def catalogue(rules: Path) -> Catalogue:
    return load_catalogue(rules)


def blocks(path: Path, book: RuleBook, catalogue: Catalogue, rows: int) -> Iterator[PageTable]:
    """Return whole pages in portions, those of a file of synthetic ones filled in."""
    base = yaml.safe_load(BASE.read_text(encoding="utf-8"))
    lacking = frozenset(f.id for f in catalogue.fields if not f.at)
    pending: list[pl.DataFrame] = []
    for table in iter_pages(path, catalogue):
        whole = with_all_fields(table, catalogue)
        pending.append(whole.select("row", "id", *(f.id for f in catalogue.fields if f.at)))
        if sum(map(len, pending)) >= rows:
            yield filled(pl.concat(pending), base, book, lacking)
            pending = []
    if pending:
        yield filled(pl.concat(pending), base, book, lacking)


def filled(
    cells: pl.DataFrame, base: Mapping[str, Any], book: RuleBook, lacking: frozenset[str]
) -> PageTable:
    rng = np.random.default_rng(len(cells))
    size = len(cells)
    constant = {
        name: pl.lit(value)
        for name, value in base.items()
        if isinstance(value, str) and name in cells.columns and cells[name].null_count() == size
    }
    known = book.resources
    names = {
        "C04N": _names(cells["C03C"], {c: e.name for c, e in known.diagnoses.entries.items()}),
        "C15N": _names(cells["C14C"], {c: e.name for c, e in known.procedures.entries.items()}),
    }
    lists = {
        "C07N": _listed(cells["C06C"], {c: e.name for c, e in known.diagnoses.entries.items()}),
        "C08C": _listed(cells["C06C"], {}, "1"),
        "C36N": _listed(cells["C35C"], {c: e.name for c, e in known.procedures.entries.items()}),
        "C38": _listed(cells["C35C"], {}, "3"),
    }
    fees = np.round(rng.gamma(1, 300, (size, len(FEES))), 2)
    fees[:, FEES.index("D26")] = 0
    total = fees.sum(axis=1) + (rng.random(size) < SHARE_WRONG)
    money = {fee: pl.Series(np.char.mod("%.2f", fees[:, n])) for n, fee in enumerate(FEES)}
    within = dict.fromkeys(("D09", "D19x01", "D20x01", "D20x02", "D23x01"), pl.lit("0.00"))
    made: dict[str, Any] = {
        **names,
        **lists,
        **money,
        **within,
        "D01": pl.Series(np.char.mod("%.2f", total)),
    }
    cells = cells.with_columns(**constant).with_columns(**made)
    operated = pl.when(pl.col("C14C").is_not_null())
    born = pl.col("B12").str.to_datetime(strict=False).dt.offset_by("-" + pl.col("A14") + "y")
    return PageTable(
        cells.with_columns(
            A13=born.dt.strftime("%Y-%m-%d"),
            A20=pl.lit(None, pl.String),
            A48=pl.int_range(pl.len()).cast(pl.String).str.zfill(9),
            B16C=pl.lit(base["B16C"]),
            B33=pl.col("B15").str.slice(0, 10),
            C16=operated.then("B12"),
            **{name: operated.then(pl.lit(base[name])) for name in ("C18", "C21C", "C22C", "C23")},
        ),
        lacking,
    )


def _names(codes: pl.Series, names: Mapping[str, str]) -> pl.Series:
    return codes.replace_strict(names, default=None, return_dtype=pl.String)


def _listed(codes: pl.Series, names: Mapping[str, str], usual: str | None = None) -> pl.Series:
    element = pl.element().replace_strict(names, default=usual, return_dtype=pl.String)
    return codes.to_frame("codes").select(pl.col("codes").list.eval(element)).to_series()


@pytest.fixture(scope="module")
def source(rules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "synthetic.csv"
    year = (date(2025, 1, 1), date(2025, 12, 31))
    write_cases(build_model(rules, Request(PAGES, 1, Settings().scheme, *year)), path)
    return path


@pytest.mark.performance
def test_a_million_pages(book: RuleBook, catalogue: Catalogue, source: Path) -> None:
    judge = Judge(book)
    wall = cpu = 0.0
    rows = findings = 0
    rules: set[str] = set()
    silent: Mapping[str, object] = {}
    for table in blocks(source, book, catalogue, BLOCK):
        started, used = time.perf_counter(), time.process_time()
        found = judge.judge(table, today=TODAY)
        wall += time.perf_counter() - started
        cpu += time.process_time() - used
        rows += found.rows
        findings += found.findings.height
        rules |= set(found.findings["rule"].unique())
        silent = found.checks_not_judged
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    judged = len(book.checks) - len(silent)
    print(
        f"\n{judged:,} of {len(book.checks):,} checks over {rows:,} pages of "
        f"{table.cells.width} columns: {wall:.1f} s ({cpu:.1f} s of CPU), {rows / wall:,.0f} "
        f"pages a second, {findings:,} findings of {len(rules)} rules, peak {peak:,} MB "
        "with the pages and the making of them"
    )


@pytest.mark.performance
def test_one_page(book: RuleBook, catalogue: Catalogue, source: Path) -> None:
    judge = Judge(book)
    table = next(blocks(source, book, catalogue, 1_000))
    times = []
    for number in range(100):
        page = PageTable(table.cells.slice(number, 1), table.absent)
        started = time.perf_counter()
        judge.judge(page, today=TODAY)
        times.append(1000 * (time.perf_counter() - started))
    quantiles = statistics.quantiles(times[10:], n=20)
    print(f"\none page: median {statistics.median(times[10:]):.1f} ms, p95 {quantiles[-1]:.1f} ms")


@pytest.mark.performance
def test_beside_plain_python(
    rules: Path, book: RuleBook, catalogue: Catalogue, source: Path
) -> None:
    table = next(blocks(source, book, catalogue, BLOCK))
    written = dict(plain_checks(rules, book))
    judge = Judge(_only(book, set(written)))
    judge.judge(table, today=TODAY)
    started = time.perf_counter()
    findings = judge.judge(table, today=TODAY).findings
    ours = len(table.cells) / (time.perf_counter() - started)
    sample = table.cells.head(SAMPLE).to_dicts()
    started = time.perf_counter()
    plain = {(page["row"], id) for page in sample for id, c in written.items() if broken(c, page)}
    theirs = len(sample) / (time.perf_counter() - started)
    found = findings.filter(pl.col("row").is_in([page["row"] for page in sample]))
    assert set(found.select("row", "check").rows()) == plain
    print(
        f"\n{len(written)} checks, {len(plain)} findings alike in {SAMPLE} pages: "
        f"engine {ours:,.0f} pages a second ({len(table.cells):,} pages), plain Python "
        f"{theirs:,.0f} (of {SAMPLE} pages; a million would take {PAGES / theirs:,.0f} s), "
        f"{ours / theirs:,.0f} x"
    )


def _only(book: RuleBook, ids: set[str]) -> RuleBook:
    checks = tuple(check for check in book.checks if check.id in ids)
    return RuleBook(book.rules, checks, book.names, book.computations, book.resources)


def plain_checks(rules: Path, book: RuleBook) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return the checks that the plain evaluator can read, as they are written."""
    readable = {c.id for c in book.checks if _readable(c)}
    for id in dict.fromkeys(c.rule for c in book.checks):
        path = folder_of(rules) / "rules" / f"{id}.yaml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        rows = [{}] if "for" not in data else expansion_rows(
            id, data["for"], folder_of(rules), book.names
        )[0]  # fmt: skip
        for row in rows:
            name = f"{id}/{row[KEY]}" if row else id
            when = filled_in(data.get("when", {"always": True}), row)
            must = filled_in(data["must"], row)
            plain = all(word not in f"{when} {must}" for word in NOT_PLAIN)
            if name in readable and plain and isinstance(when, dict) and isinstance(must, dict):
                yield name, {"when": when, "must": must}


def _readable(check: Any) -> bool:
    parts = [p for d in check.demands for p in (check.when, d.when, d.must)]
    leaves = [c for part in parts for c in walk(part)]
    derived = [q for c in leaves for q in quantities_of(c) if isinstance(q, Derived)]
    named = any(isinstance(c, Named) for c in leaves)
    kinds = {type(c).__name__ for c in leaves}
    return (
        not named
        and all(q.name == "stay_days" for q in derived)
        and kinds <= {"Filled", "OneOf", "CodeIn", "Compare", "And", "Or", "Not", "Constant"}
        and not any(d.each for d in check.demands)
    )


def broken(check: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    if reference.value(check["when"], page) is not True:
        return False
    return reference.value(check["must"], page) is False
