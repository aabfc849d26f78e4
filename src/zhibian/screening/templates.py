"""Texts with measures in them (依据文字): ``总费用 {cost} 元`` made for many pages at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from zhibian.screening.measures import MEASURES

_SLOT = re.compile(r"\{([a-z_0-9]+)\}")
#: What stands for a value that is not known.
UNKNOWN = "（缺）"


@dataclass(frozen=True, slots=True)
class Template:
    """A text with slots.

    Attributes
    ----------
    parts
        Plain text and names of measures in turn, beginning with plain text.
    """

    parts: tuple[str, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the measures that are shown."""
        return self.parts[1::2]

    def text(self) -> pl.Expr:
        """Return the text for each row of a table of measures."""
        shown = [
            _shown(part) if place % 2 else pl.lit(part) for place, part in enumerate(self.parts)
        ]
        return pl.concat_str(shown)


def read_template(text: str) -> Template:
    """Return the template of a text.

    Raises
    ------
    ValueError
        A slot names no measure.
    """
    parts = tuple(_SLOT.split(text))
    unknown = [name for name in parts[1::2] if name not in MEASURES]
    if unknown or "{" in "".join(parts[::2]):
        raise ValueError(f"unknown measures in a text: {unknown or text}")
    return Template(parts)


def _shown(name: str) -> pl.Expr:
    measure = MEASURES[name]
    column = pl.col(name)
    if measure.kind == "text":
        return column.cast(pl.String).fill_null(UNKNOWN)
    if not measure.digits:
        return column.round(0).cast(pl.Int64).cast(pl.String).fill_null(UNKNOWN)
    # 1234.50 as 1234.5 and 12.0 as 12: no false precision.
    rounded = column.round(measure.digits).cast(pl.String)
    return rounded.str.strip_suffix(".0").fill_null(UNKNOWN)
