"""``zhibian quality``: rules for the front page (首页质控)."""

from __future__ import annotations

import typer

from zhibian.cli.quality_check import check
from zhibian.cli.quality_rules import explain, rules

app = typer.Typer(help="首页质控：整表质控、规则清单与校验、单条规则说明。", no_args_is_help=True)
app.command("check", help="整表质控：规则、完整度、评分、排除病例、未入组，写成工作簿。")(check)
app.command("rules")(rules)
app.command("explain")(explain)
