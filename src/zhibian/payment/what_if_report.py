"""The answer to "what if" as published (改动与敏感性的输出格式): ``zhibian-what-if/1``.

Its JSON Schema is generated from these types (``zhibian schema what-if``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from zhibian.grouping.sensitivity import DiagnosisInfluence, GroupInfluence, Sensitivity
from zhibian.grouping.types import CodeConversion, Grouping
from zhibian.grouping.what_if import ChangeKind, WhatIf
from zhibian.payment.tariff import Tariff
from zhibian.payment.what_if import WeighedAlternative, weigh, weight_of
from zhibian.terminology.crosswalk import ConversionKind

WHAT_IF_FORMAT: Literal["zhibian-what-if/1"] = "zhibian-what-if/1"
STATEMENT = (
    "只陈列各种改动的分组结果，按改动种类和首页顺序排列，不作推荐；编码须以病历为据，由编码员确认。"
)

_Level = Literal["MCC", "CC", "NONE"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GroupOut(_Frozen):
    """A case's group under one scheme (分组结果)."""

    scheme: str = Field(description="Scheme 分组方案")
    status: str = Field(
        description="grouped, ungrouped, ambiguous, invalid, not_covered or insufficient_data 状态"
    )
    mdc: str = Field(description="Major diagnostic category, empty when none 主要诊断大类")
    adrg: str = Field(description="Core group, empty when none 核心组")
    drg: str = Field(description="Group, empty when none 细分组")
    name: str = Field(description="Name of the group 病组名称")
    level: _Level | None = Field(description="Level of the case, null without a group 伴随等级")
    reason: str | None = Field(description="Why there is no group (SPEC 2.7) 未入组原因")
    problems: tuple[str, ...] = Field(description="What is wrong or missing, in Chinese 输入问题")
    weight: float | None = Field(
        description="Weight RW where the tariff knows the group, else null 权重"
    )


class CaseOut(_Frozen):
    """The case as filed, in NHSA codes (病例)."""

    principal: str | None = Field(description="Principal diagnosis 主要诊断")
    others: tuple[str, ...] = Field(description="Other diagnoses 其他诊断")
    procedures: tuple[str, ...] = Field(description="Procedures, the main one first 手术及操作")
    sex: int | None = Field(description="1 male, 2 female 性别")
    age: int | None = Field(description="Full years 年龄")
    age_days: int | None = Field(description="Days, below one year 日龄")
    weight_g: float | None = Field(description="Newborn weight in grams 新生儿体重")
    days: int | None = Field(description="Length of stay in days 住院天数")
    discharge_way: int | None = Field(description="Discharge way 离院方式")
    department: str | None = Field(description="Department 科别")
    icu_hours: float | None = Field(description="Hours in intensive care 重症监护时长")


class ConversionOut(_Frozen):
    """A code that was converted from the code set of the page (编码转换)."""

    field: str = Field(description="principal, others.0, procedures.1 位置")
    source: str | None = Field(description="The code as filed, null where it is no code 原编码")
    target: str | None = Field(description="NHSA code, null without a certain one 医保版编码")
    kind: ConversionKind = Field(description="What became of it; homonym: look at it 转换结果")
    note: str = Field(description="Explanation in Chinese 说明")
    candidates: tuple[str, ...] = Field(description="NHSA codes that the map leads to 候选")
    source_name: str | None = Field(description="For homonyms: name in the source edition 原名称")
    nhsa_name: str | None = Field(description="For homonyms: NHSA name of that code 医保版名称")
    crosswalk: str = Field(description="Id of the map 映射表")


class AlternativeOut(_Frozen):
    """One change and its group (一处改动)."""

    kind: ChangeKind = Field(description="What is changed 改动种类")
    code: str = Field(description="Code concerned, or the other scheme 编码或方案")
    name: str = Field(description="Name of the code 名称")
    position: int = Field(ge=0, description="Place in its list, from 0 位置")
    instead_of: str = Field(description="Code that gives way, empty for other kinds 被替换的编码")
    after: GroupOut = Field(description="Group after the change 改动后的分组")
    mdc_changed: bool = Field(description="Category is another 大类变化")
    adrg_changed: bool = Field(description="Core group is another 核心组变化")
    group_changed: bool = Field(description="Group or status is another 病组变化")
    level_changed: bool = Field(description="Level is another 等级变化")


class DiagnosisInfluenceOut(_Frozen):
    """What one other diagnosis does to level and group (其他诊断的作用)."""

    code: str = Field(description="The diagnosis 诊断编码")
    name: str = Field(description="Its name 名称")
    position: int = Field(ge=0, description="Place among the other diagnoses, from 0 位置")
    level: _Level = Field(description="Its level in the scheme 级别")
    standing: Literal["counted", "outranked", "excluded", "not_cc"] = Field(
        description="Counts at the level of the case, below it, excluded, or neither 作用"
    )
    redundant: bool = Field(description="Counts, but others hold the level without it 非唯一")
    table: str = Field(description="Exclusion table that it refers to 排除表")
    principal_table: str = Field(description="Exclusion table of the principal 主要诊断所属排除表")
    counts_beside: tuple[str, ...] = Field(
        description="Excluded: diagnoses of this case beside which it would count 不排除它的诊断"
    )
    changes_level: bool = Field(description="Level is another without it 决定等级")
    changes_group: bool = Field(description="Group or status is another without it 决定病组")
    without: GroupOut = Field(description="Group without it 去掉后的分组")


class GroupInfluenceOut(_Frozen):
    """What the principal diagnosis or a procedure does to the core group (入组的决定因素)."""

    role: Literal["principal", "procedure"] = Field(description="Where it stands 位置")
    code: str = Field(description="The code 编码")
    name: str = Field(description="Its name 名称")
    position: int = Field(ge=0, description="Place among the procedures, from 0 位置")
    changes_adrg: bool = Field(description="Core group is another without it 决定核心组")
    changes_group: bool = Field(description="Group or status is another without it 决定病组")
    without: GroupOut = Field(description="Group without it 去掉后的分组")


class SensitivityOut(_Frozen):
    """Which codes decide (敏感性)."""

    diagnoses: tuple[DiagnosisInfluenceOut, ...] = Field(description="Other diagnoses 其他诊断")
    codes: tuple[GroupInfluenceOut, ...] = Field(
        description="Principal diagnosis, then procedures 主要诊断与手术操作"
    )


class WhatIfReport(_Frozen):
    """A case, its group, its alternatives and what decides (改动与敏感性)."""

    format: Literal["zhibian-what-if/1"] = Field(
        default=WHAT_IF_FORMAT, description="Name and version of this format"
    )
    statement: str = Field(default=STATEMENT, description="How to read it 声明")
    tariff: str | None = Field(description="Tariff of the weights, null without one 支付标准")
    case: CaseOut = Field(description="The case as filed, in NHSA codes 病例")
    conversions: tuple[ConversionOut, ...] = Field(description="Converted codes 编码转换")
    before: GroupOut = Field(description="Group as filed 填报分组")
    explanation: tuple[str, ...] = Field(description="Trace of the group as filed 分组过程")
    alternatives: tuple[AlternativeOut, ...] = Field(
        description="By kind of change, then by place in the record; never by weight 各种改动"
    )
    sensitivity: SensitivityOut = Field(description="What decides 敏感性")


def what_if_report(
    found: WhatIf,
    decided: Sensitivity,
    tariff: Tariff | None,
    names: Mapping[str, str],
    explanation: tuple[str, ...] = (),
    conversions: tuple[CodeConversion, ...] = (),
) -> WhatIfReport:
    """Put alternatives, weights and sensitivity into the published format.

    Parameters
    ----------
    found
        Alternatives of a case.
    decided
        Its sensitivity.
    tariff
        Tariff for the weights; None for no weights.
    names
        Names of diagnoses and procedures by code.
    explanation
        Trace of the grouping as filed, in Chinese.
    conversions
        What became of codes filed in another code set.
    """
    return WhatIfReport(
        tariff=tariff.id if tariff else None,
        case=CaseOut.model_validate(asdict(found.case)),
        conversions=tuple(ConversionOut.model_validate(c.to_json()) for c in conversions),
        before=_group(found.before, weight_of(found.before, tariff)),
        explanation=explanation,
        alternatives=tuple(_alternative(w, names) for w in weigh(found, tariff)),
        sensitivity=SensitivityOut(
            diagnoses=tuple(_diagnosis(d, tariff, names) for d in decided.diagnoses),
            codes=tuple(_code(c, tariff, names) for c in decided.codes),
        ),
    )


def _group(grouping: Grouping, weight: Decimal | None) -> GroupOut:
    return GroupOut(
        scheme=grouping.scheme,
        status=grouping.status.value,
        mdc=grouping.mdc,
        adrg=grouping.adrg,
        drg=grouping.drg,
        name=grouping.drg_name,
        level=grouping.level.value if grouping.level else None,
        reason=grouping.reason.value if grouping.reason else None,
        problems=tuple(p.render() for p in grouping.problems),
        weight=None if weight is None else float(weight),
    )


def _alternative(weighed: WeighedAlternative, names: Mapping[str, str]) -> AlternativeOut:
    found = weighed.alternative
    return AlternativeOut(
        kind=found.change.kind,
        code=found.change.code,
        name=names.get(found.change.code, ""),
        position=found.change.position,
        instead_of=found.change.instead_of,
        after=_group(found.after, weighed.after),
        mdc_changed=found.mdc_changed,
        adrg_changed=found.adrg_changed,
        group_changed=found.group_changed,
        level_changed=found.level_changed,
    )


def _diagnosis(
    found: DiagnosisInfluence, tariff: Tariff | None, names: Mapping[str, str]
) -> DiagnosisInfluenceOut:
    return DiagnosisInfluenceOut(
        code=found.code,
        name=names.get(found.code, ""),
        position=found.position,
        level=found.level.value,
        standing=found.standing,
        redundant=found.redundant,
        table=found.table,
        principal_table=found.principal_table,
        counts_beside=found.counts_beside,
        changes_level=found.changes_level,
        changes_group=found.changes_group,
        without=_group(found.without, weight_of(found.without, tariff)),
    )


def _code(
    found: GroupInfluence, tariff: Tariff | None, names: Mapping[str, str]
) -> GroupInfluenceOut:
    return GroupInfluenceOut(
        role=found.role,
        code=found.code,
        name=names.get(found.code, ""),
        position=found.position,
        changes_adrg=found.changes_adrg,
        changes_group=found.changes_group,
        without=_group(found.without, weight_of(found.without, tariff)),
    )
