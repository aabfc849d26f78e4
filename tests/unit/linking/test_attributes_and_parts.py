"""What a term says of side, acuity, stage and cause, and where composite terms are cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zhibian.coding.terms.attributes import (
    AGREE,
    CONFLICT,
    EXTRA,
    MISSING,
    NEITHER,
    Attributes,
    compare,
    load_attributes,
)
from zhibian.coding.terms.parts import Splitter, clean, load_splitter


@pytest.fixture(scope="module")
def attributes(rules: Path) -> Attributes:
    return load_attributes(rules)


@pytest.fixture(scope="module")
def splitter(rules: Path) -> Splitter:
    return load_splitter(rules, "diagnosis")


@pytest.mark.parametrize(
    ("group", "term", "name", "expected"),
    [
        ("side", "左膝关节病", "膝关节病", MISSING),
        ("side", "左膝关节病", "右膝关节病", CONFLICT),
        ("acuity", "急性胃炎", "慢性胃炎", CONFLICT),
        ("acuity", "亚急性甲状腺炎", "急性甲状腺炎", CONFLICT),
        ("acuity", "胃炎", "慢性胃炎", EXTRA),
        ("grade", "压疮Ⅲ期", "压疮III期", AGREE),
        ("grade", "高血压3级", "高血压2级", CONFLICT),
        ("grade", "2型糖尿病", "2型糖尿病", AGREE),
        ("grade", "压疮三期", "压疮3期", AGREE),
        ("behaviour", "乳腺癌", "乳腺恶性肿瘤", AGREE),
        ("behaviour", "肺继发恶性肿瘤", "肺恶性肿瘤", CONFLICT),
        ("cause", "酒精性肝硬化", "肝硬化", MISSING),
        ("rest", "肺炎", "未特指的肺炎", EXTRA),
        ("approach", "腹腔镜下胆囊切除术", "胆囊切除术", MISSING),
        ("extent", "甲状腺次全切除术", "甲状腺部分切除术", CONFLICT),
        ("joined", "糖尿病伴肾病", "糖尿病", MISSING),
        ("side", "胃炎", "胃炎", NEITHER),
    ],
)
def test_two_texts_compare_in_one_attribute(
    attributes: Attributes, group: str, term: str, name: str, expected: int
) -> None:
    column = attributes.groups.index(group)
    names = attributes.read(clean(name))[None, :]
    assert compare(attributes.read(clean(term)), names)[0, column] == expected


def test_a_long_word_leaves_nothing_for_the_short_ones(attributes: Attributes) -> None:
    acuity = attributes.groups.index("acuity")
    assert attributes.read("亚急性")[acuity] != attributes.read("急性")[acuity]
    assert bin(int(attributes.read("亚急性")[acuity])).count("1") == 1


def test_numbers_that_are_no_grades_are_left_alone(attributes: Attributes) -> None:
    assert attributes.read("孕99期")[-1] == 0
    assert not np.any(attributes.read(""))


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        ("高血压;糖尿病", ("高血压", "糖尿病")),
        ("1.肺炎2、右侧胸腔积液", ("肺炎2", "胸腔积液")),
        ("左膝退变伴游离体", ("膝退行性病变", "游离体")),
        ("糖尿病并发症", ()),
        ("多指并指", ()),
        ("肺炎?", ("肺炎",)),
        ("胃炎", ()),
    ],
)
def test_composite_terms_are_cut(splitter: Splitter, term: str, parts: tuple[str, ...]) -> None:
    assert splitter.parts(clean(term)) == parts


def test_a_term_has_a_limited_number_of_parts(splitter: Splitter) -> None:
    assert len(splitter.parts("、".join(f"病{n}甲" for n in range(50)))) == splitter.most


def test_core_drops_side_number_and_doubt_but_never_all(splitter: Splitter) -> None:
    assert splitter.core("1.左侧股骨颈骨折待查") == "股骨颈骨折"
    assert splitter.core("左") == "左"


def test_ward_words_become_those_of_the_code_set(rules: Path, splitter: Splitter) -> None:
    assert splitter.core("右乳腺癌") == "乳腺恶性肿瘤"
    procedures = load_splitter(rules, "procedure")
    assert procedures.core("左侧声带息肉摘除术") == "声带病损切除术"


def test_clean_folds_width_case_and_quotes() -> None:
    assert clean('"白斑病，不可归类"') == "白斑病,不可归类"
    assert clean("ｃｔ　检查") == "CT 检查"
