"""What the columns of a published table are (支付标准的配方): ``recipe.yaml`` of a tariff."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from zhibian.payment.group_weight import Flag
from zhibian.payment.tariff import Method
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml

RECIPE = "recipe.yaml"
_REMEDY = "从版本库恢复该支付标准的 recipe.yaml，或改正所指的一项"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(_Frozen):
    """Columns of the table that are no matter of a variant.

    Attributes
    ----------
    drg, name
        Code and name of the group.
    weight, points
        Weight RW, or standard points; one of both.
    mean_cost, volume, remark
        Mean expenses, cases a year paid in full, remarks.
    """

    drg: str
    name: str
    weight: str | None = None
    points: str | None = None
    mean_cost: str | None = None
    volume: str | None = None
    remark: str | None = None


class ToldRate(_Frozen):
    """A rate out of the compilation named by `OtherRates`, taken where its neighbour is confirmed.

    Attributes
    ----------
    told
        Key of the rate.
    beside
        Key of another rate of the same region to a variant of this tariff whose rate the table
        itself publishes; both must be equal.
    """

    told: str
    beside: Mapping[str, str]


class VariantRecipe(_Frozen):
    """One kind of hospital and insurance, and its columns.

    Attributes
    ----------
    hospital_level, insurance, institution
        What it is for.
    standard, coefficient, low, high
        Columns of the published amount, of the coefficient k, of the outlier thresholds.
    rate
        Column of the rate, ``amounts`` where it is worked out of the amounts, the rate of a
        compilation, or None where there is none.
    blank_coefficient
        k of groups for which the coefficient is blank and an amount is published.
    """

    hospital_level: str = ""
    insurance: str = ""
    institution: str = ""
    standard: str | None = None
    coefficient: str | None = None
    low: str | None = None
    high: str | None = None
    rate: str | ToldRate | None = None
    blank_coefficient: str | None = None


class Placeholders(_Frozen):
    """Which weights stand for no price.

    Attributes
    ----------
    weight
        The weight as written.
    flags
        A group with one of these flags and this weight is a placeholder.
    groups
        Further groups with this weight that are placeholders.
    reason
        Why, in Chinese.
    """

    weight: str
    flags: tuple[Flag, ...] = ()
    groups: tuple[str, ...] = ()
    reason: str


class Correction(_Frozen):
    """A code that was transcribed wrongly; the name tells which one is meant."""

    code: str
    name: str
    becomes: str
    reason: str


class OtherRates(_Frozen):
    """Rates of another public compilation, recorded whether used or not.

    Attributes
    ----------
    file, path
        File of the facts and the keys down to the rates.
    note
        How they compare, in Chinese.
    """

    file: str
    path: tuple[str, ...]
    note: str


class Recipe(_Frozen):
    """How a tariff is made out of a published table.

    Attributes
    ----------
    id, title, region, year, authority, document
        What it is and who published it; the document number where one is known.
    scheme, scheme_reason
        The scheme of its groups; why, where it is not the region's own of that year.
    method, scale
        ``rate`` or ``points``; points per unit of weight where known.
    source, source_in, sha256
        The table, whether it lies in the facts or beside the recipe, and its checksum.
    excerpt
        Whether the table has some groups of the scheme only, so that the others are not missing.
    columns
        Columns that are no matter of a variant.
    words
        Words in the weight column: the flag that they mean, or none for "no weight".
    flags
        Column, word, flag; none for a word that means nothing. Other words are refused.
    variants, default_variant
        The variants.
    ungrouped
        Code, as published, of the row for ungrouped cases.
    placeholders
        Weights that stand for no price.
    shared_rates
        Flag to the variant whose rate all hospitals get.
    weight_rounding, amount_rounding
        Half a unit of rounding of the weights where the amounts were made from unrounded ones;
        half a unit of the amounts, yuan.
    corrections
        Codes transcribed wrongly.
    other_rates
        Rates of another compilation.
    notes
        What readers must know, in Chinese.
    """

    id: str
    title: str
    region: str
    year: int
    authority: str
    document: str
    scheme: str
    scheme_reason: str | None = None
    method: Method
    scale: str | None = None
    source: str
    source_in: Literal["facts", "tariff"] = "facts"
    sha256: str
    excerpt: bool = False
    columns: Columns
    words: Mapping[str, Flag | None] = {}
    flags: Mapping[str, Mapping[str, Flag | None]] = {}
    variants: Mapping[str, VariantRecipe]
    default_variant: str
    ungrouped: str | None = None
    placeholders: Placeholders | None = None
    shared_rates: Mapping[Flag, str] = {}
    weight_rounding: str = "0"
    amount_rounding: str = "0.005"
    corrections: tuple[Correction, ...] = ()
    other_rates: OtherRates | None = None
    notes: tuple[str, ...] = ()

    def wanted_columns(self) -> list[str]:
        """Return every column of the published table that the recipe names, each once."""
        own = self.columns.model_dump(exclude_none=True).values()
        by_variant = (
            column
            for variant in self.variants.values()
            for column in (
                variant.standard,
                variant.coefficient,
                variant.low,
                variant.high,
                None if variant.rate == FROM_AMOUNTS else variant.rate,
            )
            if isinstance(column, str)
        )
        return list(dict.fromkeys((*own, *self.flags, *by_variant)))


FROM_AMOUNTS: Literal["amounts"] = "amounts"


def read_recipe(folder: Path) -> Recipe:
    """Read the recipe of a tariff.

    Parameters
    ----------
    folder
        The tariff's folder.

    Raises
    ------
    InputError
        The file is absent, or some of its entries are missing, unknown or of another kind.
    """
    told = read_yaml(folder / RECIPE, _REMEDY)
    try:
        return Recipe.model_validate(told)
    except ValidationError as wrong:
        raise InputError(
            RECIPE,
            [
                Problem(
                    f"{RECIPE} {'.'.join(map(str, error['loc']))}",
                    "recipe_invalid",
                    "配方缺项、多项或取值不对",
                    _REMEDY,
                )
                for error in wrong.errors()
            ],
        ) from None
