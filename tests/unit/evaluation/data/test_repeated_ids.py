"""Two case files of one id are refused: answers made elsewhere are matched by it (病例编号重复)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhibian.evaluation.data.case_records import read_records
from zhibian.evaluation.data.reading import Reading
from zhibian.problems import InputError
from zhibian.records.case_json import Limits

CASE = {
    "id": "T1",
    "admission": None,
    "documents": [{"type": "入院记录", "text": "肺炎。"}],
    "coded_front_page": None,
    "gold": {"principal": {"code": "J18.900"}, "others": [], "procedures": []},
}


def test_two_files_of_one_id_are_refused(tmp_path: Path) -> None:
    for name, id_given in (("a", "T1"), ("b", "T2"), ("c", "T1")):
        text = json.dumps({**CASE, "id": id_given}, ensure_ascii=False)
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    reading = Reading("nhsa-2.0", Limits(1000, 10_000))
    with pytest.raises(InputError) as refused:
        list(read_records(tmp_path, ["a.json", "b.json", "c.json"], reading))
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("c id", "id_repeated")
    assert [one.id for one in read_records(tmp_path, ["a.json", "b.json"], reading)] == ["a", "b"]
