from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from zhibian.problems import InputError
from zhibian.terminology.code_set import ICD10_NHSA, CodeSet, load_code_set
from zhibian.terminology.names import is_damaged
from zhibian.terminology.verify import check_terminology

# SPEC 1.3: facts that the source texts got wrong; None marks a code that does not exist.
PUBLISHED_NAMES = [
    ("J18.901", "非典型性肺炎"),
    ("J15.902", "社区获得性肺炎，非重症"),
    ("J15.903", "社区获得性肺炎，重症"),
    ("J18.900", "肺炎"),
    ("E11.901", None),
    ("E11.900", "2型糖尿病"),
    ("E11.600x051", "2型糖尿病伴血糖控制不佳"),
    ("I10.x03", "高血压1级"),
    ("I10.x04", "高血压2级"),
    ("I10.x05", "高血压3级"),
    ("I50.001", "右心衰竭"),
    ("I50.908", "慢性心力衰竭"),
    ("O32.101", "臀先露"),
    ("O32.102", "足先露"),
    ("T81.401", "手术后口腔感染"),
    ("T81.406", "手术后切口感染"),
    ("O86.002", "剖宫产后伤口感染"),
    ("74.1", None),
]


def test_both_sets_are_complete(icd10: CodeSet, icd9: CodeSet) -> None:
    assert len(icd10) == 33_304
    assert len(icd9) == 13_686


@pytest.mark.parametrize(("code", "name"), PUBLISHED_NAMES)
def test_published_names(icd10: CodeSet, code: str, name: str | None) -> None:
    entry = icd10.get(code)
    assert (entry.name if entry else None) == name


def test_codes_are_text(icd9: CodeSet) -> None:
    assert "00.5500" in icd9
    assert "0.55" not in icd9
    assert "45.10" not in icd9
    assert icd9.name("00.5500") == "其他周围血管药物洗脱支架置入"


def test_codes_of_the_longer_listing_are_left_out(icd10: CodeSet) -> None:
    assert {"K43.900", "K43.900x001", "K43.902", "P78.300x004"}.isdisjoint(icd10.entries)
    assert icd10.name("K30.x00x002") == "新生儿消化不良"


def test_grey_codes(icd10: CodeSet, icd9: CodeSet) -> None:
    assert icd10.is_grey("I10.x00")
    assert not icd10.is_grey("I10.x05")
    assert not icd10.is_grey("no such code")
    assert sum(entry.grey for entry in icd10.entries.values()) == 2_695
    assert sum(entry.grey for entry in icd9.entries.values()) == 2_241


def test_categories_of_procedures(icd9: CodeSet) -> None:
    assert {entry.category for entry in icd9.entries.values()} == {
        "",
        "手术",
        "治疗性操作",
        "诊断性操作",
        "介入治疗",
    }
    assert icd9.entries["74.1x01"].category == "手术"
    assert icd9.entries["96.7201"].category == "治疗性操作"


def test_no_name_is_damaged(icd10: CodeSet, icd9: CodeSet) -> None:
    names = [entry.name for entries in (icd10, icd9) for entry in entries.entries.values()]
    assert not [name for name in names if is_damaged(name) or not name.strip()]
    assert icd10.name("K07.205") == "反𬌗"
    assert icd9.name("77.5900") == "其他𧿹囊肿切除术"


def test_finer_codes_put_grey_ones_last(icd9: CodeSet) -> None:
    assert [entry.code for entry in icd9.finer("74.1", 3)] == ["74.1x01", "74.1x02", "74.1x00"]
    assert icd9.finer("74.1x01", 3) == ()


def test_code_set_is_frozen(icd10: CodeSet) -> None:
    for field in dataclasses.fields(icd10):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(icd10, field.name, None)
    assert not hasattr(icd10.entries, "__setitem__")


def test_unknown_set_lists_those_there_are(rules: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_code_set(rules, "icd-11")
    assert ICD10_NHSA in caught.value.problems[0].message


def test_absent_manifest_names_the_build_command(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_code_set(tmp_path, ICD10_NHSA)
    assert "zhibian terminology build" in caught.value.problems[0].remedy


def test_shipped_tables_agree_with_the_manifest(rules: Path) -> None:
    assert check_terminology(rules) == []


def test_damage_is_found_by_loading_and_by_checking(rules: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(rules / "terminology", tmp_path / "terminology")
    table = folder / "icd10-nhsa-2.0.csv"
    table.write_bytes(table.read_bytes()[:-20])
    (folder / "icd9cm3-homonyms.csv").unlink()
    with pytest.raises(InputError) as caught:
        load_code_set(tmp_path, ICD10_NHSA)
    assert caught.value.problems[0].code == "table_corrupted"
    assert "zhibian terminology build" in caught.value.problems[0].remedy
    assert [problem.code for problem in check_terminology(tmp_path)] == [
        "table_corrupted",
        "file_missing",
    ]


def test_check_reports_an_absent_manifest(tmp_path: Path) -> None:
    assert [problem.code for problem in check_terminology(tmp_path)] == ["file_missing"]
