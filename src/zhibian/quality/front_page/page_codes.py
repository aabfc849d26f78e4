"""Front pages filed in another edition of codes (首页编码转换): judged in the NHSA edition.

Every code is converted by the published map, with the name that it was filed with; a name that the
other edition publishes for the code becomes that of the NHSA code. A code without one certain
target stands as it was filed, so that the rules find it. Nothing is converted in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from zhibian.records.front_page.types import PageTable
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Conversion, Crosswalk, FiledSet
from zhibian.terminology.names import same_name

_DIAGNOSES = (("C01C", "C02N"), ("C03C", "C04N"), ("C06C", "C07N"), ("C12C", "C13N"))
_PROCEDURES = (("C14C", "C15N"), ("C35C", "C36N"))
_IDENTICAL = "identical"
_KINDS = {
    "identical": "同码同义",
    "mapped": "已转换",
    "homonym": "同码不同义，已按名称或映射转换，须核对",
    "several": "对应多个编码，未转换",
    "unmapped": "没有公开映射，未转换",
}
_AT = "at"

_Pair = tuple[str, str | None]


class ConvertedCode(NamedTuple):
    """What became of one code (一条编码转换).

    Attributes
    ----------
    code, name
        As filed.
    target
        NHSA code; empty where there is none.
    kind, note
        In Chinese.
    times
        How often it was filed.
    """

    code: str
    name: str
    target: str
    kind: str
    note: str
    times: int


class PageCodes:
    """Converts the codes of tables and keeps what became of them (首页编码转换器).

    Parameters
    ----------
    filed
        The edition that the pages are filed in.
    diagnoses, procedures
        Code sets of the NHSA edition, for the names of targets.
    """

    def __init__(self, filed: FiledSet, diagnoses: CodeSet, procedures: CodeSet) -> None:
        self.title = filed.title
        self._maps = (
            (_DIAGNOSES, filed.diagnoses, diagnoses),
            (_PROCEDURES, filed.procedures, procedures),
        )
        self._known: dict[tuple[str, _Pair], Conversion] = {}
        self._counts: Counter[tuple[str, _Pair]] = Counter()

    def convert(self, pages: PageTable) -> PageTable:
        """Return pages with NHSA codes."""
        cells = pages.cells
        for fields, crosswalk, codes in self._maps:
            for code, name in fields:
                if code in cells.columns and code not in pages.absent:
                    cells = self._converted(cells, code, name, crosswalk, codes)
        return PageTable(cells, pages.absent, pages.bad)

    def told(self) -> Iterator[ConvertedCode]:
        """Yield what became of each code but those that mean the same in both editions."""
        for key, count in self._counts.most_common():
            found, (code, name) = self._known[key], key[1]
            if found.kind != _IDENTICAL:
                kind = _KINDS[found.kind]
                yield ConvertedCode(code, name or "", found.target or "", kind, found.note, count)

    def kinds(self) -> Counter[str]:
        """Return how many codes were filed of each kind, in Chinese."""
        found: Counter[str] = Counter()
        for key, count in self._counts.items():
            found[_KINDS[self._known[key].kind]] += count
        return found

    def _converted(
        self, cells: pl.DataFrame, code: str, name: str, crosswalk: Crosswalk, codes: CodeSet
    ) -> pl.DataFrame:
        named = name in cells.columns
        frame = cells.select(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias(_AT),
            pl.col(code).alias("code"),
            (pl.col(name) if named else pl.lit(None, cells.schema[code])).alias("name"),
        )
        listed = isinstance(cells.schema[code], pl.List)
        if listed:
            if not named:
                frame = frame.with_columns(name=pl.col("code").list.eval(pl.lit(None, pl.String)))
            frame = frame.filter(pl.col("code").list.len() > 0).explode("code", "name")
        pairs = frame.drop_nulls("code").group_by("code", "name").len()
        rows = [
            (one, said, *self._one(crosswalk, codes, (one, said), number))
            for one, said, number in pairs.iter_rows()
        ]
        schema = dict.fromkeys(("code", "name", "new_code", "new_name"), pl.String())
        table = pl.DataFrame(rows, schema=schema, orient="row")
        joined = frame.join(
            table, on=["code", "name"], how="left", nulls_equal=True, maintain_order="left"
        ).select(
            _AT,
            pl.coalesce("new_code", "code").alias(code),
            pl.coalesce("new_name", "name").alias(name),
        )
        if listed:
            joined = joined.group_by(_AT, maintain_order=True).agg(code, name)
        wanted = [code, name] if named else [code]
        whole = cells.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(_AT))
        told = joined.select(_AT, *(pl.col(field).alias(f"new_{field}") for field in wanted))
        both = whole.join(told, on=_AT, how="left", maintain_order="left")
        new = [pl.coalesce(f"new_{field}", field).alias(field) for field in wanted]
        return both.with_columns(new).select(cells.columns)

    def _one(
        self, crosswalk: Crosswalk, codes: CodeSet, pair: _Pair, number: int
    ) -> tuple[str | None, str | None]:
        """Return the code and the name that a pair becomes; None where it stands."""
        key = (crosswalk.id, pair)
        if key not in self._known:
            self._known[key] = crosswalk.convert(*pair)
        self._counts[key] += number
        target = self._known[key].target
        entry = codes.get(target) if target else None
        if entry is None:
            return target, None
        own = _own_name(crosswalk, pair[0])
        return target, entry.name if pair[1] and same_name(pair[1], own) else None


def _own_name(crosswalk: Crosswalk, code: str) -> str:
    """Return the name that the other edition publishes for a code; empty for none."""
    both = crosswalk.homonyms.get(code)
    if both is not None:
        return both.clinical_name
    return crosswalk.entries[code][0] if code in crosswalk.entries else ""
