"""Silences need a reason and an end; what people wrote is carried into the next list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from tests.unit.screening.test_items import item, table

from zhibian.problems import InputError
from zhibian.screening.loop import FILLED_IN, KEY, SHEET, Progress, State, read_progress
from zhibian.screening.silence import load_silences, silenced
from zhibian.sheets import Cell, Column, Sheet, write_workbook

TODAY = date(2026, 12, 1)


def _file(path: Path, *silences: dict[str, object]) -> Path:
    told = {"format": "zhibian-silence/1", "silences": list(silences)}
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    return path


def test_silences_take_items_until_their_day(tmp_path: Path) -> None:
    path = _file(
        tmp_path / "s.yaml",
        {"rule": "signal/pair", "reason": "当地不编", "until": date(2026, 12, 1)},
        {"case": "B", "reason": "已核对", "until": date(2026, 12, 31), "by": "张"},
        {"department": "内科", "reason": "过期", "until": date(2026, 11, 30)},
    )
    told = load_silences(path, TODAY)
    assert [s.until for s in told.expired] == [date(2026, 11, 30)]
    items = table(
        item(rules=["signal/pair/dialysis"]),
        item(rules=["signal/pairs"], code="x"),
        item(case="B", row=3),
        item(case="B", row=3, rules=["signal/pair"]),
    )
    kept, counts = silenced(items, told.active)
    assert kept["rules"].to_list() == [["signal/pairs"]]
    assert counts == [2, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "K28", "until": date(2026, 12, 31)},
        {"rule": "K28", "reason": "当地不编"},
        {"reason": "全部静默", "until": date(2026, 12, 31)},
        {"rule": "K28", "reason": "当地不编", "until": date(2026, 12, 31), "untill": "x"},
    ],
)
def test_a_silence_without_reason_end_or_limit_is_refused(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    with pytest.raises(InputError) as refused:
        load_silences(_file(tmp_path / "s.yaml", wrong), TODAY)
    assert "reason" in refused.value.problems[0].remedy


def _work_list(path: Path, *rows: tuple[Cell, ...]) -> Path:
    columns = [Column(name) for name in (*KEY, *FILLED_IN)]
    write_workbook(path, [Sheet(SHEET, columns, rows, "说明")])
    return path


KEYS = ("A", "疑似漏报诊断", "", "")


def test_progress_is_read_by_item(tmp_path: Path) -> None:
    path = _work_list(
        tmp_path / "w.xlsx",
        (*KEYS, "已指派", "李", "", "", "", None),
        ("B", "主要诊断存疑", "R51.x00", "头痛", "复核通过", "李", "已改", "王", "同意", None),
    )
    found = read_progress(path)
    assert found[KEYS].state is State.ASSIGNED
    assert found[KEYS].carried() == found[KEYS]
    passed = found["B", "主要诊断存疑", "R51.x00", "头痛"]
    assert passed == Progress(State.PASSED, "李", "已改", "王", "同意", None)
    # What passed and is found again is open again.
    assert passed.carried().state is State.REOPENED


def test_states_that_are_none_are_told_with_their_row(tmp_path: Path) -> None:
    path = _work_list(
        tmp_path / "w.xlsx",
        (*KEYS, "好了", "", "", "", "", None),
        (*KEYS, "", "", "", "", "", None),
    )
    with pytest.raises(InputError) as refused:
        read_progress(path)
    assert [p.field for p in refused.value.problems] == ["工作清单 表第 3 行，状态列"]


def test_a_workbook_without_work_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.xlsx"
    write_workbook(path, [Sheet("其他", [Column("甲")], [["乙"]])])
    with pytest.raises(InputError):
        read_progress(path)
    text = tmp_path / "w.txt"
    text.write_text("甲", encoding="utf-8")
    with pytest.raises(InputError):
        read_progress(text)
