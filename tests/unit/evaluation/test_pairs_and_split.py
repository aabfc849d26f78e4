"""Reading term pairs and setting some aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhibian.evaluation.data.hash_split import pick, split
from zhibian.evaluation.data.term_pairs import (
    read_alias_pairs,
    read_chip_cdn,
    read_names,
    read_yidu_n7k,
)
from zhibian.problems import InputError

WORDINGS = [f"病{n}" for n in range(600)]


def test_every_wording_is_in_exactly_one_part() -> None:
    parts = split(WORDINGS, "seed", aside=0.2)
    together = sorted((*parts.fit, *parts.tune, *parts.aside))
    assert together == list(range(len(WORDINGS)))
    assert 80 < len(parts.aside) < 160
    assert len(parts.tune) < len(parts.fit)


def test_the_split_does_not_depend_on_the_order() -> None:
    forwards = split(WORDINGS, "seed", aside=0.2)
    backwards = split(WORDINGS[::-1], "seed", aside=0.2)
    assert forwards.checksum == backwards.checksum
    assert set(pick(WORDINGS, forwards.aside)) == set(pick(WORDINGS[::-1], backwards.aside))


def test_another_seed_is_another_split() -> None:
    assert split(WORDINGS, "a", aside=0.2).checksum != split(WORDINGS, "b", aside=0.2).checksum


def test_equal_wordings_stay_together_whatever_their_width_or_spaces() -> None:
    parts = split(["CT 检查", "ＣＴ检查", "ct检查"], "seed", aside=0.5)
    assert sorted(map(len, (parts.aside, (*parts.fit, *parts.tune)))) == [0, 3]


def test_chip_cdn_pairs(tmp_path: Path) -> None:
    rows = [{"text": '"甲，乙"', "normalized_result": '"甲,未特指"##乙##乙'}]
    (tmp_path / "train.json").write_text(json.dumps(rows), encoding="utf-8")
    (pair,) = read_chip_cdn(tmp_path)
    assert pair.wording == "甲，乙"
    assert pair.names == ("甲,未特指", "乙")


def test_yidu_pairs_join_both_files(tmp_path: Path) -> None:
    for name, row in (("train.tsv", "左甲术\t甲术"), ("dev.tsv", "乙+丙\t乙##丙")):
        (tmp_path / name).write_text(f"原始词\t标准词\n{row}\n", encoding="utf-8")
    assert [p.names for p in read_yidu_n7k(tmp_path)] == [("甲术",), ("乙", "丙")]


@pytest.mark.parametrize("content", [None, "[1, 2]", '[{"text": "甲"}]', "no json"])
def test_an_unreadable_file_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "train.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as told:
        read_chip_cdn(tmp_path)
    assert told.value.problems[0].code == "pairs_unreadable"
    with pytest.raises(InputError):
        read_yidu_n7k(tmp_path)


def test_name_lists_may_have_more_columns(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("A00\t霍乱\t\t\nA01\t伤寒\n\nA02\n", encoding="utf-8")
    assert read_names(path) == [("A00", "霍乱"), ("A01", "伤寒")]
    with pytest.raises(InputError):
        read_names(tmp_path / "absent.tsv")


def test_aliases_are_pairs_unless_they_are_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "alias,code,name\n老慢支,J42.x00,慢性支气管炎\n慢性支气管炎,J42.x00,慢性支气管炎\n",
        encoding="utf-8",
    )
    (pair,) = read_alias_pairs(tmp_path, {"J42.x00": "慢性支气管炎"})
    assert (pair.wording, pair.names) == ("老慢支", ("慢性支气管炎",))
