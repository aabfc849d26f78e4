"""The run of a screening (筛查流程): two passes over parts on disk, then the list.

First pass: facts of every page and its group. Between the passes: statistics of groups and stays of
the same patient, from all facts. Second pass: signals, silences, joining. Each part of either pass
is finished or not there, so that a run that was killed goes on with the next part; the outcome is
the same however the input is cut and in whatever order its rows come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import polars as pl

from zhibian.grouping.types import Status
from zhibian.records.front_page.types import ID, ROW, BadCell, PageTable
from zhibian.screening.counted import neighbours
from zhibian.screening.facts import FactsMaker
from zhibian.screening.group_statistics import GroupStatistics, beside_group, statistics_of
from zhibian.screening.items import joined, order_of, raised, ranked, strongest, table_of
from zhibian.screening.peers.peers import Funnel, counts_of, funnel_of, months_of, reference_of
from zhibian.screening.readmissions import readmissions
from zhibian.screening.setup import Choice, NotJudged, Setup, judged, with_standards
from zhibian.screening.signals import Signal
from zhibian.screening.silence import silenced
from zhibian.screening.types import WorkItem
from zhibian.screening.work_folder import WorkFolder

FACTS, ITEMS, BAD, TEXT, SILENCED = "facts", "items", "bad", "text", "silenced"
QUALITY, QUALITY_COUNTS = "quality", "quality-counts"
_ABSENT, _NOT_JUDGED = "absent", "not-judged"
_BAD_SCHEMA = pl.Schema(
    {
        ROW: pl.Int64(),
        "column": pl.String(),
        "field": pl.String(),
        "code": pl.String(),
        "message": pl.String(),
        "remedy": pl.String(),
        "value": pl.String(),
    }
)
_UNGROUPED = (ROW, ID, "department", "physician", "discharged", "principal", "status", "reason")

Step = Callable[[int], object]


class Part(NamedTuple):
    """Some pages of the input.

    Attributes
    ----------
    pages
        The pages.
    text
        Makes the items of text evidence of these pages; called once, when the part is made.
    """

    pages: PageTable
    text: Callable[[], Sequence[WorkItem]] = tuple


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a screening found (筛查结果).

    Attributes
    ----------
    pages, listed_pages
        Pages of the input, and those that the work list is about.
    bad_cells
        Cells that could not be used.
    items
        The work list in its order, at most as long as asked for.
    counts
        ``suspicion``, ``alert``, ``rule`` (the strongest), ``department`` and how many items were
        found, before the list was cut.
    found
        Items found, before the list was cut.
    ungrouped
        Pages without a group, with the reason.
    funnels
        Each indicator over departments and over physicians, by the unit's name.
    months
        Each indicator over months.
    statistics
        Of groups.
    quality_counts
        ``rule``, ``check`` and ``found``: findings of quality rules in all pages, listed or not.
    widespread
        Checks that most pages violate: not listed page by page.
    not_judged
        Signals and rules that could not be judged on this input.
    silenced
        Items that each silence took, in their order.
    """

    pages: int
    listed_pages: int
    bad_cells: int
    items: pl.DataFrame
    counts: pl.DataFrame
    found: int
    ungrouped: pl.DataFrame
    funnels: dict[str, tuple[Funnel, ...]]
    months: dict[str, pl.DataFrame]
    statistics: GroupStatistics
    quality_counts: pl.DataFrame
    widespread: frozenset[str]
    not_judged: tuple[NotJudged, ...]
    silenced: tuple[int, ...]


def gather_facts(
    parts: Iterable[Part],
    folder: WorkFolder,
    setup: Setup,
    today: date,
    step: Step = lambda _: None,
) -> None:
    """Make the facts of every part that is not finished (第一遍).

    Parameters
    ----------
    parts
        The input; finished parts are read over.
    folder
        Where parts are kept.
    setup
        Scheme, signals and quality rules.
    today
        Day on which pages are judged.
    step
        Called with the number of pages of each part.
    """
    maker = FactsMaker.of(setup.pack, setup.codebook, setup.signals.sets)
    standards = setup.standards()
    for number, part in enumerate(ahead(parts)):
        if not folder.has(FACTS, number):
            facts = with_standards(maker.make(part.pages), standards)
            _judge(part.pages, facts, folder, number, setup, today)
            if number == 0:
                folder.note(_ABSENT, sorted(part.pages.absent))
            folder.write(BAD, number, _bad_table(part.pages.bad))
            folder.write(TEXT, number, table_of(part.text(), facts))
            folder.write(FACTS, number, facts)
        step(len(part.pages.cells))


def ahead(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts, the next one being read while the last one is worked on."""
    waiting = iter(parts)
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, waiting, None)
        while (part := coming.result()) is not None:
            coming = reader.submit(next, waiting, None)
            yield part


def _judge(
    pages: PageTable,
    facts: pl.DataFrame,
    folder: WorkFolder,
    number: int,
    setup: Setup,
    today: date,
) -> None:
    """Keep what the quality rules find in a part."""
    if setup.quality is None:
        return
    found = setup.quality.find(pages, facts, today)
    if number == 0:
        folder.note(_NOT_JUDGED, {rule: list(lacks) for rule, lacks in found.not_judged.items()})
    folder.write(QUALITY, number, found.told)
    folder.write(QUALITY_COUNTS, number, found.counts)


def _bad_table(bad: Sequence[BadCell]) -> pl.DataFrame:
    rows = [(b.row, b.column, b.field, b.code, b.message, b.remedy, b.value) for b in bad]
    return pl.DataFrame(rows, _BAD_SCHEMA, orient="row")


def raise_items(
    folder: WorkFolder, setup: Setup, choice: Choice, step: Step = lambda _: None
) -> tuple[GroupStatistics, tuple[NotJudged, ...]]:
    """Raise the items of every part that is not finished (第二遍).

    Parameters
    ----------
    folder
        With the facts of all parts.
    setup, choice
        What is looked for, and in which pages.
    step
        Called with the number of pages of each part.

    Returns
    -------
    GroupStatistics
        What the pages were compared with.
    tuple of NotJudged
        Signals that could not be judged.
    """
    rules = setup.signals.statistics
    facts = folder.scan(FACTS)
    statistics = setup.benchmarks or statistics_of(facts, rules)
    back = readmissions(facts, rules.readmission_days)
    signals, lacking = _judged(folder, setup)
    widespread = sorted(_widespread(folder, setup))
    for number in range(folder.count(FACTS)):
        pages = folder.read(FACTS, number)
        if not folder.has(ITEMS, number):
            listed = pages.filter(choice.listed())
            beside = beside_group(listed, statistics, rules)
            measures = beside.join(back, on=ROW, how="left", maintain_order="left")
            found = [raised(measures, signals, rules.most_strength)]
            found.append(folder.read(TEXT, number).filter(choice.listed()))
            if setup.quality is not None:
                told = folder.read(QUALITY, number).filter(~pl.col("check").is_in(widespread))
                found.append(setup.quality.items(told, listed))
            items = pl.concat(found)
            kept, counts = silenced(items, choice.silences.active)
            folder.write(
                SILENCED, number, pl.DataFrame({"taken": pl.Series(counts, dtype=pl.Int64)})
            )
            folder.write(ITEMS, number, joined(kept))
        step(len(pages))
    return statistics, lacking


def _judged(folder: WorkFolder, setup: Setup) -> tuple[tuple[Signal, ...], tuple[NotJudged, ...]]:
    """Return the signals that are asked, and all signals and rules that can't be judged."""
    absent = frozenset(folder.noted(_ABSENT) or ())
    silent: dict[str, list[str]] = folder.noted(_NOT_JUDGED) or {}
    covered = setup.quality.covering(silent) if setup.quality else frozenset[str]()
    priced = setup.tariff is not None
    signals, lacking = judged(setup.signals, absent, priced=priced, covered=covered)
    rules = setup.quality.book.rules if setup.quality else {}
    told = [NotJudged(id, rules[id].title, tuple(lacks)) for id, lacks in sorted(silent.items())]
    return signals, (*lacking, *told)


def outcome_of(
    folder: WorkFolder,
    setup: Setup,
    choice: Choice,
    statistics: GroupStatistics,
    lacking: tuple[NotJudged, ...],
) -> Outcome:
    """Put together what all parts found."""
    facts, items = folder.scan(FACTS), folder.scan(ITEMS)
    sizes = facts.select(pages=pl.len(), listed=choice.listed().sum()).collect().row(0)
    counts = (
        items.group_by("suspicion", "alert", "department", rule=pl.col("rules").list.first())
        .agg(found=pl.len().cast(pl.Int64))
        .collect()
        .sort("suspicion", "alert", "rule", "department")
    )
    return Outcome(
        pages=sizes[0],
        listed_pages=sizes[1] or 0,
        bad_cells=folder.scan(BAD).select(pl.len()).collect().item(),
        items=_strongest(items, choice.top),
        counts=counts,
        found=int(counts["found"].sum()),
        ungrouped=_ungrouped(facts, choice),
        funnels={
            unit: _funnels(folder, setup, choice, unit) for unit in ("department", "physician")
        },
        months=_months(folder, setup, choice),
        statistics=statistics,
        quality_counts=_quality_counts(folder),
        widespread=_widespread(folder, setup),
        not_judged=lacking,
        silenced=_taken(folder),
    )


def _strongest(items: pl.LazyFrame, top: int) -> pl.DataFrame:
    """Return the first items in their order, without ever holding the text of all of them."""
    light = ranked(items.select(order_of()).with_row_index("_place").collect())
    chosen = strongest(light, top).select("_place")
    return ranked(
        items.with_row_index("_place")
        .join(chosen.lazy(), on="_place", how="semi")
        .drop("_place")
        .collect()
    )


def _ungrouped(facts: pl.LazyFrame, choice: Choice) -> pl.DataFrame:
    return (
        facts.filter(choice.listed() & (pl.col("status") != Status.GROUPED.value))
        .select(_UNGROUPED)
        .collect()
        .sort(ID, ROW)
    )


def _counts(folder: WorkFolder, setup: Setup, choice: Choice, unit: str) -> pl.DataFrame:
    columns = {"status", "level", "adrg", "month", "others", "missing_conditions", "hospital", unit}
    facts = folder.scan(FACTS).filter(choice.days()).select(sorted(columns)).collect()
    return counts_of(facts, setup.splitting(), setup.peers, unit)


def _funnels(folder: WorkFolder, setup: Setup, choice: Choice, unit: str) -> tuple[Funnel, ...]:
    counts = _counts(folder, setup, choice, unit)
    reference = None
    if setup.benchmarks is not None:
        reference = reference_of(setup.benchmarks.table, neighbours(setup.pack))
    return tuple(
        funnel_of(counts, indicator, setup.peers, reference) for indicator in setup.peers.indicators
    )


def _months(folder: WorkFolder, setup: Setup, choice: Choice) -> dict[str, pl.DataFrame]:
    counts = _counts(folder, setup, choice, "department")
    return {
        indicator.id: months_of(counts, indicator, setup.peers)
        for indicator in setup.peers.indicators
    }


def _taken(folder: WorkFolder) -> tuple[int, ...]:
    parts = [folder.read(SILENCED, n)["taken"].to_list() for n in range(folder.count(SILENCED))]
    return tuple(sum(column) for column in zip(*parts, strict=True))


def _quality_counts(folder: WorkFolder) -> pl.DataFrame:
    if not folder.count(QUALITY_COUNTS):
        return pl.DataFrame(schema={"rule": pl.String, "check": pl.String, "found": pl.Int64})
    counts = folder.scan(QUALITY_COUNTS).group_by("rule", "check").agg(pl.col("found").sum())
    return counts.collect().sort("check")


def _widespread(folder: WorkFolder, setup: Setup) -> frozenset[str]:
    if setup.quality is None:
        return frozenset()
    pages = folder.scan(FACTS).select(pl.len()).collect().item()
    return setup.quality.widespread(_quality_counts(folder), pages)
