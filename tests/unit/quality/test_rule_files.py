"""Rule files: what is wrong is told with file, rule, key and remedy, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.front_pages import book_of

from zhibian.problems import InputError

GOOD = "must: {field: B20, is: filled}\nfield: B20\nmessage: 缺住院天数"


def problems(rules: Path, folder: Path, text: str, id: str = "X99") -> list[tuple[str, str]]:
    with pytest.raises(InputError) as raised:
        book_of(rules, folder, {id: text})
    assert all(p.remedy for p in raised.value.problems)
    return [(p.field, p.message) for p in raised.value.problems]


def test_a_rule_without_parameters_is_one_check(rules: Path, tmp_path: Path) -> None:
    book = book_of(rules, tmp_path, {"X99": GOOD})
    assert [check.id for check in book.checks] == ["X99"]
    assert book.rules["X99"].checks == 1


def test_mistakes_of_all_files_are_told_at_once(rules: Path, tmp_path: Path) -> None:
    texts = {
        "X97": "severity: fatal\ngates: [night]\nmust: 1\nfield: B20\nmessage: ''",
        "X98": "must: {field: Z99, is: filled}\nfield: Z98\nmessage: '{A11}'\nweight: 3",
        "X99": "must: [\nfield",
    }
    with pytest.raises(InputError) as raised:
        book_of(rules, tmp_path, texts)
    fields = [p.field for p in raised.value.problems]
    assert [f for f in fields if f.startswith("X97.yaml")] == [
        "X97.yaml message",
        "X97.yaml severity",
        "X97.yaml gates",
        "X97.yaml must",
    ]
    assert [f for f in fields if f.startswith("X98.yaml")] == ["X98.yaml"]
    assert any(f.startswith("X99.yaml 第") for f in fields)


@pytest.mark.parametrize(
    ("must", "message"),
    [
        ("{field: Z99, is: filled}", "没有字段或派生量 Z99"),
        ("{field: B20, is: full}", "应为 filled、blank、number、whole、date、time 之一"),
        ("{field: B20, in: [1]}", "应为文本列表（编码与数字须加引号），或以空格分隔的文本"),
        ("{field: B20, in_dictionary: nothing}", "没有字典 nothing"),
        ("{field: B20, matches: '('}", "不是正则表达式"),
        ("{field: A20, matches: '(?=1)'}", "正则表达式不支持前后断言与反向引用"),
        ("{field: B20, codes: A00}", "B20 不是编码字段"),
        ("{field: C06C, codes: A00}", "C06C 是重复项"),
        ("{field: B20, at_least: many}", "没有字段或派生量 many"),
        ("{field: B20, at_least: 1, by: hour}", "应为 day 或 second"),
        ("{diagnosis: first, in: A00}", "应为 principal、other 或 any"),
        ("{diagnosis: any, in: 'A00-'}", "“A00-”不是编码前缀或范围"),
        ("{diagnosis: any, in: 'B99-A00'}", "范围“B99-A00”的终点在起点之前"),
        ("{diagnosis: any, in: '@none'}", "没有编码集 @none"),
        ("{each: wards, must: {field: B20, is: filled}}", "没有重复项 wards"),
        ("{pairs: [C06C, C36N]}", "应为同一重复项的字段，或都不是重复项"),
        ("{group: weight, in: [A]}", "应为 status、mdc、adrg、drg、level、kind、reason 之一"),
        ("{tariff: price, above: 1}", "应为 weight、standard、payment、ratio 之一"),
        ("{check: magic}", "没有命名计算 magic"),
        ("{all: []}", "应为非空的条件列表"),
        ("{all: [{always: true}], any: [{always: true}]}", "须有且仅有一个条件关键字"),
        ("{field: B20, is: filled, at: 1}", "不认识的键：at"),
        ("{count: birth_weights, over: 1}", "不认识的键：over"),
    ],
)
def test_a_condition_that_is_none(rules: Path, tmp_path: Path, must: str, message: str) -> None:
    text = f"must: {must}\nfield: B20\nmessage: 试用"
    told = problems(rules, tmp_path, text)
    assert any(found.startswith(message) for _, found in told), told
    assert all(field.startswith("X99.yaml must") for field, _ in told)


@pytest.mark.parametrize(
    ("expansion", "message"),
    [
        ("{table: nothing.csv}", "文件不存在或不可读"),
        ("{fields: [Z99]}", "没有字段 Z99"),
        ("[{name: a}]", "应为含 key 或 table 的键值结构"),
        ("[{key: a, of: B20}, {key: a, of: B20}]", "key 重复：a"),
        ("[]", "没有任何一行参数"),
        ("{dictionaries: some}", "应为 table、fields、dictionaries: all 或列表"),
    ],
)
def test_an_expansion_that_is_none(
    rules: Path, tmp_path: Path, expansion: str, message: str
) -> None:
    text = f"for: {expansion}\n{GOOD}"
    assert message in [found for _, found in problems(rules, tmp_path, text)]


def test_a_condition_without_its_parameter_is_left_out(rules: Path, tmp_path: Path) -> None:
    text = """
for:
- {key: both, codes: A00, less: A00.1, low: 3}
- {key: bare, codes: A00, less: "", low: ""}
when: {all: [{diagnosis: any, in: "{codes}", except: "{less}"}, {field: B20, at_least: "{low}"}]}
must: {field: B35, is: filled}
field: B35
message: 试用
"""
    both, bare = book_of(rules, tmp_path, {"X99": text}).checks
    assert "Compare" in repr(both.when)
    assert "Compare" not in repr(bare.when)
    assert "excluded=()" in repr(bare.when)


def test_a_demand_without_its_parameter_is_a_mistake(rules: Path, tmp_path: Path) -> None:
    text = """
for: [{key: a, codes: ""}]
must: {diagnosis: any, in: "{codes}"}
field: C03C
message: 试用
"""
    assert problems(rules, tmp_path, text) == [("X99.yaml must[a]", "应为键值结构")]


def test_dictionaries_make_one_check_a_field(rules: Path, tmp_path: Path) -> None:
    text = """
for: {dictionaries: all}
must: {each: "{field}", must: {field: "{field}", in_dictionary: "{dictionary}"}}
field: "{field}"
message: "{name}不在值域之内"
"""
    ids = {check.id for check in book_of(rules, tmp_path, {"X99": text}).checks}
    assert {"X99/A12C", "X99/C08C", "X99/C43C"} <= ids


def test_a_key_given_twice_is_a_mistake(rules: Path, tmp_path: Path) -> None:
    told = problems(rules, tmp_path, f"{GOOD}\nfield: B12")
    assert any("键 field 重复" in found for _, found in told)


def test_a_rule_over_documents_has_no_conditions(rules: Path, tmp_path: Path) -> None:
    book = book_of(rules, tmp_path, {"X99": "needs: documents\nmessage: 看病历"})
    assert book.rules["X99"].needs_documents
    assert book.checks == ()
    told = problems(rules, tmp_path, f"needs: documents\n{GOOD}")
    assert ("X99.yaml must", "需要病历文书的规则不写条件") in told


def test_personal_fields_are_never_shown(rules: Path, tmp_path: Path) -> None:
    text = "must: {field: A11, is: filled}\nfield: A11\nmessage: '{A20} 缺姓名 {nothing}'"
    assert [field for field, _ in problems(rules, tmp_path, text)] == ["X99.yaml message"] * 2
