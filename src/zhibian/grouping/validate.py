"""Whether a case can be grouped at all (分组输入校验): every problem at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.language import InputField
from zhibian.grouping.reasons import Reason
from zhibian.grouping.types import GroupingInput
from zhibian.problems import Problem
from zhibian.terminology.names import shown_code

OLDEST_YEARS = 150
HEAVIEST_NEWBORN_G = 20000
LONGEST_DAYS = 36500
DISCHARGE_WAYS = (1, 2, 3, 4, 5, 9)
MISSING: Mapping[InputField, tuple[str, str, str]] = {
    "NL": ("age", "缺年龄", "填写周岁，不足 1 周岁填 0"),
    "XB": ("sex", "缺性别", "填写 1（男）或 2（女）"),
    "XSRTL": ("age_days", "缺日龄", "不足 1 周岁填写日龄（天）"),
    "XSRTZ": ("weight_g", "缺新生儿体重", "填写新生儿出生体重或入院体重（克）"),
    "ZYTS": ("days", "缺住院天数", "填写实际住院天数"),
    "LYFS": ("discharge_way", "缺离院方式", "填写 1、2、3、4、5 或 9"),
    "ICUSC": ("icu_hours", "缺重症监护时长", "填写重症监护小时数，没有则填 0"),
    "KS": ("department", "缺科别", "填写科别，按分组方案的写法"),
}


class Finding(NamedTuple):
    """A problem and the reason that it stands for."""

    reason: Reason
    problem: Problem


def validate(case: GroupingInput, codebook: CodeBook | None = None) -> tuple[Finding, ...]:
    """Return all problems of an input.

    Parameters
    ----------
    case
        The input. Values of the wrong type, as an untyped source may hand them over, are problems
        like any other.
    codebook
        Code sets; without them codes are not checked against a dictionary.
    """
    found = [Finding(Reason.INPUT_INVALID, p) for p in _demographics(case)]
    if case.principal is None or case.principal == "":
        missing = Problem("principal", "principal_missing", "缺主要诊断", "填写主要诊断编码")
        found.append(Finding(Reason.INPUT_INVALID, missing))
    untyped = [Finding(Reason.INPUT_INVALID, p) for p in _untyped(case)]
    found += untyped
    if codebook is not None and not untyped and not _all_known(case, codebook):
        found.extend(_unknown(case, codebook))
    return tuple(found)


def missing_input(field: InputField) -> Problem:
    """Return the problem of a field that is missing and decides about the group.

    Parameters
    ----------
    field
        Field of the rule language.
    """
    name, message, remedy = MISSING[field]
    return Problem(name, f"{name}_missing".replace("weight_g", "weight"), message, remedy)


def missing_messages(fields: Iterable[str]) -> list[str]:
    """Return what is said of missing fields.

    Parameters
    ----------
    fields
        Names of :class:`zhibian.grouping.types.GroupingInput`.
    """
    said = {name: message for name, message, _ in MISSING.values()}
    return [said[field] for field in fields]


def _untyped(case: GroupingInput) -> Iterable[Problem]:
    """Yield codes that are no text."""
    if case.principal is not None and not isinstance(case.principal, str):
        yield _no_text("principal")
    for field, codes in (("others", case.others), ("procedures", case.procedures)):
        if not isinstance(codes, tuple):
            yield Problem(field, "codes_invalid", "不是编码列表", "填写编码的元组")
            continue
        for number, code in enumerate(codes):
            if not isinstance(code, str):
                yield _no_text(f"{field}.{number}")
    if case.department is not None and not isinstance(case.department, str):
        yield _no_text("department")


def _no_text(field: str) -> Problem:
    return Problem(field, "code_invalid", "不是文本", "以文本填写，保留前后的零")


def _demographics(case: GroupingInput) -> Iterable[Problem]:
    if case.sex is None:
        yield missing_input("XB")
    elif not _is_number(case.sex) or case.sex not in (1, 2):
        yield _wrong("sex", "sex_invalid", "性别不合格式", "填写 1（男）或 2（女）", case.sex)
    if case.age is None:
        yield missing_input("NL")
    elif not _within(case.age, 0, OLDEST_YEARS):
        remedy = f"填写 0 到 {OLDEST_YEARS} 的整数"
        yield _wrong("age", "age_invalid", "年龄超出范围", remedy, case.age)
    if case.age_days is not None and not _within(case.age_days, 0):
        yield _wrong("age_days", "age_days_invalid", "日龄不能为负", "填写天数", case.age_days)
    if case.weight_g is not None and not (
        _within(case.weight_g, 0, HEAVIEST_NEWBORN_G) and case.weight_g > 0
    ):
        remedy = f"填写克数，大于 0 且不超过 {HEAVIEST_NEWBORN_G}；没有则留空"
        yield _wrong("weight_g", "weight_invalid", "新生儿体重超出范围", remedy, case.weight_g)
    if case.days is not None and not _within(case.days, 0, LONGEST_DAYS):
        remedy = f"填写 0 到 {LONGEST_DAYS} 的整数"
        yield _wrong("days", "days_invalid", "住院天数超出范围", remedy, case.days)
    if case.discharge_way is not None and not (
        _is_number(case.discharge_way) and case.discharge_way in DISCHARGE_WAYS
    ):
        name, remedy = "discharge_way", "填写 1、2、3、4、5 或 9"
        yield _wrong(name, f"{name}_invalid", "离院方式不在值域内", remedy, case.discharge_way)
    if case.icu_hours is not None and not _within(case.icu_hours, 0):
        name, remedy = "icu_hours", "填写小时数"
        yield _wrong(name, f"{name}_invalid", "重症监护时长不能为负", remedy, case.icu_hours)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within(value: object, least: float, most: float = math.inf) -> bool:
    """Tell whether a value is a number of a range; what is no number is in none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _wrong(field: str, code: str, message: str, remedy: str, value: object) -> Problem:
    # What is no number may be anything, a name included.
    shown = f"{value:g}" if isinstance(value, int | float) and abs(value) < 1e15 else None
    return Problem(field, code, message, remedy, shown)


def _all_known(case: GroupingInput, codebook: CodeBook) -> bool:
    return (
        case.principal in codebook.diagnoses
        and codebook.diagnoses.issuperset(case.others)
        and codebook.procedures.issuperset(case.procedures)
    )


def _unknown(case: GroupingInput, codebook: CodeBook) -> Iterable[Finding]:
    diagnoses = [("principal", case.principal)] if case.principal else []
    diagnoses += [(f"others.{i}", code) for i, code in enumerate(case.others)]
    for field, code in diagnoses:
        if code not in codebook.diagnoses:
            reason = Reason.DX_NOT_IN_DICT
            yield Finding(reason, _not_in_dictionary(field, "dx_unknown", reason, code))
    for i, code in enumerate(case.procedures):
        if code not in codebook.procedures:
            reason = Reason.PROC_NOT_IN_DICT
            field = f"procedures.{i}"
            yield Finding(reason, _not_in_dictionary(field, "procedure_unknown", reason, code))


def _not_in_dictionary(field: str, name: str, reason: Reason, code: str) -> Problem:
    return Problem(field, name, reason.chinese, reason.remedy, shown_code(code))
