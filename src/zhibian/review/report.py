"""The review of one case (病例审核结果), as written to ``<case id>.json``.

This is the published output format ``zhibian-report/1``; its JSON Schema is
generated from these types (``zhibian schema report``).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

REPORT_FORMAT: Literal["zhibian-report/1"] = "zhibian-report/1"
DISCLAIMER = "分组与支付差异为测算结果，仅供编码核对参考，以医保结算为准；编码由编码员确认。"

Level = Literal["MCC", "CC", "none"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvidenceOut(_Frozen):
    """A sentence that supports or contradicts a code (依据)."""

    document: int = Field(ge=0, description="Index into the case's documents, from 0 文书序号")
    start: int = Field(ge=0, description="First character of the quote in documents[document].text")
    end: int = Field(ge=0, description="One past the last character of the quote")
    quote: str = Field(description="documents[document].text[start:end] 原文")
    section: str = Field(description="Section it stands in 段落")
    assertion: Literal[
        "present", "negated", "possible", "historical", "family", "planned", "conditional"
    ] = Field(description="What the record says of it there 断言")
    source: str = Field(description="Id of the rule that trusts this place 来源规则")


class AlternativeOut(_Frozen):
    """Another code for the same place (备选编码)."""

    code: str = Field(description="Code 编码")
    name: str = Field(description="Official name 名称")
    score: float = Field(description="Orders alternatives of one source; no probability 分值")
    source: Literal["rank", "record", "linker", "classifier"] = Field(
        description="Next in the choice, another finding, the linker or the classifier 来源"
    )


class SupportOut(_Frozen):
    """How far measured facts back a proposed CC or MCC (客观证据支持程度)."""

    status: Literal["supported", "weak", "not_assessed"] = Field(
        description="有客观证据、未见客观证据、未评估"
    )
    condition: str | None = Field(description="Id of the evidence rule applied 证据规则")
    reason: str = Field(description="One sentence for the coder 说明")
    indicators: tuple[EvidenceOut, ...] = Field(
        description="What backs it, or the nearest values that do not 指标"
    )


class DiagnosisOut(_Frozen):
    """A proposed diagnosis (建议诊断)."""

    code: str = Field(description="NHSA ICD-10 2.0 code 医保版疾病编码")
    name: str = Field(description="Official name 名称")
    poa: Literal["1", "2", "3", "4"] = Field(
        description="Entry condition 入院病情: 1 有 2 临床未确定 3 情况不明 4 无"
    )
    poa_reason: str = Field(description="Id of the rule that gave the entry condition")
    confidence: float = Field(
        ge=0, le=1, description="Calibrated: the share of such proposals that is right 置信度"
    )
    level: Level = Field(description="Level in the scheme, before exclusion 级别")
    counted: bool = Field(description="Whether it counts towards the DRG's level 是否计入分组")
    raised_by: str = Field(description="What proposed it: alias, name, link, combination rule")
    evidence: tuple[EvidenceOut, ...] = Field(description="Sentences, best first")
    support: SupportOut | None = Field(
        default=None,
        description="For a CC or MCC: whether measured facts back it; null for others 证据支持",
    )
    alternatives: tuple[AlternativeOut, ...] = Field(
        default=(), description="Other codes for the same place, best first 备选编码"
    )


class ProcedureOut(_Frozen):
    """A proposed procedure (建议手术操作)."""

    code: str = Field(description="NHSA ICD-9-CM-3 2.0 code 医保版手术操作编码")
    name: str = Field(description="Official name 名称")
    poa: None = Field(default=None, description="Procedures have no entry condition; always null")
    date: str | None = Field(description="Day of the procedure, if written 日期")
    confidence: float = Field(
        ge=0, le=1, description="Calibrated: the share of such proposals that is right 置信度"
    )
    raised_by: str = Field(description="What proposed it: name or rule 提出来源")
    evidence: tuple[EvidenceOut, ...] = Field(description="Sentences, best first 依据")
    alternatives: tuple[AlternativeOut, ...] = Field(
        default=(), description="Other codes for the same place, best first 备选编码"
    )


class DoubtfulOut(_Frozen):
    """What coding is too unsure of to propose (存疑编码): for the coder to judge."""

    diagnoses: tuple[DiagnosisOut, ...] = Field(default=(), description="Diagnoses 诊断")
    procedures: tuple[ProcedureOut, ...] = Field(default=(), description="Procedures 手术操作")


class GroupingOut(_Frozen):
    """A DRG and why (分组结果与理由)."""

    scheme: str = Field(description="Rule pack 分组方案")
    status: str = Field(description="grouped, ambiguous, ungrouped, invalid or not_covered 状态")
    mdc: str | None = Field(description="Major diagnostic category 主要诊断大类")
    adrg: str | None = Field(description="Core group 核心组 ADRG")
    drg: str | None = Field(description="Group 病组 DRG")
    name: str | None = Field(description="Name of the DRG 病组名称")
    reason: str | None = Field(description="Why there is no DRG (SPEC 2.7) 未入组原因")
    explanation: tuple[str, ...] = Field(description="The trace in Chinese 分组说明")
    trace: tuple[dict[str, Any], ...] = Field(description="The machine-readable trace 分组轨迹")
    payment: PaymentOut | None = Field(description="null when no tariff is applied")


class PaymentOut(_Frozen):
    """Payment standard of a group under a named tariff (支付标准)."""

    tariff: str = Field(description="Id of the tariff 支付标准")
    variant: str = Field(description="Rate variant, such as 三级职工 费率类别")
    status: str = Field(
        description="priced, ungrouped, no_rate, no_standard, no_weight, placeholder, uncovered, "
        "by_item or not_in_tariff 状态"
    )
    weight: float | None = Field(description="Relative weight 权重 RW")
    amount: float | None = Field(description="Payment standard in yuan 支付标准（元）")
    note: str | None = Field(description="The status in Chinese 说明")


class GroupingsOut(_Frozen):
    """The filed and the proposed front page, grouped (两份首页的分组)."""

    filed: GroupingOut | None = Field(description="null when nothing is filed or no tariff is used")
    proposed: GroupingOut | None = Field(description="null when no principal is proposed")


class MissedOut(_Frozen):
    """A diagnosis or procedure that the record supports and the filed page lacks (疑似漏报)."""

    kind: Literal["diagnosis", "procedure"] = Field(description="诊断或手术操作")
    code: str = Field(description="Proposed code 编码")
    name: str = Field(description="Official name 名称")
    level: Level = Field(description="CC/MCC level before exclusion 级别")
    confidence: float = Field(description="Calibrated confidence 置信度")
    instead_of: str | None = Field(description="Filed, less specific code of the same disease")
    evidence: tuple[EvidenceOut, ...] = Field(description="Sentences that support it 依据")


class UnsupportedOut(_Frozen):
    """A filed code that the record does not support (疑似无依据编码)."""

    kind: Literal["principal", "diagnosis", "procedure"] = Field(
        description="Where it is filed 主要诊断、其他诊断或手术操作"
    )
    code: str = Field(description="Filed code 编码")
    name: str = Field(description="Official name 名称")
    level: Level = Field(description="CC/MCC level before exclusion 级别")
    reason: Literal[
        "not_mentioned",
        "denied",
        "only_possible",
        "only_history",
        "only_mentioned",
        "weak_indicators",
    ] = Field(description="Why it is doubted 原因")
    message: str = Field(description="The reason in Chinese 说明")
    evidence: tuple[EvidenceOut, ...] = Field(description="What the record says instead")


class FlagsOut(_Frozen):
    """Both directions, equally loud (双向提示)."""

    missed: tuple[MissedOut, ...] = Field(description="疑似漏报, by level then trust")
    unsupported: tuple[UnsupportedOut, ...] = Field(description="疑似无依据, by level")
    principal_differs: bool | None = Field(
        description="Whether filed and proposed principal differ in their first three characters"
    )


class QueryOut(_Frozen):
    """A neutral question to the clinician (临床询问)."""

    id: str = Field(description="Id of the question 询问标识")
    condition: str = Field(description="Condition that the indicators may mean 情况")
    question: str = Field(description="The question as shown to the clinician 询问内容")
    options: tuple[str, ...] = Field(
        default=(), description="Answers to choose from, none of them favoured 选项"
    )
    indicators: tuple[EvidenceOut, ...] = Field(description="Where the indicators stand 指标")


class DecisionOut(_Frozen):
    """A parameter that decided a settlement (结算依据)."""

    parameter: str = Field(description="Name in the rule set 参数")
    value: str = Field(description="Its value 取值")
    source: str = Field(description="Where it comes from 来源")
    verified: bool = Field(description="Whether read in a document of the region 是否核实")


class SettlementOut(_Frozen):
    """What a case would be paid under one group (结算测算)."""

    kind: str = Field(description="Class: normal, low, high, long_stay, ambiguous ... 病例类型")
    kind_name: str = Field(description="The class in Chinese 类型名称")
    multiple: float | None = Field(description="Cost over the denominator 倍率")
    amount: float | None = Field(description="What is due, yuan 应付总额（元）")
    points: float | None = Field(description="Points, null under the rate method 点数")
    balance: float | None = Field(description="Amount less cost, yuan 盈亏（元）")
    reason: str | None = Field(description="Why there is no amount 未计算原因")
    trace: tuple[DecisionOut, ...] = Field(description="What decided 结算依据")


class ContributionOut(_Frozen):
    """What one difference of the two pages does (一处差异的边际贡献)."""

    kind: Literal[
        "principal",
        "add_diagnosis",
        "remove_diagnosis",
        "main_procedure",
        "add_procedure",
        "remove_procedure",
    ] = Field(description="From the filed to the proposed page 改动种类")
    code: str = Field(description="Code concerned 编码")
    name: str = Field(description="Its name 名称")
    instead_of: str | None = Field(description="Code that gives way, for principal ones 被替换者")
    group: str | None = Field(
        description="Group of the filed page with this alone 单独改动后的病组"
    )
    decides: bool = Field(description="Whether the group hangs on it 是否影响病组")
    weight: float | None = Field(description="Weight: filed page with this alone, less filed")
    amount: float | None = Field(description="The same in yuan 单独改动的差额（元）")
    weight_undone: float | None = Field(description="Weight: proposed, less proposed without this")
    amount_undone: float | None = Field(description="The same in yuan 单独撤回的差额（元）")
    share: float | None = Field(
        description="Share of the difference in yuan, whatever the order (Shapley) 分摊差额（元）"
    )


class SettledDeviationOut(_Frozen):
    """Both pages settled with the case's cost, the class judged anew for each (结算后的偏差)."""

    rules: str = Field(description="Id of the settlement rules 结算规则")
    cost: float = Field(description="Total cost, yuan 住院总费用（元）")
    filed: SettlementOut = Field(description="As filed 填报")
    proposed: SettlementOut = Field(description="As proposed 建议")
    class_changed: bool = Field(description="Whether the class is another 类型是否变化")
    amount: float | None = Field(description="Proposed less filed, yuan 差额（元）")
    rate: float | None = Field(description="Difference as a share of the filed amount 差额率")
    balance: float | None = Field(description="Change of profit and loss, yuan 盈亏变化（元）")
    confidence: float | None = Field(
        description="Product of the confidences of the codes that decide; null where none 置信度"
    )
    expected: float | None = Field(description="Confidence times difference 期望差额（元）")
    contributions: tuple[ContributionOut, ...] = Field(
        description="Each difference by itself, in the order of the page 逐项贡献"
    )
    note: str | None = Field(description="Why there is no figure, or how to read it 说明")
    statement: str = Field(description="How the numbers are to be read 声明")


class DeviationOut(_Frozen):
    """Payment deviation: proposed less filed (支付偏差 = 建议 − 已填报)."""

    tariff: str = Field(description="Id of the tariff 支付标准")
    variant: str = Field(description="Rate variant 费率类别")
    weight: float | None = Field(description="Difference of weights")
    amount: float | None = Field(description="Difference in yuan, either sign")
    rate: float | None = Field(description="Difference as a share of the filed standard")
    note: str | None = Field(description="Why there is no figure")
    settled: SettledDeviationOut | None = Field(
        default=None, description="With outliers and other classes; null without a cost 结算测算"
    )


class RuleOut(_Frozen):
    """A coding rule that shaped the proposal (已用规则)."""

    id: str = Field(description="Id of the rule 规则标识")
    explanation: str = Field(description="What it says, with its source 说明与来源")
    codes: tuple[str, ...] = Field(description="Codes that it concerned 涉及编码")
    decides: bool = Field(
        default=False, description="Whether it decided the principal diagnosis 是否决定主要诊断"
    )


class NoticeOut(_Frozen):
    """A warning about the input, such as a converted code (输入提示)."""

    field: str = Field(description="Path of the field 字段")
    code: str = Field(description="Stable name of the problem 问题代码")
    message: str = Field(description="What is wrong 说明")
    remedy: str = Field(description="What to do 处理")
    value: str | None = Field(description="The value, where it is no patient text 值")


class VersionsOut(_Frozen):
    """What made this result (版本)."""

    zhibian: str = Field(description="Version of the program 程序版本")
    scheme: str = Field(description="Rule pack with its reading 分组方案")
    tariff: str | None = Field(description="Tariff 支付标准")
    diagnosis_codes: str = Field(description="Diagnosis code set 疾病编码版本")
    procedure_codes: str = Field(description="Procedure code set 手术操作编码版本")
    models: tuple[str, ...] = Field(
        default=(), description="Trained models in use; empty for dictionary and rules alone 模型"
    )


class CaseReport(_Frozen):
    """Everything that a coder needs to judge one case (病例审核结果)."""

    format: Literal["zhibian-report/1"] = REPORT_FORMAT
    id: str = Field(description="Case id 病例标识")
    versions: VersionsOut = Field(description="What made this result 版本")
    principal: DiagnosisOut | None = Field(description="Proposed principal diagnosis 建议主要诊断")
    others: tuple[DiagnosisOut, ...] = Field(description="Proposed other diagnoses 建议其他诊断")
    procedures: tuple[ProcedureOut, ...] = Field(
        description="Proposed procedures, the principal one first 建议手术操作"
    )
    doubtful: DoubtfulOut = Field(
        default=DoubtfulOut(), description="Below the limit of confidence, not proposed 存疑"
    )
    rules: tuple[RuleOut, ...] = Field(description="Coding rules that applied 编码规则")
    grouping: GroupingsOut = Field(description="Both pages, grouped 分组")
    flags: FlagsOut = Field(description="Missed and unsupported codes 双向提示")
    queries: tuple[QueryOut, ...] = Field(description="Questions to the clinician 临床询问")
    deviation: DeviationOut | None = Field(
        description="null when nothing is filed or no tariff is used"
    )
    notices: tuple[NoticeOut, ...] = Field(description="Warnings about the input 输入提示")
    disclaimer: str = Field(default=DISCLAIMER, description="How to read the figures 说明")


GroupingOut.model_rebuild()
