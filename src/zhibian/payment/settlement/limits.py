"""Where low and high outliers begin (倍率界限): as published for a group, else by bands."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from zhibian.payment.settlement.rules import Band, Outlier
from zhibian.payment.settlement.types import Decision, GroupPrice

_PUBLISHED = "支付标准表公布的临界值"


class Limit(NamedTuple):
    """Where outliers of one side begin.

    Attributes
    ----------
    fen
        The cost, in fen; it may be a fraction.
    times
        The multiple K that it is.
    told
        Where it comes from.
    inclusive
        Whether that cost itself is beyond the limit.
    certain
        False where the limit depends on the hospital's level and the bands do not tell of it, or on
        the group's weight and that is not published.
    """

    fen: Decimal
    times: Decimal
    told: Decision
    inclusive: bool
    certain: bool

    @property
    def below(self) -> int:
        """Return the whole fen below which costs are beyond a low limit."""
        if self.inclusive:
            return int(self.fen.to_integral_value(ROUND_FLOOR)) + 1
        return int(self.fen.to_integral_value(ROUND_CEILING))

    @property
    def above(self) -> int:
        """Return the whole fen above which costs are beyond a high limit."""
        if self.inclusive:
            return int(self.fen.to_integral_value(ROUND_CEILING)) - 1
        return int(self.fen.to_integral_value(ROUND_FLOOR))


def low_limit(outlier: Outlier, price: GroupPrice, denominator: int) -> Limit | None:
    """Return where low outliers begin, None where the region has none for such a group.

    Parameters
    ----------
    outlier
        The bands.
    price
        The group; a published limit goes before the bands.
    denominator
        Denominator of the multiple in fen.
    """
    return _limit("low", outlier, price, denominator, price.low_limit)


def high_limit(outlier: Outlier, price: GroupPrice, denominator: int) -> Limit | None:
    """Return where high outliers begin; see `low_limit`."""
    return _limit("high", outlier, price, denominator, price.high_limit)


def _limit(
    name: str, outlier: Outlier, price: GroupPrice, denominator: int, published: Decimal | None
) -> Limit | None:
    if published is not None:
        fen = published.scaleb(2)
        told = Decision(f"{name}_limit", f"{published}", _PUBLISHED, verified=True)
        return Limit(fen, fen / denominator, told, inclusive=False, certain=True)
    level = _level(outlier, price)
    bands = [band for band in outlier.bands if _may_hold(band, level, price.weight)]
    if not bands:
        return None
    by_weight = any(band.by_weight for band in bands)
    certain = (not bands[0].hospital_levels or bool(level)) and not (
        by_weight and price.weight is None
    )
    # Where the level or the weight is unknown, what any band calls an outlier is left open.
    extreme = max if name == "low" else min
    band = bands[0] if certain else extreme(bands, key=lambda b: b.times)
    told = Decision(f"{name}.times", str(band.times), outlier.source, outlier.verified)
    return Limit(band.times * denominator, band.times, told, band.inclusive, certain)


def _level(outlier: Outlier, price: GroupPrice) -> str:
    """Return the hospital's level, empty where the bands do not tell of it: it is then unknown."""
    told = {level for band in outlier.bands for level in band.hospital_levels}
    return price.hospital_level if price.hospital_level in told else ""


def _may_hold(band: Band, level: str, weight: Decimal | None) -> bool:
    if level and band.hospital_levels and level not in band.hospital_levels:
        return False
    if weight is None:
        return True
    above = band.weight_above is None or weight > band.weight_above
    return above and (band.weight_up_to is None or weight <= band.weight_up_to)
