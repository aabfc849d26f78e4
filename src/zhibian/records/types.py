"""The inpatient record and its front page (住院病历与病案首页).

Codes are text always: ``45.10`` and ``00.5500`` must never meet a number parser.
Sources of the value sets: the front page of inpatient medical records
(卫医政发〔2011〕84号) and the settlement list (医保结算清单).
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

CASE_FORMAT: Literal["zhibian-case/1"] = "zhibian-case/1"


class Sex(StrEnum):
    """Sex of the patient (性别), spelled as on the front page."""

    MALE = "男"
    FEMALE = "女"

    @property
    def digit(self) -> int:
        """Return the front page's code: 1 male, 2 female."""
        return 1 if self is Sex.MALE else 2


class EntryCondition(StrEnum):
    """Entry condition of a diagnosis (入院病情)."""

    PRESENT = "1"
    UNDETERMINED = "2"
    UNKNOWN = "3"
    NOT_PRESENT = "4"

    @property
    def chinese(self) -> str:
        """Return the word that the front page prints."""
        return {"1": "有", "2": "临床未确定", "3": "情况不明", "4": "无"}[self.value]


_NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d*)?\s*")
_SEX_SPELLINGS = {"1": "男", "2": "女", "M": "男", "F": "女", "男性": "男", "女性": "女"}


def _spell_sex(value: object) -> object:
    if isinstance(value, bool):
        return value
    text = str(value).strip() if isinstance(value, int | str) else value
    return _SEX_SPELLINGS.get(text, text) if isinstance(text, str) else text


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and value.strip() in {"", "-", "—"} else value


def _digit_is_text(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _time_is_written(value: object) -> object:
    """Refuse numbers: pydantic reads 20250302 as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise PydanticCustomError("datetime_parsing", "a number is no time")
    return value


OptionalTime = Annotated[
    datetime | None, BeforeValidator(_time_is_written), BeforeValidator(_blank_is_none)
]
OptionalCondition = Annotated[
    EntryCondition | None, BeforeValidator(_digit_is_text), BeforeValidator(_blank_is_none)
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=False)


class CodedDiagnosis(_Frozen):
    """One diagnosis line of the front page (诊断编码、名称、入院病情)."""

    code: str = Field(min_length=1, description="NHSA ICD-10 code, finest level 医保版疾病编码")
    name: str = Field(default="", description="Name as filed 诊断名称")
    poa: OptionalCondition = Field(
        default=None, description="Entry condition 入院病情: 1 有 2 临床未确定 3 情况不明 4 无"
    )


class CodedProcedure(_Frozen):
    """One procedure line of the front page (手术操作编码、名称、日期)."""

    code: str = Field(min_length=1, description="NHSA ICD-9-CM-3 code 医保版手术操作编码")
    name: str = Field(default="", description="Name as filed 手术操作名称")
    date: str | None = Field(default=None, description="Day of the procedure 手术操作日期")


class FrontPage(_Frozen):
    """What the hospital filed (已填报的病案首页)."""

    principal: CodedDiagnosis = Field(description="Principal diagnosis 主要诊断")
    others: tuple[CodedDiagnosis, ...] = Field(default=(), description="Other diagnoses 其他诊断")
    procedures: tuple[CodedProcedure, ...] = Field(
        default=(), description="Procedures, the principal one first 手术及操作，主要手术在首位"
    )


class Admission(_Frozen):
    """The stay itself (住院信息)."""

    sex: Annotated[Sex, BeforeValidator(_spell_sex)] = Field(description="Sex 性别: 男 女 or 1 2")
    age: int = Field(ge=0, le=150, strict=True, description="Age in full years 年龄（岁）")
    age_days: int | None = Field(
        default=None, ge=0, le=366, strict=True, description="Age in days below one year 日龄（天）"
    )
    birth_weight_g: float | None = Field(
        default=None, gt=0, le=20000, description="Birth weight in grams 新生儿出生体重（克）"
    )
    admission_weight_g: float | None = Field(
        default=None,
        gt=0,
        le=20000,
        description="Weight at admission in grams 入院体重（克）",
    )
    admitted: OptionalTime = Field(default=None, description="Time of admission 入院时间")
    discharged: OptionalTime = Field(default=None, description="Time of discharge 出院时间")
    admission_route: str | None = Field(default=None, description="Route of admission 入院途径")
    discharge_way: Annotated[str | None, BeforeValidator(_digit_is_text)] = Field(
        default=None,
        description="Discharge way 离院方式: 1 医嘱离院 2 转院 3 转社区 4 非医嘱离院 5 死亡 9 其他",
    )
    department: str | None = Field(default=None, description="Department 出院科别")
    total_cost: float | None = Field(
        default=None, ge=0, le=99_999_999.99, description="Total cost in yuan 住院总费用（元）"
    )

    @property
    def length_of_stay(self) -> int | None:
        """Return days of stay 住院天数: day of discharge less day of admission, at least 1."""
        if self.admitted is None or self.discharged is None:
            return None
        return max(1, (self.discharged.date() - self.admitted.date()).days)


class Document(_Frozen):
    """One clinical document (病历文书). Offsets of evidence point into ``text``."""

    type: str = Field(min_length=1, description="Kind of document 文书类型, such as 入院记录")
    title: str = Field(default="", description="Title 标题")
    time: str | None = Field(default=None, description="Time as written 记录时间")
    text: str = Field(description="The text as written 正文")


class Case(_Frozen):
    """One admission with its documents and, if filed, its front page (病例)."""

    format: Literal["zhibian-case/1"] = Field(
        default=CASE_FORMAT, description="Name and version of this format"
    )
    id: str = Field(
        pattern=r"^[\w.\-]{1,64}$",
        description="Case id 病例标识: letters, digits, . _ -; never a name of a patient",
    )
    admission: Admission | None = Field(
        description="The stay 住院信息; null only where the source has none: coded, but not grouped"
    )
    documents: tuple[Document, ...] = Field(min_length=1, description="Documents 病历文书")
    coded_front_page: FrontPage | None = Field(
        default=None, description="Filed front page 已填报首页; null when nothing is filed yet"
    )
