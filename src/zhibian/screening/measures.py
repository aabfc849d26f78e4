"""What a signal can ask of a page (筛查指标): the catalogue of measures, with units and fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "text"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a page (指标).

    Attributes
    ----------
    title
        In Chinese, with the unit.
    kind
        Whether it compares as a number or as text.
    digits
        Digits after the point where it is shown.
    fields
        Fields of the front page without which nobody can know it; where the layout lacks all of
        them, the signals that ask for it are not judged.
    """

    title: str
    kind: Kind = "number"
    digits: int = 0
    fields: tuple[str, ...] = ()


def _text(title: str, *fields: str) -> Measure:
    return Measure(title, "text", 0, fields)


def _number(title: str, *fields: str, digits: int = 0) -> Measure:
    return Measure(title, "number", digits, fields)


#: Measures of the page alone.
OF_PAGE: Mapping[str, Measure] = {
    "sex": _text("性别", "A12C"),
    "age": _number("年龄（岁）", "A14"),
    "days": _number("住院天数", "B20", "B12"),
    "discharge_way": _text("离院方式", "B34C"),
    "principal": _text("主要诊断编码", "C03C"),
    "principal_condition": _text("主要诊断入院病情", "C05C"),
    "principal_procedure": _text("主要手术操作编码", "C14C"),
    "others": _number("其他诊断条数", "C06C"),
    "procedures": _number("手术操作条数", "C14C"),
    "missing_conditions": _number("缺入院病情的其他诊断条数", "C08C"),
    "cost": _number("总费用（元）", "D01", digits=2),
    "icu_hours": _number("重症监护时长（小时）", "scs_cutd_ward_type", "icu_hours", digits=1),
    "ventilation_hours": _number("呼吸机使用时间（小时）", "vent_used_dura", digits=1),
    "coma_hours": _number("昏迷时间（小时）", "C28", "C29", "C30", "C31", "C32", "C33", digits=1),
    "fee_operation": _number("手术费（元）", "D20x02", digits=2),
    "fee_anaesthesia": _number("麻醉费（元）", "D20x01", digits=2),
    "fee_blood": _number("血费（元）", "D26", digits=2),
    "fee_albumin": _number("白蛋白类制品费（元）", "D27", digits=2),
    "fee_clotting": _number("凝血因子类制品费（元）", "D29", digits=2),
    "fee_material_treatment": _number("治疗用一次性医用材料费（元）", "D32", digits=2),
    "fee_material_operation": _number("手术用一次性医用材料费（元）", "D33", digits=2),
}
#: Measures of the group and of what counts towards it.
OF_GROUP: Mapping[str, Measure] = {
    "mdc": _text("主要诊断大类"),
    "adrg": _text("核心组"),
    "drg": _text("填报组"),
    "reason_in_chinese": _text("未入组原因"),
    "deciding_code": _text("决定分档的唯一编码"),
    "without_drg": _text("去掉该编码后的组"),
    "next_drg": _text("同一核心组高一档的组"),
    "weight": _number("权重", digits=4),
    "tariff_ratio": _number("总费用÷支付标准", "D01", digits=2),
}
#: Measures beside the other cases of the group; see group_statistics.
BESIDE_GROUP: Mapping[str, Measure] = {
    "cases_of_group": _number("本组病例数"),
    "cost_median": _number("本组费用中位数（元）", "D01", digits=2),
    "cost_ratio": _number("费用÷本组中位数", "D01", digits=2),
    "cost_score": _number("费用的稳健得分", "D01", digits=1),
    "cost_over_q10": _number("费用÷本组第 10 百分位", "D01", digits=2),
    "cost_over_q90": _number("费用÷本组第 90 百分位", "D01", digits=2),
    "days_median": _number("本组住院日中位数", digits=1),
    "days_ratio": _number("住院日÷本组中位数", digits=2),
    "days_score": _number("住院日的稳健得分", digits=1),
    "days_over_q90": _number("住院日÷本组第 90 百分位", digits=2),
    "cases_of_next": _number("高一档组病例数"),
    "next_cost_median": _number("高一档组费用中位数（元）", "D01", digits=2),
    "next_cost_ratio": _number("高一档组中位数÷本组中位数", "D01", digits=2),
    "next_nearness": _number("离高一档组比离本组近多少（对数）", "D01", digits=2),
    "without_cost_median": _number("去掉该编码后组的费用中位数（元）", "D01", digits=2),
    "without_nearness": _number("离去掉后的组比离本组近多少（对数）", "D01", digits=2),
    "death_grade": _text("病组死亡风险级", "B34C"),
}
#: Measures beside other stays of the same patient; see readmissions.
OF_PATIENT: Mapping[str, Measure] = {
    "days_since_discharge": _number("距前次出院（天）", "A48", "A20"),
    "same_core_group": _text("与前次同核心组", "A48", "A20"),
    "readmission_planned": _text("前次填无 31 天再住院计划", "B36C"),
}
MEASURES: Mapping[str, Measure] = {**OF_PAGE, **OF_GROUP, **BESIDE_GROUP, **OF_PATIENT}
#: What a condition can ask of the group; ``kind`` is surgical, procedural, medical or unknown.
GROUP_FACTS: frozenset[str] = frozenset({"status", "mdc", "adrg", "drg", "level", "kind", "reason"})
