"""CC and MCC that the principal diagnosis excludes, for whole tables."""

from __future__ import annotations

import polars as pl

from zhibian.grouping.exclusion import excluded_codes
from zhibian.grouping.severity import Level, SeverityTables

TABLES = SeverityTables(
    levels={
        "I50.900": (Level.MCC, "95"),
        "I48.000": (Level.CC, "95"),
        "E87.600": (Level.CC, "52"),
    },
    principals={"I50.900": "95", "J18.900": "101"},
)


def cases(*rows: tuple[str | None, list[str] | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"principal": [p for p, _ in rows], "others": [o for _, o in rows]},
        schema={"principal": pl.String, "others": pl.List(pl.String)},
    )


def test_codes_of_the_table_of_the_principal_diagnosis_do_not_count() -> None:
    found = excluded_codes(
        cases(
            ("I50.900", ["E87.600", "I48.000"]),
            ("J18.900", ["I50.900", "I48.000"]),
            ("I50.900", []),
            ("Z51.102", ["I50.900"]),
        ),
        TABLES,
    )
    assert found.to_list() == ["I48.000", "", "", ""]


def test_without_a_principal_diagnosis_nothing_is_known() -> None:
    found = excluded_codes(cases((None, ["I50.900"]), ("I50.900", None)), TABLES)
    assert found.to_list() == [None, ""]


def test_the_answer_is_that_of_one_case() -> None:
    principals = ["I50.900", "J18.900", "R05.x00"]
    others = ["I50.900", "I48.000", "E87.600", "R05.x00"]
    found = excluded_codes(cases(*((p, others) for p in principals)), TABLES)
    single = [" ".join(o for o in others if TABLES.of(o, p).excluded) for p in principals]
    assert found.to_list() == single
