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
    unit: Literal["share", "count", "yuan", "weight", "seconds", "distance"]
    better: Literal["higher", "lower", "zero"]


class StratumOut(_Frozen):
    """Figures of one part of the data (分层结果)."""

    n: int = Field(description="Records 例数")
    figures: dict[str, FigureOut]


class ReliabilityOut(_Frozen):
    """One bin of the reliability plot (可靠性图)."""

    low: float
    high: float
    n: int = Field(description="Codes in the bin 条数")
    claimed: float = Field(description="Their mean confidence 平均置信度")
    right: float = Field(description="Their share of right codes 正确率")


class ConfusionOut(_Frozen):
    """Groups of gold against groups given (混淆): how often each pair occurs."""

    gold: str = Field(description="MDC of the gold page; empty: none")
    given: str = Field(description="MDC of the given page; empty: none")
    n: int


class BinOut(_Frozen):
    """One bar of a distribution (分布)."""

    low: float
    high: float
    n: int


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
    title: str
    steps: tuple[StepOut, ...]


class GalleryQuote(_Frozen):
    """A sentence of an invented record (虚构病历的原文)."""

    document: int
    quote: str


class GalleryOut(_Frozen):
    """One error, with evidence (错误示例): only from data sets whose persons are invented."""

    record: str
    part: Literal["principal", "others", "procedures", "must_not", "group"]
    error: Literal["missed", "wrong", "forbidden", "other_group"]
    gold: str | None = Field(description="Gold code or group 金标准")
    gold_name: str = ""
    given: str | None = Field(description="Given code or group 给出")
    given_name: str = ""
    confidence: float | None = None
    evidence: tuple[GalleryQuote, ...] = Field(default=(), description="Why the system gave it")
    gold_evidence: tuple[GalleryQuote, ...] = Field(default=(), description="Why gold has it")


class SeedOut(_Frozen):
    """One repetition of a learning system under its own seed (一次重复)."""

    seed: int
    learn_seconds: float | None
    figures: dict[str, float | None]


class SpreadOut(_Frozen):
    """Mean and sample standard deviation of a figure over seeds (多种子均值与标准差)."""

    mean: float | None
    sd: float | None
    n: int = Field(description="Seeds for which the figure is defined 种子数")


class SystemOut(_Frozen):
    """One system on one task (一个系统的结果).

    Figures, strata and details are those of the first seed; ``seeds`` and ``spread`` stand beside
    them where a learning system ran under several.
    """

    name: str
    title: str
    learns: bool
    versions: dict[str, str]
    parameters: dict[str, Any]
    notes: dict[str, str] = Field(
        default_factory=dict, description="What happened while it answered 作答情况"
    )
    seed: int
    n: int = Field(description="Questions answered 例数")
    records: int = Field(description="Units of resampling 重抽样单位数")
    learn_seconds: float | None = Field(description="Learning, all folds; null: learns nothing")
    code_seconds: float = Field(description="Answering all questions 作答用时（秒）")
    figures: dict[str, FigureOut]
    strata: dict[str, dict[str, StratumOut]] = Field(
        default_factory=dict, description="By partition, such as mdc or frequency, then by part"
    )
    reliability: tuple[ReliabilityOut, ...] = ()
    confusion: tuple[ConfusionOut, ...] = ()
    deviation: tuple[BinOut, ...] = Field(default=(), description="Payment deviation, yuan")
    waterfalls: tuple[WaterfallOut, ...] = ()
    gallery: tuple[GalleryOut, ...] = ()
    seeds: tuple[SeedOut, ...] = Field(default=(), description="Repetitions, first seed first")
    spread: dict[str, SpreadOut] = Field(default_factory=dict, description="Over these seeds")


class FailureOut(_Frozen):
    """A system that gave no result (未完成的系统): kind of error, never its text."""

    system: str
    step: Literal["make", "learn", "code", "score"]
    error: str = Field(description="Name of the error, or what to do about it 原因")


class ComparisonOut(_Frozen):
    """Two systems on the same records (配对比较)."""

    metric: str
    ours: str
    other: str
    difference: float | None
    low: float | None = Field(description="Paired 95 % bootstrap interval 区间下限")
    high: float | None
    p: float | None = Field(description="Two-sided, paired permutation test P值")
    p_holm: float | None = Field(
        default=None, description="Adjusted by Holm (1979) over all comparisons of the run 校正P值"
    )


class SplitOut(_Frozen):
    """What was measured on, or learned from (所用部分)."""

    dataset: str
    split: str
    n: int
    checksum: str
    held_out: bool
    contact: str | None = Field(
        default=None, description="What was read, learned or tuned on before 既往接触"
    )
    contact_en: str | None = None


class TaskOut(_Frozen):
    """The task as it was when it was run (任务)."""

    id: str
    version: int
    kind: Kind
    title: str
    title_en: str = ""
    question: str
    question_en: str = ""
    folds: int | None
    code_set: str
    scheme: str | None
    tariff: str | None
    citation: str
    terms: str
    terms_en: str = ""
    invented: bool
    test: SplitOut
    learned_from: tuple[SplitOut, ...] = ()


class HardwareOut(_Frozen):
    """Where it ran (硬件): nothing that names the machine."""

    cpu: str
    cores: int
    memory_gib: float | None
    accelerator: str | None
    python: str
    platform: str


class RunOut(_Frozen):
    """How it ran (运行)."""

    command: str = Field(description="The command without paths of the machine 命令")
    created: str = Field(description="ISO 8601 date and time, UTC 时间")
    seed: int
    draws: int = Field(description="Bootstrap resamples 重抽次数")
    hardware: HardwareOut
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
    task: TaskOut
    run: RunOut
    metrics: dict[str, MetricOut]
    systems: tuple[SystemOut, ...]
    comparisons: tuple[ComparisonOut, ...] = ()
    failures: tuple[FailureOut, ...] = ()
