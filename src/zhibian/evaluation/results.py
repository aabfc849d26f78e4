"""The result of one run (评测结果), as written to ``results.json``.

This is the published format ``zhibian-results/1``; its JSON Schema is generated from these
types (``zhibian schema results``). It holds figures and codes, never text of a record.
A figure over nothing is null, as JSON knows no NaN.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from zhibian.evaluation.tasks.spec import Kind

RESULTS_FORMAT: Literal["zhibian-results/1"] = "zhibian-results/1"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FigureOut(_Frozen):
    """A figure with its 95 % interval (指标与区间)."""

    value: float | None = Field(description="Over all records; null over nothing 值")
    low: float | None = Field(description="Lower bound of the 95 % interval 下限")
    high: float | None = Field(description="Upper bound 上限")


class MetricOut(_Frozen):
    """What a metric is (指标说明)."""

    title: str = Field(description="Chinese name 名称")
    unit: Literal["share", "count", "yuan", "weight", "seconds", "distance"] = Field(
        description="What the figure counts in 单位"
    )
    better: Literal["higher", "lower", "zero"] = Field(
        description="Which way is better; zero for signed deviations 方向"
    )


class StratumOut(_Frozen):
    """Figures of one part of the data (分层结果)."""

    n: int = Field(description="Records 例数")
    figures: dict[str, FigureOut] = Field(description="Main figures by metric 指标")


class ReliabilityOut(_Frozen):
    """One bin of the reliability plot (可靠性图)."""

    low: float = Field(description="Lowest confidence 置信度下限")
    high: float = Field(description="Highest confidence 置信度上限")
    n: int = Field(description="Codes in the bin 条数")
    claimed: float = Field(description="Their mean confidence 平均置信度")
    right: float = Field(description="Their share of right codes 正确率")


class ConfusionOut(_Frozen):
    """Groups of gold against groups given (混淆): how often each pair occurs."""

    gold: str = Field(description="MDC of the gold page; empty: none")
    given: str = Field(description="MDC of the given page; empty: none")
    n: int = Field(description="Records 例数")


class BinOut(_Frozen):
    """One bar of a distribution (分布)."""

    low: float = Field(description="Lower bound 下限")
    high: float = Field(description="Upper bound 上限")
    n: int = Field(description="Records 例数")


class StepOut(_Frozen):
    """One step of a waterfall (瀑布图的一步), summed over records."""

    kind: str = Field(description="start, end, or the kind of edit, such as add_diagnosis")
    title: str = Field(description="Chinese name 名称")
    amount: float = Field(description="Yuan; level for start and end, change for the others")
    weight: float | None = Field(default=None, description="The same in weight 权重")
    n: int = Field(description="Edits of the kind, or records for start and end")


class WaterfallOut(_Frozen):
    """From one page to another (从填报到建议): steps whose changes add up."""

    path: Literal["filed_to_given", "given_to_gold"] = Field(description="Between which pages")
    title: str = Field(description="Chinese name 名称")
    steps: tuple[StepOut, ...] = Field(description="Start, changes, end 各步")


class GalleryQuote(_Frozen):
    """A sentence of an invented record (虚构病历的原文)."""

    document: int = Field(description="Index into the documents of the record, from 0 文书序号")
    quote: str = Field(description="As written 原文")


class GalleryOut(_Frozen):
    """One error, with evidence (错误示例): only from data sets whose persons are invented."""

    record: str = Field(description="Id of the record 病例")
    part: Literal["principal", "others", "procedures", "must_not", "group"] = Field(
        description="Where on the page 位置"
    )
    error: Literal["missed", "wrong", "forbidden", "other_group"] = Field(
        description="Kind of error 错误类别"
    )
    gold: str | None = Field(description="Gold code or group 金标准")
    gold_name: str = Field(default="", description="Its name 名称")
    given: str | None = Field(description="Given code or group 给出")
    given_name: str = Field(default="", description="Its name 名称")
    confidence: float | None = Field(
        default=None, description="As the system told it; null: not told 置信度"
    )
    evidence: tuple[GalleryQuote, ...] = Field(default=(), description="Why the system gave it")
    gold_evidence: tuple[GalleryQuote, ...] = Field(default=(), description="Why gold has it")


class SeedOut(_Frozen):
    """One repetition of a learning system under its own seed (一次重复)."""

    seed: int = Field(description="Of all random choices of learning 种子")
    learn_seconds: float | None = Field(description="Learning, all folds 学习用时（秒）")
    figures: dict[str, float | None] = Field(description="By metric; null over nothing 指标")


class SpreadOut(_Frozen):
    """Mean and sample standard deviation of a figure over seeds (多种子均值与标准差)."""

    mean: float | None = Field(description="Over seeds 均值")
    sd: float | None = Field(description="Sample standard deviation 标准差")
    n: int = Field(description="Seeds for which the figure is defined 种子数")


class SystemOut(_Frozen):
    """One system on one task (一个系统的结果).

    Figures, strata and details are those of the first seed; ``seeds`` and ``spread`` stand beside
    them where a learning system ran under several.
    """

    name: str = Field(description="Name in tables 系统名")
    title: str = Field(description="Chinese name 名称")
    learns: bool = Field(description="Whether it learns from the fit part 是否学习")
    versions: dict[str, str] = Field(description="Of what it uses 版本")
    parameters: dict[str, Any] = Field(description="Its settings 参数")
    notes: dict[str, str] = Field(
        default_factory=dict, description="What happened while it answered 作答情况"
    )
    seed: int = Field(description="Of its learning 种子")
    n: int = Field(description="Questions answered 例数")
    records: int = Field(description="Units of resampling 重抽样单位数")
    learn_seconds: float | None = Field(description="Learning, all folds; null: learns nothing")
    code_seconds: float = Field(description="Answering all questions 作答用时（秒）")
    figures: dict[str, FigureOut] = Field(description="By metric 指标")
    strata: dict[str, dict[str, StratumOut]] = Field(
        default_factory=dict, description="By partition, such as mdc or frequency, then by part"
    )
    reliability: tuple[ReliabilityOut, ...] = Field(
        default=(), description="Confidence against right codes 可靠性"
    )
    confusion: tuple[ConfusionOut, ...] = Field(
        default=(), description="Major diagnostic categories, gold against given 主要诊断大类混淆"
    )
    deviation: tuple[BinOut, ...] = Field(default=(), description="Payment deviation, yuan")
    waterfalls: tuple[WaterfallOut, ...] = Field(
        default=(), description="Payment from page to page 支付瀑布图"
    )
    gallery: tuple[GalleryOut, ...] = Field(
        default=(), description="Errors with evidence; invented persons only 错误示例"
    )
    seeds: tuple[SeedOut, ...] = Field(default=(), description="Repetitions, first seed first")
    spread: dict[str, SpreadOut] = Field(default_factory=dict, description="Over these seeds")


class FailureOut(_Frozen):
    """A system that gave no result (未完成的系统): kind of error, never its text."""

    system: str = Field(description="Name in tables 系统名")
    step: Literal["make", "learn", "code", "score"] = Field(description="Where it failed 步骤")
    error: str = Field(description="Name of the error, or what to do about it 原因")


class ComparisonOut(_Frozen):
    """Two systems on the same records (配对比较)."""

    metric: str = Field(description="Name of the metric 指标")
    ours: str = Field(description="System 系统")
    other: str = Field(description="Reference 对照")
    difference: float | None = Field(description="System less reference 差值")
    low: float | None = Field(description="Paired 95 % bootstrap interval 区间下限")
    high: float | None = Field(description="Upper bound 区间上限")
    p: float | None = Field(description="Two-sided, paired permutation test P值")
    p_holm: float | None = Field(
        default=None, description="Adjusted by Holm (1979) over all comparisons of the run 校正P值"
    )


class SplitOut(_Frozen):
    """What was measured on, or learned from (所用部分)."""

    dataset: str = Field(description="Id in the registry 数据集")
    split: str = Field(description="Name of the part 部分")
    n: int = Field(description="Questions 例数")
    checksum: str = Field(description="sha256 over the sorted digests of its questions 校验和")
    gold_checksum: str | None = Field(
        default=None,
        description="The same with gold; null: not told 含金标准的校验和",
    )
    held_out: bool = Field(description="Nobody who tunes has looked at its misses 是否留出")
    contact: str | None = Field(
        default=None, description="What was read, learned or tuned on before 既往接触"
    )
    contact_en: str | None = Field(default=None, description="The same in English")


class TaskOut(_Frozen):
    """The task as it was when it was run (任务)."""

    id: str = Field(description="Id of the task 任务")
    version: int = Field(description="Raised when figures stop being comparable 版本")
    kind: Kind = Field(description="Kind of task 类别")
    title: str = Field(description="Chinese name 名称")
    title_en: str = Field(default="", description="English name; empty: none")
    question: str = Field(description="What is asked 问题")
    question_en: str = Field(default="", description="The same in English; empty: none")
    folds: int | None = Field(description="Folds of the cross-validation; null: none 折数")
    code_set: str = Field(description="Edition of the codes 编码版本")
    scheme: str | None = Field(description="Rule pack for groups; null: none 分组方案")
    tariff: str | None = Field(description="Tariff for payment; null: none 支付标准")
    citation: str = Field(description="How to cite the data 引用")
    terms: str = Field(description="Terms of use of the data 使用条款")
    terms_en: str = Field(default="", description="The same in English; empty: none")
    invented: bool = Field(description="Whether all persons in the data are invented 是否虚构")
    test: SplitOut = Field(description="What was measured 评测部分")
    learned_from: tuple[SplitOut, ...] = Field(
        default=(), description="What systems could learn from 可学习部分"
    )


class HardwareOut(_Frozen):
    """Where it ran (硬件): nothing that names the machine."""

    cpu: str = Field(description="Processor 处理器")
    cores: int = Field(description="Cores that the run could use 可用核数")
    memory_gib: float | None = Field(description="Memory in GiB; null: not known 内存")
    accelerator: str | None = Field(description="Accelerator; null: none 加速器")
    python: str = Field(description="Version of Python")
    platform: str = Field(description="System and architecture 系统")


class RunOut(_Frozen):
    """How it ran (运行)."""

    command: str = Field(description="The command without paths of the machine 命令")
    created: str = Field(description="ISO 8601 date and time, UTC 时间")
    seed: int = Field(description="Of bootstrap and permutations 重抽样种子")
    draws: int = Field(description="Bootstrap resamples 重抽次数")
    hardware: HardwareOut = Field(description="Where it ran 硬件")
    versions: dict[str, str] = Field(description="zhibian, packages, rule packs 版本")
    seeds: tuple[int, ...] = Field(default=(), description="Seeds of learning systems 种子")
    limit: int | None = Field(
        default=None, description="Only the first questions: partial, not comparable 只取前若干例"
    )
    share: float | None = Field(
        default=None, description="Share of the fit part that was learned from; null: all 训练占比"
    )


class Results(_Frozen):
    """One run: task, systems, figures (评测结果)."""

    format: Literal["zhibian-results/1"] = RESULTS_FORMAT
    task: TaskOut = Field(description="The task as it was when it was run 任务")
    run: RunOut = Field(description="How it ran 运行")
    metrics: dict[str, MetricOut] = Field(description="What each metric is, by name 指标")
    systems: tuple[SystemOut, ...] = Field(description="In the order of tables 各系统")
    comparisons: tuple[ComparisonOut, ...] = Field(
        default=(), description="Every system against the reference 配对比较"
    )
    failures: tuple[FailureOut, ...] = Field(
        default=(), description="Systems that gave no result 未完成的系统"
    )
