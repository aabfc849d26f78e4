"""``zhibian screen``: screen many discharges into a work list (批量筛查)."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

import zhibian
from zhibian.cli.common import RulesOption, refuse, tell
from zhibian.cli.outputs import OutputFile, OutputFolder, Source, check_outputs
from zhibian.cli.progress import progress
from zhibian.cli.screen_input import ScreenInput, open_input
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.payment.tariff_files import load_tariff
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import SUFFIXES
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.reader import CHUNK_ROWS
from zhibian.review.reviewer import NO_TARIFF
from zhibian.screening.group_statistics import read_statistics, write_statistics
from zhibian.screening.loop import read_progress
from zhibian.screening.peers.peers import load_peer_rules
from zhibian.screening.pipeline import (
    BAD,
    FACTS,
    ITEMS,
    Outcome,
    gather_facts,
    outcome_of,
    raise_items,
)
from zhibian.screening.quality_items import QualityScreen, load_quality
from zhibian.screening.run_sheets import Run
from zhibian.screening.setup import Choice, Setup
from zhibian.screening.signals import load_signals
from zhibian.screening.silence import Silences, load_silences
from zhibian.screening.types import Alert, Suspicion
from zhibian.screening.work_folder import WorkFolder
from zhibian.screening.workbook import Texts, write_screening
from zhibian.settings import Settings
from zhibian.terminology.code_set import ICD10_NHSA, load_code_set
from zhibian.terminology.tables import sha256_of
from zhibian.whole_file import whole_file

_DAY = ["%Y-%m-%d"]
_SHOWN_BAD = 10
_SHOWN_DEPARTMENTS = 40
_BEGUN = "begun"
_WORKBOOK = ".xlsx"
_ITEM_FILES = (".csv", ".parquet")


def screen(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="病案首页（CSV、xlsx、parquet、结算清单 JSON），或病例文件夹、JSONL。",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="结果工作簿，.xlsx。")],
    scheme: Annotated[str | None, typer.Option("--scheme", help="分组方案标识。")] = None,
    tariff: Annotated[
        str | None, typer.Option("--tariff", help="支付标准标识；none 为不计支付。")
    ] = None,
    variant: Annotated[str | None, typer.Option("--variant", help="支付标准的类别。")] = None,
    layout: Annotated[
        Layout | None, typer.Option("--layout", help="首页列布局；缺省按表头判断。")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="最早出院日期，含当日。")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="最晚出院日期，含当日。")
    ] = None,
    department: Annotated[
        list[str] | None, typer.Option("--department", help="只列这些出院科室，可多次。")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="清单最多列出的疑点数。")] = 20_000,
    items: Annotated[
        Path | None, typer.Option("--items", help="另把全部疑点写成 .csv 或 .parquet。")
    ] = None,
    benchmarks: Annotated[
        Path | None, typer.Option("--benchmarks", help="同组统计改用此标杆文件（CSV）。")
    ] = None,
    write_benchmarks: Annotated[
        Path | None, typer.Option("--write-benchmarks", help="写出本批的同组统计（CSV）。")
    ] = None,
    silence: Annotated[
        Path | None, typer.Option("--silence", help="静默文件（YAML）：理由与到期日必填。")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option("--previous", help="上次的工作簿：沿用已填的处理状态。")
    ] = None,
    quality: Annotated[
        bool, typer.Option("--quality/--no-quality", help="是否同时判断首页质控规则。")
    ] = True,
    text: Annotated[
        bool, typer.Option("--text/--no-text", help="有病历文书时，是否用文本依据。")
    ] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="从中断处继续；输入与选项须与中断前相同。")
    ] = False,
    part_rows: Annotated[
        int, typer.Option("--part-rows", min=100, help="每段的首页数：中断时最多重做一段。")
    ] = CHUNK_ROWS,
    keep_parts: Annotated[
        bool, typer.Option("--keep-parts", help="完成后保留分段结果（OUT.parts）。")
    ] = False,
    rules: RulesOption = None,
) -> None:
    """批量筛查：疑似漏报、疑似无依据、主要诊断存疑、入院病情缺失、费用与病组不符，写成工作清单。

    清单按证据强度排列，不按金额。同组统计取自本批全部首页（或 --benchmarks）；--from、--to、
    --department 只限定列出的病例。运行分段保存在 OUT.parts，中断后用 --resume 继续。
    """
    settings = Settings()
    folder = rules or settings.rules
    today = date.today()
    try:
        _check_paths(source, output, items, write_benchmarks, (silence, benchmarks, previous))
        silences = load_silences(silence, today) if silence else Silences()
        before = read_progress(previous) if previous else {}
        choice = Choice(
            first.date() if first else None,
            last.date() if last else None,
            frozenset(department or ()),
            top,
            silences,
        )
        setup = _setup(folder, settings, scheme, tariff, variant, benchmarks)
        if quality:
            setup = replace(setup, quality=load_quality(folder))
        opened = open_input(source, folder, settings, setup, layout, part_rows, with_text=text)
        told = _told(source, opened, setup, benchmarks)
        identity = {**told, **choice.identity(), "文本依据": "是" if text else "否"}
        work = (WorkFolder.resume if resume else WorkFolder.begin)(_parts(output), identity)
        today = _day_of(work, today)
        with progress("读入与分组", opened.rows) as step:
            gather_facts(opened.parts, work, setup, today, step)
        _check_pages(source, work)
        _check_departments(choice, work)
        with progress("筛查", opened.rows) as step:
            statistics, lacking = raise_items(work, setup, choice, step)
        outcome = outcome_of(work, setup, choice, statistics, lacking)
        if write_benchmarks:
            write_statistics(statistics, write_benchmarks)
        if items:
            _write_items(work, items)
        side = _write_bad(work, output)
        _write(output, outcome, setup, choice, folder, Run(today, told, before))
        if not keep_parts:
            work.discard()
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    _print(outcome, output, side)


def _check_paths(
    source: Path,
    output: Path,
    items: Path | None,
    write_benchmarks: Path | None,
    read: tuple[Path | None, ...],
) -> None:
    """Refuse paths that can't be used, all of them, before anything is read."""
    names = ("--silence", "--benchmarks", "--previous")
    check_outputs(
        "screen",
        # What a hospital has filled in in the former workbook is nowhere else.
        [Source("INPUT", source, SUFFIXES), *map(Source, names, read)],
        [
            OutputFile("--output", output, (_WORKBOOK,)),
            OutputFile("--items", items, _ITEM_FILES),
            OutputFile("--write-benchmarks", write_benchmarks),
            OutputFile("--output", _bad_cells(output)),
            OutputFolder("--output", _parts(output), replaced=True),
        ],
    )


def _parts(output: Path) -> Path:
    """Return the folder in which a run keeps its parts."""
    return output.parent / f"{output.name}.parts"


def _bad_cells(output: Path) -> Path:
    """Return the file of cells that can't be used, beside the workbook."""
    return output.parent / f"{output.stem}.bad.csv"


def _setup(
    folder: Path,
    settings: Settings,
    scheme: str | None,
    tariff: str | None,
    variant: str | None,
    benchmarks: Path | None,
) -> Setup:
    pack = load_scheme(folder, scheme or settings.scheme)
    chosen = tariff or settings.tariff
    prices = None if chosen == NO_TARIFF else load_tariff(folder, chosen)
    if prices is not None and prices.scheme != pack.manifest.id:
        if tariff is not None:
            message = f"支付标准 {chosen} 属于方案 {prices.scheme}，不是 {pack.manifest.id}"
            remedy = "换用该方案的支付标准，或用 --tariff none"
            raise InputError(
                chosen, [Problem("--tariff", "tariff_of_other_scheme", message, remedy)]
            )
        prices = None
    return Setup(
        pack,
        load_codebook(folder),
        load_signals(folder),
        load_peer_rules(folder),
        prices,
        None if prices is None else prices.variant(variant).id,
        read_statistics(benchmarks) if benchmarks else None,
    )


def _told(
    source: Path, opened: ScreenInput, setup: Setup, benchmarks: Path | None
) -> dict[str, str]:
    """Return what the run is made of: shown in the workbook, and what a resumed run must equal."""
    manifest = setup.pack.manifest
    prices = setup.tariff
    return {
        "输入": source.name,
        "输入 sha256": opened.sha256,
        **opened.told,
        "智编版本": zhibian.__version__,
        "分组方案": setup.pack.scheme,
        "方案表 sha256": _digest(manifest.model_dump_json()),
        "支付标准": "不计" if prices is None else f"{prices.id} {setup.variant}",
        "支付标准 sha256": "" if prices is None else _digest(repr(sorted(prices.groups.items()))),
        "筛查信号": f"第 {setup.signals.version} 版 {setup.signals.sha256}",
        "质控规则": "不判断" if setup.quality is None else _rules_told(setup.quality),
        "标杆": f"{benchmarks.name} {sha256_of(benchmarks)}" if benchmarks else "本批首页",
    }


def _rules_told(quality: QualityScreen) -> str:
    book = quality.book
    digests = f"{_digest(repr(book.checks))} {quality.sha256[:8]}"
    return f"{len(book.rules)} 条 {len(book.checks)} 项检测 {digests}"


def _day_of(work: WorkFolder, today: date) -> date:
    """Return the day on which a run began: a resumed run judges as before."""
    begun = work.noted(_BEGUN)
    if begun is None:
        work.note(_BEGUN, today.isoformat())
        return today
    return date.fromisoformat(begun)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check_pages(source: Path, work: WorkFolder) -> None:
    """Refuse an input without any page."""
    if not work.count(FACTS) or not work.scan(FACTS).select(pl.len()).collect().item():
        bad = work.scan(BAD).head(_SHOWN_BAD).collect() if work.count(BAD) else pl.DataFrame()
        problems = [
            Problem(f"第 {b['row']} 行 {b['column']}", b["code"], b["message"], b["remedy"])
            for b in bad.iter_rows(named=True)
        ]
        none = Problem(source.name, "no_rows", "没有可用的首页", "检查导出是否完成")
        raise InputError(source.name, [none, *problems])


def _check_departments(choice: Choice, work: WorkFolder) -> None:
    """Refuse departments that no page names, with those there are."""
    there = set(work.scan(FACTS).select(pl.col("department").unique()).collect()["department"])
    known = "、".join(sorted(str(name) for name in there if name)[:_SHOWN_DEPARTMENTS])
    unknown = [
        Problem(
            "--department", "department_unknown", "首页中没有该出院科室", f"现有：{known}", name
        )
        for name in sorted(choice.departments - there)
    ]
    if unknown:
        raise InputError("--department", unknown)


def _write_items(work: WorkFolder, path: Path) -> None:
    """Write all items, as found, part by part."""
    shown = pl.col("rules", "evidence").list.join("；")
    try:
        with whole_file(path) as part:
            if path.suffix.lower() == ".parquet":
                work.scan(ITEMS).sink_parquet(part)
            else:
                work.scan(ITEMS).with_columns(shown).sink_csv(part)
    except (OSError, pl.exceptions.PolarsError):
        problem = Problem(path.name, "unwritable", "疑点文件不能写入", "检查路径、权限与磁盘空间")
        raise InputError(path.name, [problem]) from None


def _write_bad(work: WorkFolder, output: Path) -> Path | None:
    """Write the cells that can't be used beside the workbook; return the file if there are any."""
    bad = work.scan(BAD).collect()
    if bad.is_empty():
        return None
    side = _bad_cells(output)
    try:
        with (
            whole_file(side) as part,
            part.open("w", encoding="utf-8-sig", newline="") as target,
        ):
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(bad.columns)
            writer.writerows(bad.iter_rows())
    except OSError:
        problem = Problem(side.name, "unwritable", "不能采用的单元格不能写出", "检查路径与权限")
        raise InputError(side.name, [problem]) from None
    shown = [
        Problem(f"第 {b['row']} 行，{b['column']} 列", b["code"], b["message"], b["remedy"])
        for b in bad.head(_SHOWN_BAD).iter_rows(named=True)
    ]
    tell(shown)
    return side


def _write(
    output: Path, outcome: Outcome, setup: Setup, choice: Choice, folder: Path, run: Run
) -> None:
    entries = load_code_set(folder, ICD10_NHSA).entries
    levels = {code: level.value for code, (level, _) in setup.pack.severity.levels.items()}
    texts = Texts({code: entry.name for code, entry in entries.items()}, levels)
    try:
        write_screening(output, outcome, setup, choice, texts, run)
    except OSError:
        problem = Problem(output.name, "unwritable", "工作簿不能写入", "检查路径、权限与磁盘空间")
        raise InputError(output.name, [problem]) from None


def _print(outcome: Outcome, output: Path, side: Path | None) -> None:
    shown = Console(highlight=False, soft_wrap=True)
    shown.print(
        f"首页 {outcome.pages:,} 份，列出范围内 {outcome.listed_pages:,} 份；"
        f"疑点 {outcome.found:,} 条，列入清单 {len(outcome.items):,} 条：{output}"
    )
    table = Table("疑点", *(alert.chinese for alert in Alert))
    for suspicion in Suspicion:
        own = outcome.counts.filter(pl.col("suspicion") == suspicion.value)
        if len(own):
            numbers = dict(own.group_by("alert").agg(pl.col("found").sum()).iter_rows())
            table.add_row(suspicion.chinese, *(f"{numbers.get(a.value, 0):,}" for a in Alert))
    shown.print(table)
    if outcome.not_judged:
        shown.print(f"{len(outcome.not_judged)} 条信号与规则因输入缺列未判断，见“运行说明”")
    if side is not None:
        shown.print(f"不能采用的单元格 {outcome.bad_cells:,} 处，已置空，见 {side}")
