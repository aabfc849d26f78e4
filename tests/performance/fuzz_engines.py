"""A million garbled cases through both engines: no exception, a status for every row.

Run with ``pytest tests/performance/fuzz_engines.py -m performance -s``. Half of the cases have
values of the right types, so that both engines can take them and are compared; the other half have
any types for the single-case engine, and the same as text cells for the columnar one.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from tests.properties.garbled import garbled_case
from tests.properties.test_columnar import frame_of

from zhibian.grouping import GroupingInput, Status, group, load_codebook, load_scheme
from zhibian.grouping.batches import BatchGrouper
from zhibian.grouping.columnar import ColumnarPack, group_table
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.table_files import Batch

CASES = 1_000_000
BATCH = 20_000
SCHEME = "chs-drg-1.1"
_OWN = {
    "sex": "sex", "age": "age", "age_days": "age_days", "weight": "weight_g", "days": "days",
    "discharge_way": "discharge_way", "department": "department", "icu_hours": "icu_hours",
    "principal": "principal",
}  # fmt: skip


@pytest.mark.performance
def test_a_million_garbled_cases(rules: Path) -> None:
    pack, book = load_scheme(rules, SCHEME), load_codebook(rules)
    columnar = ColumnarPack(pack, book)
    text = BatchGrouper(pack, LAYOUTS[InputFormat.OWN], book)
    codes = sorted(book.diagnoses), sorted(book.procedures)
    draw = random.Random(1)
    typed: Counter[Status] = Counter()
    untyped: Counter[Status] = Counter()
    as_text: Counter[Status] = Counter()
    for number in range(CASES // BATCH):
        cases = [garbled_case(draw, *codes, typed=number % 2 == 0) for _ in range(BATCH)]
        found = [group(c, pack, book, trace=False).status for c in cases]
        if number % 2 == 0:
            typed.update(found)
            rows = group_table(frame_of(cases), columnar)["status"].to_list()
            assert rows == [s.value for s in found]
        else:
            untyped.update(found)
            grouped = text.group(_as_text(cases))
            as_text.update(grouped.statuses)
            assert len(grouped.rows) == BATCH
    print()
    for name, counts in (("typed", typed), ("any type", untyped), ("as text", as_text)):
        told = ", ".join(f"{s.value} {n:,}" for s, n in counts.most_common())
        print(f"{name}: {counts.total():,} cases, {told}")
    assert typed.total() + untyped.total() == CASES
    assert as_text.total() == CASES // 2


def _as_text(cases: list[GroupingInput]) -> Batch:
    """Return cases as cells of text, as an untyped source would write them."""
    columns = {
        name: ["" if (v := getattr(c, field)) is None else str(v) for c in cases]
        for name, field in _OWN.items()
    }
    for name in ("others", "procedures"):
        columns[name] = [_joined(getattr(c, name)) for c in cases]
    columns["id"] = [str(n) for n in range(len(cases))]
    cells = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return Batch(cells, list(range(2, len(cases) + 2)), [True] * len(cases))


def _joined(codes: object) -> str:
    return "|".join(map(str, codes)) if isinstance(codes, tuple | list) else str(codes)
