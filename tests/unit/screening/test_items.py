"""The work list: joined, ranked by evidence, never by money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl

from zhibian.quality.front_page.types import Gate
from zhibian.screening.items import (
    ITEM_SCHEMA,
    difference,
    joined,
    no_items,
    order_of,
    ranked,
    strongest,
    table_of,
    work_items,
)
from zhibian.screening.types import Alert, Suspicion, WorkItem


def item(**told: object) -> dict[str, object]:
    base: dict[str, object] = {
        "row": 2,
        "case": "A",
        "department": "内科",
        "physician": "D1",
        "discharged": date(2026, 1, 2),
        "suspicion": "missed_diagnosis",
        "code": "",
        "name": "",
        "rules": ["signal/one"],
        "alert": "yellow",
        "gate": "settlement",
        "strength": 0.4,
        "evidence": ["一"],
        "remedy": "复核",
        "filed_group": "ES35",
        "possible_group": None,
        "query": "",
    }
    return base | told


def table(*items: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(items), schema=dict(ITEM_SCHEMA))


def test_the_same_suspicion_of_one_page_is_one_item() -> None:
    weak = item(rules=["K30"], alert="red", gate="entry", evidence=["二"], query="请说明")
    found = joined(table(item(strength=0.6, possible_group="ES33"), weak))
    assert found.to_dicts() == [
        item(
            strength=0.6,
            rules=["signal/one", "K30"],
            evidence=["一", "二"],
            alert="red",
            gate="entry",
            possible_group="ES33",
            query="请说明",
        )
    ]


def test_another_code_case_or_direction_is_another_item() -> None:
    items = table(
        item(),
        item(code="I50.908"),
        item(row=3),
        item(suspicion="unsupported_diagnosis"),
        item(name="贫血"),
    )
    assert len(joined(items)) == 5


def test_order_is_by_strength_then_alert_then_case() -> None:
    items = table(
        item(case="C", strength=0.5, alert="yellow"),
        item(case="B", strength=0.5, alert="red"),
        item(case="A", strength=0.9, alert="yellow"),
        item(case="D", strength=0.5, alert="red"),
    )
    assert ranked(items)["case"].to_list() == ["A", "B", "D", "C"]
    assert not {"weight", "cost", "amount", "possible_group"} & set(order_of())


def test_both_directions_with_equal_evidence_stand_side_by_side() -> None:
    items = table(
        item(case="B", suspicion="missed_diagnosis", possible_group="ES31"),
        item(case="A", suspicion="unsupported_diagnosis", possible_group="ES35"),
    )
    assert ranked(items)["case"].to_list() == ["A", "B"]
    assert ranked(items.reverse())["case"].to_list() == ["A", "B"]


def test_a_short_list_keeps_the_strongest_of_each_kind() -> None:
    strong = [item(row=n, case=f"F{n}", suspicion="front_page", strength=0.9) for n in range(6)]
    weak = [item(row=9 + n, case=f"M{n}", strength=0.5 - n / 10) for n in range(4)]
    one = item(row=20, case="U", suspicion="unsupported_diagnosis", strength=0.3)
    kept = strongest(ranked(table(*weak, one, *strong)), 7)
    # One unsupported, so six are left for two kinds.
    assert kept["case"].to_list() == ["F0", "F1", "F2", "M0", "M1", "M2", "U"]
    assert len(strongest(ranked(table(*weak, one, *strong)), 100)) == 11
    assert strongest(no_items(), 5).is_empty()


def test_work_items_and_back() -> None:
    told = WorkItem(
        "A",
        Suspicion.MISSED_DIAGNOSIS,
        "I50.908",
        "",
        "MCC",
        "evidence/hf",
        Alert.ORANGE,
        Gate.ENTRY,
        0.7,
        ("一", "二"),
        "复核",
        "ES35",
        "ES31",
        Decimal("0.23"),
        "请说明",
    )
    pages = pl.DataFrame(
        {
            "id": ["A", "A", "B"],
            "row": [2, 3, 4],
            "department": ["内科", "外科", "儿科"],
            "physician": ["D1", "D2", "D3"],
            "discharged": [date(2026, 1, 2)] * 3,
        },
        schema_overrides={"row": pl.Int64},
    )
    made = table_of([told], pages)
    assert made.select("row", "department").rows() == [(2, "内科")]
    weights = {"ES35": Decimal("0.42"), "ES31": Decimal("0.65")}
    assert work_items(made, {"I50.908": "MCC"}, weights) == [told]
    assert table_of([], pages).equals(no_items())


def test_a_difference_needs_both_weights() -> None:
    weights = {"ES35": Decimal("0.42"), "ES31": Decimal("0.65")}
    assert difference("ES31", "ES35", weights) == Decimal("-0.23")
    assert difference("ES31", None, weights) is None
    assert difference("ES31", "XX", weights) is None
