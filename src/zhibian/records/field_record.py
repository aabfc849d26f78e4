"""Read the field-by-field record form (字段式病历), as research sets publish it.

One JSON object a record: 病案标识, 主诉, 现病史, …, 入院诊断, 诊疗经过, 出院医嘱. Each field is
a section of an admission record or of a discharge record. Such records carry no sex, age or
dates; they are coded, not grouped. Any code fields in them are answers and are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping

from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits, ReadCase, case_from_mapping

ID_FIELD = "病案标识"
_ADMISSION_FIELDS = ("主诉", "现病史", "既往史", "个人史", "婚姻史", "家族史", "入院诊断")
_DISCHARGE_FIELDS = ("入院情况", "诊疗经过", "出院情况", "出院诊断", "出院医嘱")


def is_field_record(raw: object) -> bool:
    """Return whether a parsed JSON object is in the field-by-field form."""
    return isinstance(raw, Mapping) and ID_FIELD in raw


def case_from_fields(raw: Mapping[str, object], source: str, limits: Limits) -> ReadCase:
    """Turn one field-by-field record into a case of two documents.

    Raises
    ------
    InputError
        A field is no text, or no field has any text.
    """
    problems = [
        Problem(field, "text_invalid", "不是文本", "填写文本或空字符串")
        for field in (*_ADMISSION_FIELDS, *_DISCHARGE_FIELDS)
        if raw.get(field) is not None and not isinstance(raw.get(field), str)
    ]
    if problems:
        raise InputError(source, problems)
    documents = [
        {"type": kind, "title": kind, "text": _joined(raw, fields)}
        for kind, fields in (("入院记录", _ADMISSION_FIELDS), ("出院记录", _DISCHARGE_FIELDS))
    ]
    id_given = raw.get(ID_FIELD)
    case = {
        "id": str(id_given) if isinstance(id_given, int) else id_given,
        "admission": None,
        "documents": [document for document in documents if document["text"]],
    }
    return case_from_mapping(case, source, limits)


def _joined(raw: Mapping[str, object], fields: tuple[str, ...]) -> str:
    """Write the fields as headed sections, the form the section reader knows."""
    return "\n".join(f"{field}：{raw[field]}" for field in fields if raw.get(field))
