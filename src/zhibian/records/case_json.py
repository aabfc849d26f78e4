"""Read the case JSON format (病例 JSON): every problem at once, nothing guessed.

The evaluation-only ``gold`` block is dropped here, before anything else sees the
case, so that it can never reach coding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from zhibian.problems import InputError, Problem, errors
from zhibian.records.types import Admission, Case, FrontPage, OptionalTime

CodeCheck = Callable[[str, str, str | None, str, bool], Iterable[Problem]]
"""``(kind, code, name, field, principal) -> problems``; kind is diagnosis or procedure."""

EVALUATION_ONLY = "gold"

_TIME: TypeAdapter[datetime | None] = TypeAdapter(OptionalTime)
_DAYS_OF_A_YEAR = 365

_REMEDIES = {
    "sex": "填写 男 或 女（也可用 1 或 2）",
    "age": "填写周岁整数，未满 1 岁填 0 并填写日龄 age_days",
    "age_days": "未满 1 岁填写 0–366 的整数；其他病例填 null",
    "admitted": "按 2025-03-02 09:10 的格式填写入院时间",
    "discharged": "按 2025-03-11 10:00 的格式填写出院时间",
    "birth_weight_g": "填写以克为单位的数字，如 1850",
    "admission_weight_g": "填写以克为单位的数字，如 1850",
    "total_cost": "填写以元为单位的非负数字",
    "principal": "首页必须且只能有一个主要诊断",
    "code": "填写医保版编码文本，如 I50.908",
    "poa": "填写 1 有、2 临床未确定、3 情况不明、4 无，未填写用 null",
    "documents": "至少提供一份病历文书",
    "text": "填写文书正文文本",
    "id": "使用 1–64 个字母、数字、下划线、点或连字符，不要含姓名",
    "type": "填写文书类型，如 入院记录、出院记录",
    "admission": "提供 admission；确无住院信息时明确写 null（只编码不分组）",
    "format": "当前支持 zhibian-case/1",
}
_REASONS = {
    "missing": "缺少必填项",
    "none_required": "应为空",
    "int_type": "不是整数",
    "int_from_float": "不是整数",
    "float_type": "不是数字",
    "float_parsing": "不是数字",
    "string_type": "不是文本",
    "string_too_short": "为空",
    "string_pattern_mismatch": "含不允许的字符或长度不符",
    "enum": "不在值域内",
    "literal_error": "版本不受支持",
    "datetime_from_date_parsing": "不是有效时间",
    "datetime_parsing": "不是有效时间",
    "datetime_type": "不是有效时间",
    "greater_than": "低于允许范围",
    "greater_than_equal": "低于允许范围",
    "less_than_equal": "超出允许范围",
    "too_short": "为空",
    "tuple_type": "不是列表",
    "model_type": "不是对象",
    "model_attributes_type": "不是对象",
}
# Fields whose values are codes, numbers or dates, shown where they look like one: an export with
# shifted columns may have a name there. Everything else may hold text about a patient and is
# never echoed.
_SHOWABLE = {
    "age",
    "age_days",
    "admitted",
    "discharged",
    "birth_weight_g",
    "admission_weight_g",
    "total_cost",
    "poa",
    "sex",
    "discharge_way",
}
_NUMBER_OR_DATE = re.compile(r"[0-9.:+\-/TZ 年月日时分]{1,24}|[A-Za-z]")
_CODE = re.compile(r"[A-Za-z]?[0-9][0-9A-Za-z.+*]{1,24}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an input may be.

    Attributes
    ----------
    document_chars
        Longest document, in characters.
    file_bytes
        Largest file, in bytes.
    """

    document_chars: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class ReadCase:
    """A case that can be used, with the warnings that came up while reading it."""

    case: Case
    warnings: tuple[Problem, ...]


def decode(raw: bytes, source: str, limits: Limits) -> str:
    """Return the text of a file.

    Raises
    ------
    InputError
        The file is empty, larger than ``limits.file_bytes`` or not UTF-8.
    """
    if len(raw) > limits.file_bytes:
        raise InputError(
            source,
            [
                Problem(
                    "文件",
                    "file_too_large",
                    f"文件为 {len(raw)} 字节，超过上限 {limits.file_bytes} 字节",
                    "一个文件只放一个病例；超长文书请按份拆分",
                )
            ],
        )
    if not raw.strip():
        raise InputError(source, [Problem("文件", "file_empty", "文件为空", "检查导出是否完成")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise InputError(
            source,
            [
                Problem(
                    "文件",
                    "not_utf8",
                    f"第 {bad.start + 1} 字节起不是 UTF-8 编码",
                    "将文件另存为 UTF-8；GBK 文件可用 iconv -f GB18030 -t UTF-8 转换",
                )
            ],
        ) from None
    if not text:
        raise InputError(source, [Problem("文件", "file_empty", "文件为空", "检查导出是否完成")])
    return text


def parse_json(text: str, source: str) -> Any:
    """Return the parsed JSON, or raise InputError with line and column.

    A key written twice in one object (two principal diagnoses, say) is refused: JSON readers
    keep the last one in silence.
    """
    repeated: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        block = dict(pairs)
        if len(block) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated.extend(key for key in block if keys.count(key) > 1)
        return block

    try:
        parsed = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as bad:
        problem = Problem(
            f"第 {bad.lineno} 行第 {bad.colno} 列",
            "not_json",
            "不是有效的 JSON",
            "检查该处的引号、逗号和括号",
        )
    except RecursionError:
        problem = Problem("文件", "not_json", "JSON 嵌套过深", "按病例 JSON 格式重新导出")
    except ValueError:  # Python refuses to read integers of thousands of digits
        problem = Problem("文件", "not_json", "含位数过多的整数", "按病例 JSON 格式重新导出")
    else:
        if not repeated:
            return parsed
        raise InputError(source, [_key_repeated(key) for key in dict.fromkeys(repeated)])
    raise InputError(source, [problem])


def _key_repeated(key: str) -> Problem:
    return Problem(
        _SURROGATE.sub("?", key), "key_repeated", "同一对象中重复出现", "每个字段只写一次"
    )


def case_from_mapping(
    raw: object, source: str, limits: Limits, check_code: CodeCheck | None = None
) -> ReadCase:
    """Turn one parsed JSON object into a case.

    Parameters
    ----------
    raw
        The parsed JSON object. A ``gold`` block in it is dropped unread.
    source
        Name for messages.
    limits
        Size limits.
    check_code
        Says what is wrong with a filed code; None leaves codes unchecked.

    Raises
    ------
    InputError
        With every error of the case, and its warnings.
    """
    if not isinstance(raw, Mapping):
        raise InputError(
            source,
            [Problem("文件", "not_a_case", "最外层不是一个病例对象", "一个文件放一个病例对象")],
        )
    given = {key: value for key, value in raw.items() if key != EVALUATION_ONLY}
    problems = list(_front_page_problems(given.get("coded_front_page")))
    case: Case | None = None
    try:
        case = Case.model_validate(_one_principal(given))
    except ValidationError as bad:
        problems.extend(_shape_problems(bad, given))
    problems.extend(_unknown_fields(given))
    problems.extend(_broken_characters(given))
    problems.extend(_text_problems(given.get("documents"), limits))
    problems.extend(_stay_problems(given))
    if check_code is not None:
        problems.extend(_code_problems(given.get("coded_front_page"), check_code))
    if case is None or errors(problems):
        raise InputError(source, problems)
    return ReadCase(case, tuple(problems))


def read_case(path: Path, limits: Limits, check_code: CodeCheck | None = None) -> ReadCase:
    """Read one case file; see :func:`case_from_mapping` for the errors."""
    text = decode(path.read_bytes(), path.name, limits)
    return case_from_mapping(parse_json(text, path.name), path.name, limits, check_code)


def _one_principal(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take the first of several principals, so that the rest of the page is checked too."""
    page = given.get("coded_front_page")
    if isinstance(page, Mapping) and isinstance(page.get("principal"), list):
        first = page["principal"][0] if page["principal"] else None
        return {**given, "coded_front_page": {**page, "principal": first}}
    return given


def _front_page_problems(page: object) -> Iterator[Problem]:
    if not isinstance(page, Mapping):
        return
    principal = page.get("principal")
    if isinstance(principal, list) and len(principal) != 1:
        yield Problem(
            "coded_front_page.principal",
            "principal_not_single",
            f"有 {len(principal)} 个主要诊断",
            _REMEDIES["principal"],
        )
    codes = [_code_of(entry) for entry in _entries(page.get("others"))]
    first = principal[0] if isinstance(principal, list) and principal else principal
    principal_code = _code_of(first)
    for index, code in enumerate(codes):
        field = f"coded_front_page.others[{index}].code"
        if code and code == principal_code:
            yield Problem(
                field,
                "principal_repeated",
                "与主要诊断重复",
                "从其他诊断中删除主要诊断",
                _shown(code, _CODE),
            )
        elif code and code in codes[:index]:
            yield Problem(
                field,
                "diagnosis_repeated",
                "其他诊断重复",
                "删除重复的一行",
                _shown(code, _CODE),
                "warning",
            )


def _entries(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _code_of(entry: object) -> str | None:
    code = entry.get("code") if isinstance(entry, Mapping) else None
    return code if isinstance(code, str) and code else None


def _name_of(entry: object) -> str | None:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) and name else None


def _shown(value: object, shape: re.Pattern[str]) -> str | None:
    """Return a value that may be shown, None where it may be free text."""
    text = str(value)
    return text if shape.fullmatch(text) else None


def _field_of(location: Iterable[int | str]) -> str:
    parts: list[str] = []
    for part in location:
        if isinstance(part, int) and parts:
            parts[-1] += f"[{part}]"
        else:
            parts.append(str(part))
    return _SURROGATE.sub("?", ".".join(parts))


def _shape_problems(bad: ValidationError, given: Mapping[str, Any]) -> Iterator[Problem]:
    for error in bad.errors(include_url=False, include_context=False):
        location = error["loc"]
        last = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
        missing = error["type"] == "missing" or (
            error["input"] is None and error["type"] != "none_required"
        )
        shown = None
        if last in _SHOWABLE and not missing and isinstance(error["input"], str | int | float):
            shown = _shown(error["input"], _NUMBER_OR_DATE)
        yield Problem(
            _field_of(location),
            f"{last}_missing" if missing else f"{last}_invalid",
            _REASONS["missing"] if missing else _REASONS.get(error["type"], "类型或取值不正确"),
            _REMEDIES.get(last, "按病例 JSON Schema 填写（zhibian schema case）"),
            shown,
        )


def _unknown_fields(given: Mapping[str, Any]) -> Iterator[Problem]:
    """Name fields that the format does not have: most often a slip in a name."""
    known = {
        "": set(Case.model_fields),
        "admission": set(Admission.model_fields),
        "coded_front_page": set(FrontPage.model_fields),
    }
    for scope, names in known.items():
        block = given if not scope else given.get(scope)
        if not isinstance(block, Mapping):
            continue
        # `style` is a free remark that describes a record's wording.
        for name in sorted(set(map(str, block)) - names - {"style"}):
            yield Problem(
                _field_of((scope, name) if scope else (name,)),
                "field_unknown",
                "格式中没有这一项，已忽略",
                "核对字段名（zhibian schema case）",
                severity="warning",
            )


def _broken_characters(given: Mapping[str, Any]) -> Iterator[Problem]:
    """Name fields with half a character (a lone surrogate), which no file or screen can hold."""
    waiting: list[tuple[tuple[int | str, ...], object]] = [((), given)]
    while waiting:
        location, value = waiting.pop(0)
        if isinstance(value, str) and _SURROGATE.search(value):
            yield Problem(
                _field_of(location),
                "characters_broken",
                "含残缺字符（不成对的 Unicode 代理项）",
                "从源系统重新导出这一项",
            )
        elif isinstance(value, Mapping):
            waiting.extend(((*location, str(key)), inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(((*location, index), inner) for index, inner in enumerate(value))


def _text_problems(documents: object, limits: Limits) -> Iterator[Problem]:
    entries = _entries(documents)
    for index, entry in enumerate(entries):
        text = entry.get("text") if isinstance(entry, Mapping) else None
        if isinstance(text, str) and len(text) > limits.document_chars:
            yield Problem(
                f"documents[{index}].text",
                "text_too_long",
                f"正文 {len(text)} 字，超过上限 {limits.document_chars} 字",
                "确认不是误导出；确需处理时拆成多份文书",
            )
    texts = [entry.get("text") for entry in entries if isinstance(entry, Mapping)]
    if entries and all(isinstance(text, str) and not text.strip() for text in texts):
        yield Problem("documents", "text_empty", "所有文书正文均为空", "检查文书是否导出完整")


def _stay_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    """Check what the fields of a stay say together, as far as each can be read by itself."""
    if "admission" in given and given["admission"] is None:
        yield Problem(
            "admission",
            "admission_absent",
            "没有住院信息，只编码不分组",
            _REMEDIES["admission"],
            severity="warning",
        )
    stay = given.get("admission")
    if not isinstance(stay, Mapping):
        return
    yield from _time_problems(_time(stay.get("admitted")), _time(stay.get("discharged")))
    age, days = _whole(stay.get("age")), _whole(stay.get("age_days"))
    if age == 0 and days is None:
        yield Problem(
            "admission.age_days",
            "age_days_missing",
            "未满 1 岁未填日龄，新生儿病组无法判定",
            _REMEDIES["age_days"],
            severity="warning",
        )
    if age and days is not None and days < _DAYS_OF_A_YEAR:
        yield Problem(
            "admission.age_days",
            "age_days_conflict",
            "年龄已满 1 岁而日龄小于 365 天",
            "核对年龄与日龄",
            str(days),
        )


def _time(value: object) -> datetime | None:
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _time_problems(admitted: datetime | None, discharged: datetime | None) -> Iterator[Problem]:
    if admitted is None or discharged is None:
        return
    if (admitted.tzinfo is None) != (discharged.tzinfo is None):
        yield Problem(
            "admission.discharged",
            "time_zone_mixed",
            "入院与出院时间一个带时区、一个不带",
            "统一为不带时区的当地时间",
        )
    elif discharged < admitted:
        yield Problem(
            "admission.discharged",
            "discharge_before_admission",
            "出院时间早于入院时间",
            "核对入院、出院时间",
            discharged.isoformat(sep=" ", timespec="minutes"),
        )


def _code_problems(page: object, check_code: CodeCheck) -> Iterator[Problem]:
    if not isinstance(page, Mapping):
        return
    principal = page.get("principal")
    principals = _entries(principal) or [principal]
    lines = [
        *(("diagnosis", "principal", entry, True) for entry in principals),
        *(
            ("diagnosis", f"others[{index}]", entry, False)
            for index, entry in enumerate(_entries(page.get("others")))
        ),
        *(
            ("procedure", f"procedures[{index}]", entry, index == 0)
            for index, entry in enumerate(_entries(page.get("procedures")))
        ),
    ]
    for kind, place, entry, is_principal in lines:
        code = _code_of(entry)
        if code is None:
            continue
        field = f"coded_front_page.{place}.code"
        yield from check_code(kind, code, _name_of(entry), field, is_principal)
