"""What the tagger's corpora are read as; all texts here are invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhibian.documents.tagger import EntityType
from zhibian.evaluation.data.tagged_texts import read_cdee, read_cehrner
from zhibian.problems import InputError


def _event(core: str, tendency: str = "", sites: tuple[str, ...] = ()) -> dict[str, object]:
    return {"core_name": core, "tendency": tendency, "character": [], "anatomy_list": list(sites)}


def _cdee(folder: Path, text: str, *events: dict[str, object]) -> Path:
    rows = [{"id": 1, "text": text, "event": list(events)}]
    (folder / "x.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return folder


def test_spans_are_read_in_order_and_in_normal_form(tmp_path: Path) -> None:
    row = {
        "text": "行胃镜，示胃癌。",
        "mention_data": [
            {"mention": "胃癌", "label": "疾病和诊断", "offset": "5"},
            {"mention": "胃镜", "label": "影像检查", "offset": "1"},
        ],
    }
    (tmp_path / "x.json").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    (text,) = read_cehrner(tmp_path, "x.json")
    assert text.text == "行胃镜,示胃癌。"
    assert text.entities == ((1, 3, EntityType.IMAGING), (5, 7, EntityType.DISEASE))


def test_heads_are_looked_for_behind_the_event_before(tmp_path: Path) -> None:
    folder = _cdee(
        tmp_path,
        "咳嗽3天，无发热，今咳嗽加重。",
        _event("咳嗽"),
        _event("发热", "否定"),
        _event("咳嗽"),
    )
    (text,) = read_cdee(folder, "x.json")
    assert [(text.text[e.start : e.end], e.tendency) for e in text.events] == [
        ("咳嗽", ""),
        ("发热", "否定"),
        ("咳嗽", ""),
    ]
    assert [e.start for e in text.events] == [0, 6, 10]
    assert text.complete


def test_a_site_before_its_head_is_part_of_it(tmp_path: Path) -> None:
    folder = _cdee(
        tmp_path, "腹痛，右肺占位。", _event("疼痛", sites=("腹",)), _event("占位", sites=("右肺",))
    )
    (text,) = read_cdee(folder, "x.json")
    assert [text.text[e.start : e.end] for e in text.events] == ["腹痛", "右肺占位"]


def test_general_states_are_no_events_and_lost_heads_are_told(tmp_path: Path) -> None:
    folder = _cdee(tmp_path, "精神可，解柏油样便。", _event("精神"), _event("黑便"))
    (text,) = read_cdee(folder, "x.json")
    assert text.events == ()
    assert not text.complete


@pytest.mark.parametrize("content", ["", "{", '[{"id": 1}]', '{"text": 1}'])
def test_other_files_are_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_cdee(tmp_path, "x.json")
    assert [problem.field for problem in caught.value.problems] == ["x.json"]


def test_an_absent_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_cehrner(tmp_path, "train.json")
    assert [problem.code for problem in caught.value.problems] == ["corpus_unreadable"]
