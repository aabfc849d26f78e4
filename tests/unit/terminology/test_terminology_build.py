from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from zhibian.problems import InputError
from zhibian.terminology.build import build_terminology

RECIPE = """
code_sets:
  tiny:
    {title: 小, edition: e, authority: a, document: d, table: tiny.csv, names: dx_names.csv,
     listing: listing.tsv, donors: [listing.tsv], grey: grey.tsv, expected_rows: 2, notes: []}
crosswalks:
  tiny-walk:
    {title: 映射, edition: e, authority: a, document: d, table: walk.csv,
     homonyms: tiny-homonyms.csv, map: map.tsv, names: clinical.tsv, later_map: dx_map.csv,
     later_names: later.tsv, source_title: 临床版, target: tiny, expected_rows: 3, notes: []}
"""
SOURCES = {
    "dx_names.csv": "dx,name\nA00.000,霍乱\nA00.100,反??\n",
    "listing.tsv": "A00.000\t霍乱\nA00.100\t反𬌗\nA00.200\t多余\n",
    "grey.tsv": "A00.000\nA00.000\n",
    "map.tsv": "A00.000\tA00.100\nB00.000\tA00.000\n",
    "clinical.tsv": "A00.000\t另一种病\nB00.000\t霍乱\n",
    "dx_map.csv": "from,to\nA00.000,A00.100\nU07.100, A00.000\n",
    "later.tsv": "U07.100\t新病\n",
}


def _prepare(tmp_path: Path, **changes: str) -> tuple[Path, Path]:
    facts, out = tmp_path / "facts", tmp_path / "out"
    facts.mkdir()
    out.mkdir()
    (out / "recipe.yaml").write_text(RECIPE, "utf-8")
    for file, text in (SOURCES | changes).items():
        (facts / file).write_text(text, "utf-8")
    return facts, out


def test_tables_of_a_small_recipe(tmp_path: Path) -> None:
    facts, out = _prepare(tmp_path)
    report = build_terminology(facts, out)
    assert [(table.id, table.rows) for table in report.tables] == [
        ("tiny", 2),
        ("tiny-walk", 3),
        ("tiny-homonyms", 1),
    ]
    assert (out / "tiny.csv").read_text("utf-8") == (
        "code,name,grey\nA00.000,霍乱,1\nA00.100,反𬌗,0\n"
    )
    assert (out / "walk.csv").read_text("utf-8") == (
        "code,name,nhsa\nA00.000,另一种病,A00.100\nB00.000,霍乱,A00.000\nU07.100,新病,A00.000\n"
    )
    assert (out / "tiny-homonyms.csv").read_text("utf-8") == (
        "code,clinical_name,nhsa_name,nhsa,kind\nA00.000,另一种病,霍乱,A00.100,moved\n"
    )


LONG_WAY = """
  long-walk:
    {title: 两步, edition: e, authority: a, document: d, table: long.csv,
     homonyms: long-homonyms.csv, map: [old.tsv, map.tsv], names: old-names.tsv,
     withdrawn_targets: [C00.000], unnamed_rows: 1, source_title: 旧版, target: tiny,
     expected_rows: 5, notes: []}
filed_sets:
  old: {title: 旧版, diagnoses: long-walk, procedures: long-walk}
"""


def test_a_map_over_two_editions_with_cut_daggers_and_several_targets(tmp_path: Path) -> None:
    facts, out = _prepare(
        tmp_path,
        **{
            "old.tsv": "E1\tA00.000\nE1\tB00.000\nE2\t\nE3\t+G01* A00.000\nA00.100\tB00.000\n"
            "E4\tNOWHERE\n",
            "old-names.tsv": "E1\t一\nE1\t一\nE2\t二\nE3\t+G01* 三\nA00.100\t另一种病\n",
            "map.tsv": "A00.000\tA00.100\nB00.000\tA00.000\n",
        },
    )
    (out / "recipe.yaml").write_text(RECIPE + LONG_WAY, "utf-8")
    build_terminology(facts, out)
    assert (out / "long.csv").read_text("utf-8") == (
        "code,name,nhsa\nA00.100,另一种病,A00.000\nE1,一,A00.100|A00.000\nE2,二,\n"
        "E3+G01*,三,A00.100\nE4,,\n"
    )
    assert (out / "long-homonyms.csv").read_text("utf-8") == (
        "code,clinical_name,nhsa_name,nhsa,kind\nA00.100,另一种病,反𬌗,A00.000,moved\n"
    )


def test_an_edition_without_its_map_stops_the_build(tmp_path: Path) -> None:
    facts, out = _prepare(tmp_path)
    broken = "filed_sets:\n  old: {title: 旧版, diagnoses: tiny-walk, procedures: lost}\n"
    (out / "recipe.yaml").write_text(RECIPE + broken, "utf-8")
    with pytest.raises(InputError) as caught:
        build_terminology(facts, out)
    assert [p.value for p in caught.value.problems] == ["lost"]
    assert [path.name for path in out.iterdir()] == ["recipe.yaml"]


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("dx_names.csv", "dx,name\nA00.000,霍乱\n", "row_count"),
        ("dx_names.csv", "dx,name\nA00.000,霍乱\nA00.000,霍乱\n", "code_conflict"),
        ("dx_names.csv", "code,name\nA00.000,霍乱\n", "table_header"),
        ("dx_names.csv", "dx,name\nA00.000\n", "row_width"),
        ("grey.tsv", "C00.000\n", "code_conflict"),
        ("map.tsv", "A00.000\tC00.000\nB00.000\tA00.000\n", "code_conflict"),
        ("map.tsv", "D00.000\tA00.000\n", "code_conflict"),
        ("listing.tsv", "A00.000 霍乱\n", "row_width"),
    ],
)
def test_build_stops_on_bad_sources_and_writes_nothing(
    tmp_path: Path, file: str, text: str, code: str
) -> None:
    facts, out = _prepare(tmp_path, **{file: text})
    with pytest.raises(InputError) as caught:
        build_terminology(facts, out)
    assert code in {problem.code for problem in caught.value.problems}
    assert [path.name for path in out.iterdir()] == ["recipe.yaml"]


def test_absent_and_foreign_files_are_told(tmp_path: Path) -> None:
    facts, out = _prepare(tmp_path)
    (facts / "grey.tsv").write_bytes("灰码".encode("gbk"))
    with pytest.raises(InputError) as caught:
        build_terminology(facts, out)
    assert caught.value.problems[0].code == "not_utf8"
    (facts / "grey.tsv").unlink()
    with pytest.raises(InputError) as caught:
        build_terminology(facts, out)
    assert caught.value.problems[0].code == "file_missing"


def test_recipe_that_is_no_mapping_is_told(tmp_path: Path) -> None:
    facts, out = _prepare(tmp_path)
    (out / "recipe.yaml").write_text("- a\n", "utf-8")
    with pytest.raises(InputError) as caught:
        build_terminology(facts, out)
    assert caught.value.problems[0].code == "yaml_invalid"


def test_rebuilding_gives_the_committed_tables(rules: Path, shared: Path, tmp_path: Path) -> None:
    committed = rules / "terminology"
    shutil.copy(committed / "recipe.yaml", tmp_path)
    build_terminology(shared / "facts" / "terminology", tmp_path)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert files == {path.name: path.read_bytes() for path in committed.iterdir()}
