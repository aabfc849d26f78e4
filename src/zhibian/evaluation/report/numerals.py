"""How figures are written (数值的写法): one way for each unit, in tables and on axes."""

from __future__ import annotations

from zhibian.evaluation.metrics.metric import Unit
from zhibian.evaluation.results import ComparisonOut, FigureOut

NOTHING = "—"
MINUS = "−"


def shown(value: float | None, unit: Unit) -> str:
    """Return a value with as many digits as its unit bears."""
    if value is None:
        return NOTHING
    text = {
        "share": f"{100 * value:.1f}%",
        "count": f"{value:,.2f}",
        "yuan": f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}",
        "weight": f"{value:,.4f}",
        "seconds": duration(value),
        "distance": f"{value:.3f}",
    }[unit]
    return _signed(text)


def tick(value: float, unit: Unit) -> str:
    """Return a value of an axis: round, so without needless decimals."""
    if unit == "share":
        return _signed(f"{100 * value:.6g}%")
    return _signed(f"{value:,.10g}") if unit in {"yuan", "count", "weight"} else shown(value, unit)


def bound(yuan: float) -> str:
    """Return a bound of a bar of payments: whole yuan."""
    return tick(float(round(yuan)), "yuan")


def interval(figure: FigureOut, unit: Unit) -> str:
    """Return the bounds of an interval; a dash where there is none."""
    if figure.low is None or figure.high is None:
        return NOTHING
    return f"{shown(figure.low, unit)} ~ {shown(figure.high, unit)}"


def difference(found: ComparisonOut, unit: Unit) -> str:
    """Return a difference with its sign and interval; of shares in percentage points."""
    if found.difference is None:
        return NOTHING
    told = change(found.difference, unit)
    if found.low is None or found.high is None:
        return told
    return f"{told} ({change(found.low, unit)} ~ {change(found.high, unit)})"


def change(value: float | None, unit: Unit) -> str:
    """Return a change with its sign; of shares in percentage points, without a percent sign."""
    if value is None:
        return NOTHING
    if unit == "seconds":
        text = f"{value:+.3f}"
    else:
        text = f"{100 * value:+.1f}" if unit == "share" else f"+{shown(value, unit)}"
    text = text.replace(f"+{MINUS}", MINUS)
    return _signed(text)


def chance(p: float | None) -> str:
    """Return a p value; below 0.001 only that."""
    if p is None:
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def duration(seconds: float | None) -> str:
    """Return a time as people say it: ms, s, min or h."""
    if seconds is None:
        return NOTHING
    for bound, factor, unit in ((1, 1000.0, "ms"), (120, 1.0, "s"), (7200, 1 / 60, "min")):
        if seconds < bound:
            scaled = seconds * factor
            return f"{scaled:.1f} {unit}" if scaled < 100 else f"{scaled:.0f} {unit}"
    return f"{seconds / 3600:.1f} h"


def count(n: int) -> str:
    """Return a number of records with separators."""
    return f"{n:,}"


def short(n: int) -> str:
    """Return a number for a narrow bar: 999, 1.2k, 35k."""
    if n < 1000:
        return str(n)
    return f"{n / 1000:.1f}k" if n < 10_000 else f"{n / 1000:.0f}k"


def _signed(text: str) -> str:
    """Write minus as a minus sign, and never minus zero."""
    if not text.startswith(("-", "+")):
        return text
    if not any(digit in text for digit in "123456789"):
        return text[1:]
    return text.replace("-", MINUS)
