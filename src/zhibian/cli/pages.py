"""``zhibian pages``: front pages in every layout that hospitals keep (病案首页的读写与核对)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhibian.cli.common import RulesOption, print_csv, refuse
from zhibian.problems import InputError
from zhibian.records.front_page.catalogue import FOLDER, load_catalogue
from zhibian.records.front_page.catalogue_build import build_catalogue
from zhibian.settings import Settings

app = typer.Typer(help="病案首页：字段目录、核对、格式转换。", no_args_is_help=True)

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
        count = build_catalogue(columns, (rules or Settings().rules) / FOLDER)
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
