"""A run that spoils synthetic pages (差错注入): a curve for every kind of error."""

from __future__ import annotations

from pydantic import Field, field_validator

from zhibian.evaluation.experiments.setting import Setting
from zhibian.evaluation.experiments.spec import Cell, RunResult, RunSpec
from zhibian.evaluation.injection.effects import Point, curves
from zhibian.evaluation.injection.errors import ERRORS
from zhibian.evaluation.injection.synthetic import synthetic_pages
from zhibian.evaluation.metrics.metric import Estimate
from zhibian.evaluation.run import DRAWS, SEED

#: Name of the table of a run.
CURVES = "curves"
_DIGITS = 6


class ErrorInjection(RunSpec):
    """Kinds of errors at rates, in synthetic pages (差错注入)."""

    cases: int = Field(ge=100, description="Synthetic pages 例数")
    scheme: str = Field(description="Rule pack 分组方案")
    tariff: str = Field(description="Tariff 支付标准")
    variant: str | None = Field(default=None, description="Rate variant 费率类别")
    errors: tuple[str, ...] = Field(
        default=tuple(ERRORS), min_length=1, description="Kinds of errors 差错种类"
    )
    rates: tuple[float, ...] = Field(min_length=1, description="Shares of pages, 0 to 1 差错率")
    seed: int = Field(default=SEED, ge=0, description="Of pages, errors and resamples 种子")
    draws: int = Field(default=DRAWS, ge=100, description="Resamples 重抽次数")

    @field_validator("errors")
    @classmethod
    def _known(cls, errors: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in errors if name not in ERRORS]
        if unknown:
            raise ValueError(f"没有差错种类 {'、'.join(unknown)}；可用：{'、'.join(ERRORS)}")
        return errors

    @field_validator("rates")
    @classmethod
    def _shares(cls, rates: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 <= rate <= 1 for rate in rates):
            raise ValueError("差错率应在 0 与 1 之间")
        return rates


def run_injection(asked: ErrorInjection, setting: Setting) -> RunResult:
    """Return the curves as one table: error, rate, spoilt share, every figure with its bounds.

    Raises
    ------
    InputError
        Scheme or tariff is unknown.
    """
    with setting.watching(f"{asked.name}：差错注入", len(asked.errors)) as watch:
        drawn = synthetic_pages(
            setting.resources.rules,
            cases=asked.cases,
            seed=asked.seed,
            scheme=asked.scheme,
            tariff=asked.tariff,
            variant=asked.variant,
        )
        points = curves(
            drawn.pages,
            drawn.around,
            drawn.group,
            errors=asked.errors,
            rates=asked.rates,
            seed=asked.seed,
            draws=asked.draws,
            step=watch.step,
        )
        rows = tuple(_row(point, asked.cases) for point in points)
    return RunResult(
        name=asked.name,
        kind=asked.kind,
        asked=asked.model_dump(mode="json", exclude_defaults=True),
        tables={CURVES: rows},
    )


def _row(point: Point, cases: int) -> dict[str, Cell]:
    return {
        "error": point.error,
        "title": point.title,
        "rate": point.rate,
        "n": cases,
        "spoilt": round(point.spoilt, _DIGITS),
        **{
            key: value
            for name, figure in point.figures.items()
            for key, value in _cells(name, figure).items()
        },
    }


def _cells(name: str, figure: Estimate) -> dict[str, Cell]:
    return {
        name: round(figure.value, _DIGITS),
        f"{name}.low": round(figure.low, _DIGITS),
        f"{name}.high": round(figure.high, _DIGITS),
    }
