"""How tasks and data sets are written down (任务与数据集的定义): the schema of their YAML."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

TASK_FORMAT: Literal["zhibian-task/1"] = "zhibian-task/1"
DATASET_FORMAT: Literal["zhibian-dataset/1"] = "zhibian-dataset/1"

Kind = Literal["coding", "linking", "assertion", "entities", "grouping", "screening"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitSpec(_Frozen):
    """One part of a data set (划分): which files or which rule, how many, and its checksum."""

    title: str = Field(description="What it is, a few words 说明")
    contact: str | None = Field(
        default=None, description="What was read, learned or tuned on before 既往接触"
    )
    contact_en: str | None = Field(default=None, description="The same in English")
    files: tuple[str, ...] = Field(
        default=(), description="Files, relative to the folder of the data set; patterns allowed"
    )
    rule: str | None = Field(
        default=None,
        pattern=r"^hash-aside:[a-z0-9-]+:[1-9][0-9]*/[1-9][0-9]*$",
        description="Split rule, its seed and share, such as hash-aside:link-2026-11:1/6",
    )
    part: Literal["all", "fit", "tune", "aside"] = Field(
        default="all", description="Which part under the rule 取哪一部分"
    )
    n: int | None = Field(default=None, description="Questions 例数")
    checksum: Sha256 | None = Field(
        default=None, description="sha256 over the sorted digests of its questions 校验和"
    )
    gold_checksum: Sha256 | None = Field(
        default=None, description="The same over questions with their gold 金标准校验和"
    )
    aside_checksum: Sha256 | None = Field(
        default=None,
        description="Of what the rule keeps aside, as manifests of models name it 留出部分校验和",
    )
    held_out: bool = Field(
        default=False, description="True: nobody who tunes may look at its misses 留出"
    )
    reserved: str | None = Field(
        default=None, description="Why it is not measured here at all; null otherwise 保留原因"
    )

    @model_validator(mode="after")
    def _has_questions(self) -> SplitSpec:
        """Refuse a split without files, and a part of a rule that isn't named."""
        if not self.files and self.reserved is None:
            raise ValueError("files：划分须列出文件，或写明 reserved 保留原因")
        if (self.rule is None) != (self.part == "all"):
            raise ValueError("part：rule 与 part 须同时给出，part 为 fit、tune 或 aside")
        return self


class DatasetSpec(_Frozen):
    """A data set of the registry (数据集登记)."""

    format: Literal["zhibian-dataset/1"]
    id: str = Field(pattern=r"^[a-z0-9-]+$", description="Such as chip-cdn")
    title: str = Field(description="Chinese name 名称")
    variable: str = Field(
        pattern=r"^ZHIBIAN_DATA_[A-Z0-9_]+$",
        description="Environment variable that names its folder 数据目录变量",
    )
    folder: str = Field(description="Folder below ZHIBIAN_DATA when the variable is not set")
    in_checkout: bool = Field(
        default=False, description="Whether the folder lies in a checkout of this project 在源码中"
    )
    reader: str = Field(description="Name of its reader 读取器")
    invented: bool = Field(description="Whether all persons in it are invented 是否虚构")
    provenance: str = Field(description="Who made it, when, from what 来源")
    citation: str = Field(description="How to cite it 引用")
    terms: str = Field(description="Terms of use 使用条款")
    terms_en: str = Field(default="", description="The same in English")
    url: str | None = Field(default=None, description="Where its makers publish it 发布地址")
    files: dict[str, Sha256] = Field(
        default_factory=dict, description="sha256 of the files as known here; empty: not fixed"
    )
    splits: dict[str, SplitSpec] = Field(description="Parts by name 划分")


class Protocol(_Frozen):
    """How the parts are used (评测协议)."""

    test: str = Field(description="Split that is measured 评测部分")
    fit: tuple[str, ...] = Field(default=(), description="Splits that systems may learn from")
    tune: tuple[str, ...] = Field(default=(), description="Splits for choices 调参部分")
    folds: int | None = Field(
        default=None, ge=2, description="Cross-validation of the test split; null: none 折数"
    )
    fold_seed: int = Field(default=20261130, description="Seed of the folds 折的种子")
    fold_alike: str | None = Field(
        default=None, description="Partition whose parts are spread evenly over the folds 均分依据"
    )

    @model_validator(mode="after")
    def _apart(self) -> Protocol:
        """Refuse to learn from what is measured; only folds do that, by themselves."""
        if self.test in {*self.fit, *self.tune}:
            raise ValueError("test：评测部分不能同时列为 fit 或 tune；交叉验证用 folds")
        if self.fold_alike is not None and self.folds is None:
            raise ValueError("fold_alike：没有 folds，均分依据无从使用")
        return self


class TaskSpec(_Frozen):
    """A task (评测任务)."""

    format: Literal["zhibian-task/1"]
    id: str = Field(pattern=r"^[a-z0-9-]+$", description="Such as linking-chip-cdn")
    version: int = Field(ge=1, description="Raised when figures stop being comparable 版本")
    kind: Kind = Field(description="Kind of task: scoring, metrics, systems 类别")
    title: str = Field(description="Chinese name 名称")
    title_en: str = Field(default="", description="English name; empty: the Chinese is shown")
    question: str = Field(description="What is asked, one sentence 问题")
    question_en: str = Field(default="", description="The same in English")
    dataset: str = Field(description="Id in the registry 数据集")
    protocol: Protocol = Field(description="How the parts are used 评测协议")
    code_set: str = Field(default="nhsa-2.0", description="Edition of the codes 编码版本")
    scheme: str | None = Field(default=None, description="Rule pack for groups 分组方案")
    tariff: str | None = Field(default=None, description="Tariff for payment 支付标准")
    variant: str | None = Field(default=None, description="Rate variant of the tariff 费率类别")
    metrics: tuple[str, ...] = Field(
        min_length=1, description="Names or patterns such as others.*; the first is the main one"
    )
    strata: tuple[str, ...] = Field(default=(), description="Partitions that are told apart 分层")
    systems: tuple[str, ...] = Field(description="Systems run when none is named 默认系统")
    options: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="What only this kind knows 其他选项"
    )
