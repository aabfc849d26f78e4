"""How a training run is written down (训练配置): the schema of its YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from zhibian.training.epochs import Direction

FORMAT: Literal["zhibian-training/1"] = "zhibian-training/1"


class Strict(BaseModel):
    """A mapping that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(Strict):
    """Numbers to draw from (取值范围): random search only."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    whole: bool = Field(default=False, description="Whole numbers only 只取整数")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError("low 应小于 high")
        if self.scale == "log" and self.low <= 0:
            raise ValueError("scale: log 时 low 应大于 0")
        return self


class SearchSpec(Strict):
    """Which settings are tried (超参数搜索)."""

    method: Literal["grid", "random"] = Field(description="All combinations, or drawn ones 方法")
    values: Mapping[str, list[Any] | Range] = Field(
        min_length=1, description="Values of each parameter: a list, or a range 取值"
    )
    metric: str = Field(description="Metric on the tune part that decides 依据的指标")
    direction: Direction = Field(description="Which values are better 方向")
    budget: int | None = Field(
        default=None, ge=1, description="Most trials; random search needs it 试验次数"
    )
    seed: int = Field(default=1, description="Of the draws 抽取的种子")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ranges = [name for name, given in self.values.items() if isinstance(given, Range)]
        empty = [name for name, given in self.values.items() if given == []]
        if empty:
            raise ValueError(f"{'、'.join(empty)} 没有取值")
        if self.method == "grid" and ranges:
            raise ValueError(f"grid 只能用列表：{'、'.join(ranges)} 给的是范围")
        if self.method == "random" and self.budget is None:
            raise ValueError("random 必须写 budget（试验次数）")
        return self


class RunSpec(Strict):
    """One training run as resolved (训练运行)."""

    format: Literal["zhibian-training/1"]
    kind: str = Field(description="What is trained 训练什么")
    name: str = Field(
        default="",
        max_length=80,
        description="Name and version written into models and results 名称",
    )
    data: dict[str, Any] = Field(description="Where the data lie 数据路径")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Settings 参数")
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = Field(
        default=(20261130,), description="Each is one training of the chosen settings 种子"
    )
    threads: int = Field(
        default=2, ge=1, le=256, description="Threads; results may hang on them 线程数"
    )
    search: SearchSpec | None = None

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("种子有重复")
        return seeds
