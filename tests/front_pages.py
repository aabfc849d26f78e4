"""Front pages and rule books that tests make up."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.records.front_page.types import ID, ROW, PageTable

_HEAD = """id: {id}
title: 试用规则
severity: warning
gates: [archive]
source: 试用
remedy: 改正
"""


@cache
def list_fields(rules: Path) -> Mapping[str, str]:
    """Return the list columns of pages, each with its repeated group."""
    return {f.id: f.repeat for f in load_catalogue(rules).fields if f.is_list}


def page_table(pages: Sequence[Mapping[str, Any]], rules: Path) -> PageTable:
    """Return pages as a table with a column for every field that one of them names."""
    groups = list_fields(rules)
    padded = [_padded(page, groups) for page in pages]
    fields = list(dict.fromkeys(f for page in padded for f in page))
    kinds = {f: pl.List(pl.String()) if f in groups else pl.String() for f in fields}
    columns: dict[str, pl.Series] = {
        ROW: pl.Series(range(2, len(pages) + 2), dtype=pl.Int64),
        ID: pl.Series([str(n) for n in range(len(pages))], dtype=pl.String),
        **{f: pl.Series([page.get(f) for page in padded], dtype=kinds[f]) for f in fields},
    }
    return PageTable(pl.DataFrame(columns), frozenset())


def _padded(page: Mapping[str, Any], groups: Mapping[str, str]) -> dict[str, Any]:
    """Return a page whose lists of one group are of equal length, as readers give them."""
    longest: dict[str, int] = {}
    for field, group in groups.items():
        longest[group] = max(longest.get(group, 0), len(page.get(field) or []))
    lists = {
        field: [*(page[field] or []), *[None] * (longest[group] - len(page[field] or []))]
        for field, group in groups.items()
        if field in page
    }
    return {**page, **lists}


def book_of(rules: Path, folder: Path, texts: Mapping[str, str]) -> RuleBook:
    """Return a rule book of some rules alone; their common keys are added where absent."""
    home = folder / "rules"
    if not (home / "front-page").exists():
        shutil.copytree(rules / "front-page", home / "front-page")
        shutil.copytree(rules / "terminology", home / "terminology")
    written = home / "quality" / "rules"
    shutil.rmtree(written, ignore_errors=True)
    written.mkdir(parents=True)
    for id, text in texts.items():
        head = [line for line in _HEAD.format(id=id).splitlines() if _key(line) not in _keys(text)]
        body = "\n".join([*head, text.strip(), ""])
        (written / f"{id}.yaml").write_text(body, encoding="utf-8")
    return load_rule_book(home)


def _key(line: str) -> str:
    return line.partition(":")[0]


def _keys(text: str) -> set[str]:
    return {_key(line) for line in text.splitlines() if line[:1].isalpha()}
