"""The ``zhibian`` command (智编命令行)."""

from __future__ import annotations

from typing import Annotated

import typer

import zhibian
from zhibian.cli import evaluate, rules, tariffs, terminology
from zhibian.cli.code import code
from zhibian.cli.group import group
from zhibian.cli.schema import schema

app = typer.Typer(
    name="zhibian",
    help="智编：住院病案编码建议、CHS-DRG 分组、漏报与无依据提示、支付偏差。",
    no_args_is_help=True,
    # A traceback with local variables would print patient text.
    pretty_exceptions_enable=False,
)
app.command()(code)
app.command()(group)
app.command()(schema)
app.command(name="evaluate")(evaluate.evaluate)
app.add_typer(rules.app, name="rules")
app.add_typer(terminology.app, name="terminology")
app.add_typer(tariffs.app, name="tariffs")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zhibian {zhibian.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="显示版本。", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """智编：住院病案编码建议、CHS-DRG 分组、漏报与无依据提示、支付偏差."""
