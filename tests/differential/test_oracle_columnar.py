"""The columnar engine against both national reference files, 20,000 records each."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from zhibian.grouping import Status, load_scheme
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.layout import LAYOUTS, InputFormat


@pytest.mark.parametrize("edition", ["1.0", "1.1"])
def test_all_reference_groups_agree(edition: str, shared: Path, rules: Path) -> None:
    path = shared / "oracle" / f"chs_drg_{edition.replace('.', '_')}_20k.csv"
    cells = pl.read_csv(path, infer_schema=False).fill_null("")
    cases, unread = LAYOUTS[InputFormat.OPENDRG].columns_of(cells)
    assert not unread.any()
    found = group_table(cases, ColumnarPack(load_scheme(rules, f"chs-drg-{edition}@published")))
    words = {s.value: s.chinese for s in Status}
    differing = [
        column
        for column in ("status", "mdc", "adrg", "drg")
        for one, other in zip(
            found[column].cast(pl.String).replace(words), cells[column], strict=True
        )
        if one != other
    ]
    assert len(found) == 20_000
    assert differing == []
