"""``zhibian pages``: front pages in every layout that hospitals keep (病案首页的读写与核对)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, print_csv, refuse
from zhibian.cli.outputs import OutputFile, Source, check_outputs
from zhibian.cli.progress import progress
from zhibian.problems import InputError
from zhibian.records.front_page.bad_cells import BadCellFile
from zhibian.records.front_page.catalogue import FIELDS, FOLDER, MANIFEST, Catalogue, load_catalogue
from zhibian.records.front_page.catalogue_build import build_catalogue
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.reader import OpenedPages, open_pages
from zhibian.records.front_page.types import PageTable
from zhibian.records.front_page.writer import Written, write_pages
from zhibian.settings import Settings

app = typer.Typer(help="病案首页：字段目录、核对、格式转换。", no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(help="病案首页：CSV、xlsx、parquet、4101 JSON、病例 JSON/YAML。")
]
FromOption = Annotated[
    Layout | None, typer.Option("--from", help="来源布局；缺省按表头与内容识别。")
]
BadOption = Annotated[
    Path | None, typer.Option("--bad", help="把不能采用的行和单元格另存为 CSV（含单元格内容）。")
]
_FOUND = 1
_CHUNK = 1 << 20
_SHOWN = 40
_BY_LINES = (".csv", ".txt", ".jsonl", ".ndjson")
_LISTS = (".json", ".jsonl")

_FIELD_HEADER = (
    "字段",
    "名称",
    "类型",
    "部分",
    "组数",
    "字典",
    "HQMS",
    "P 编号",
    "结算清单",
    "自有表",
)


@app.command(help="由接口字段表重建字段目录。")
def build(
    columns: Annotated[
        Path,
        typer.Option("--columns", help="HQMS 接口字段表：序号、编号、名称、类型，制表符分隔。"),
    ],
    rules: RulesOption = None,
) -> None:
    """Rebuild the catalogue and its manifest."""
    try:
        folder = (rules or Settings().rules) / FOLDER
        check_outputs(
            "pages build",
            [Source("--columns", columns)],
            [OutputFile("--rules", folder / name) for name in (FIELDS, MANIFEST)],
        )
        count = build_catalogue(columns, folder)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    typer.echo(f"字段目录：{count} 个字段")


@app.command(help="列出全部字段及其在各接口中的名称（CSV）。")
def fields(rules: RulesOption = None) -> None:
    """Print the catalogue."""
    try:
        catalogue = load_catalogue(rules or Settings().rules)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    print_csv(
        _FIELD_HEADER,
        (
            (
                field.id,
                field.name,
                field.kind.chinese,
                field.group,
                str(field.length or "不限") if field.is_list else "",
                field.dictionary,
                field.hqms,
                " ".join("/".join(place) for place in field.p),
                field.list_4101,
                field.own,
            )
            for field in catalogue.fields
        ),
    )


@app.command(help="核对一份首页表：布局、行数、不能采用的单元格、没有的字段、不认识的列。")
def check(
    source: FileArgument,
    layout: FromOption = None,
    bad: BadOption = None,
    rules: RulesOption = None,
) -> None:
    """Tell what a file of front pages holds and lacks; exit 1 where a cell can't be used."""
    screen = _screen()
    try:
        check_outputs("pages check", [Source("SOURCE", source)], [OutputFile("--bad", bad)])
        catalogue = load_catalogue(rules or Settings().rules)
        opened = open_pages(source, catalogue, layout)
        rows = 0
        with BadCellFile(bad) as problems, progress("核对", _lines(source)) as step:
            for table in _told(opened, problems, step):
                rows += len(table.cells)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    encoding = f"，{opened.encoding.upper()}" if opened.encoding else ""
    screen.print(f"{source.name}：{opened.layout.chinese}{encoding}，{rows:,} 行")
    _print_absent(screen, opened, catalogue)
    _print_problems(screen, opened, problems, catalogue, bad)
    if problems.counts:
        raise typer.Exit(_FOUND)


@app.command(help="把首页表转成另一种布局；写不下的字段逐一列出。")
def convert(
    source: FileArgument,
    target: Annotated[Path, typer.Argument(help="结果文件：.csv .xlsx .parquet .json .jsonl。")],
    layout: FromOption = None,
    to: Annotated[
        Layout | None, typer.Option("--to", help="结果布局；缺省 JSON 写 4101，其余写自有列。")
    ] = None,
    encoding: Annotated[
        str, typer.Option("--encoding", help="CSV 的编码：utf-8（带 BOM）或 gb18030。")
    ] = "utf-8",
    bad: BadOption = None,
    rules: RulesOption = None,
) -> None:
    """Read a file of front pages and write it in another layout."""
    screen = _screen()
    wanted = to or (Layout.LIST_4101 if target.suffix.lower() in _LISTS else Layout.OWN)
    try:
        check_outputs(
            "pages convert",
            [Source("SOURCE", source)],
            [OutputFile("TARGET", target), OutputFile("--bad", bad)],
        )
        catalogue = load_catalogue(rules or Settings().rules)
        opened = open_pages(source, catalogue, layout)
        with BadCellFile(bad) as problems, progress("转换", _lines(source)) as step:
            tables = _told(opened, problems, step)
            written = write_pages(target, tables, catalogue, wanted, encoding.lower())
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    screen.print(f"已写出 {written.rows:,} 行：{opened.layout.chinese} → {wanted.chinese}")
    _print_problems(screen, opened, problems, catalogue, bad)
    _print_lost(screen, written, catalogue)


def _screen() -> Console:
    return Console(highlight=False, markup=False, soft_wrap=True)


def _lines(path: Path) -> int:
    """Return about how many rows a file has, for the progress bar."""
    if path.suffix.lower() not in _BY_LINES or not path.is_file():
        return 1
    with path.open("rb") as handle:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: handle.read(_CHUNK), b""))


def _told(
    opened: OpenedPages, problems: BadCellFile, step: Callable[[int], None]
) -> Iterator[PageTable]:
    for table in opened.chunks:
        problems.add(table.bad)
        step(len(table.cells))
        yield table


def _print_absent(screen: Console, opened: OpenedPages, catalogue: Catalogue) -> None:
    absent: dict[str, list[str]] = {}
    for field in catalogue.fields:
        if field.at and field.id in opened.absent:
            absent.setdefault(field.group, []).append(field.id)
    if absent:
        count = sum(map(len, absent.values()))
        screen.print(f"没有的首页字段 {count} 个，需要它们的规则不判：")
        for group, fields in absent.items():
            screen.print(f"  {group} {' '.join(fields)}")


def _print_problems(
    screen: Console,
    opened: OpenedPages,
    problems: BadCellFile,
    catalogue: Catalogue,
    file: Path | None,
) -> None:
    if opened.unknown:
        columns = [
            f"{column}（{what}）" if (what := catalogue.not_carried.get(column.upper())) else column
            for column in opened.unknown
        ]
        screen.print(f"没有采用的列 {len(columns)} 个：{'、'.join(columns)}")
    total = problems.counts.total()
    if not total:
        screen.print("没有不能采用的单元格")
        return
    where = f"，逐个列在 {file.name}" if file else "；加 --bad FILE 逐个列出"
    screen.print(f"不能采用的单元格或行 {total:,} 个{where}")
    for (column, message), count in problems.counts.most_common(_SHOWN):
        screen.print(f"  {column}：{message}，{count:,} 个")


def _print_lost(screen: Console, written: Written, catalogue: Catalogue) -> None:
    if not written.lost:
        return
    screen.print("结果布局写不下的内容：")
    for name, count in written.lost.items():
        field = catalogue.by_id.get(name)
        screen.print(f"  {name}{f' {field.name}' if field else ''}：{count:,} 行")
