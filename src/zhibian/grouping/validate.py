"""Whether a case can be grouped at all (分组输入校验): every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.language import InputField
from zhibian.grouping.reasons import Reason
from zhibian.grouping.types import GroupingInput
from zhibian.problems import Problem
from zhibian.terminology.names import shown_code

_OLDEST_YEARS = 150
_HEAVIEST_NEWBORN_G = 20000
_LONGEST_DAYS = 36500
_DISCHARGE_WAYS = (1, 2, 3, 4, 5, 9)
_MISSING: Mapping[InputField, tuple[str, str, str]] = {
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
        The input.
    codebook
        Code sets; without them codes are not checked against a dictionary.
    """
    found = [Finding(Reason.INPUT_INVALID, p) for p in _demographics(case)]
    if not case.principal:
        missing = Problem("principal", "principal_missing", "缺主要诊断", "填写主要诊断编码")
        found.append(Finding(Reason.INPUT_INVALID, missing))
    if codebook is not None:
        found.extend(_unknown(case, codebook))
    return tuple(found)


def missing_input(field: InputField) -> Problem:
    """Return the problem of a field that is missing and decides about the group.

    Parameters
    ----------
    field
        Field of the rule language.
    """
    name, message, remedy = _MISSING[field]
    return Problem(name, f"{name}_missing".replace("weight_g", "weight"), message, remedy)


def _demographics(case: GroupingInput) -> Iterable[Problem]:
    if case.sex is None:
        yield missing_input("XB")
    elif case.sex not in (1, 2):
        yield Problem("sex", "sex_invalid", "性别不合格式", "填写 1（男）或 2（女）", str(case.sex))
    if case.age is None:
        yield missing_input("NL")
    elif not 0 <= case.age <= _OLDEST_YEARS:
        yield Problem(
            "age", "age_invalid", "年龄超出范围", f"填写 0 到 {_OLDEST_YEARS} 的整数", str(case.age)
        )
    if case.age_days is not None and case.age_days < 0:
        yield Problem(
            "age_days", "age_days_invalid", "日龄不能为负", "填写天数", str(case.age_days)
        )
    if case.weight_g is not None and not 0 < case.weight_g <= _HEAVIEST_NEWBORN_G:
        yield Problem(
            "weight_g",
            "weight_invalid",
            "新生儿体重超出范围",
            f"填写克数，大于 0 且不超过 {_HEAVIEST_NEWBORN_G}；没有则留空",
            f"{case.weight_g:g}",
        )
    yield from _stay(case)


def _stay(case: GroupingInput) -> Iterable[Problem]:
    if case.days is not None and not 0 <= case.days <= _LONGEST_DAYS:
        yield Problem(
            "days",
            "days_invalid",
            "住院天数超出范围",
            f"填写 0 到 {_LONGEST_DAYS} 的整数",
            str(case.days),
        )
    if case.discharge_way is not None and case.discharge_way not in _DISCHARGE_WAYS:
        yield Problem(
            "discharge_way",
            "discharge_way_invalid",
            "离院方式不在值域内",
            "填写 1、2、3、4、5 或 9",
            str(case.discharge_way),
        )
    if case.icu_hours is not None and not case.icu_hours >= 0:
        yield Problem(
            "icu_hours",
            "icu_hours_invalid",
            "重症监护时长不能为负",
            "填写小时数",
            f"{case.icu_hours:g}",
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
