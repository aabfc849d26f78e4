"""Copies of weights (权重的快照)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def snapshot(parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    """Return copies that later steps do not touch."""
    return [parameter.detach().clone() for parameter in parameters]


def assign(parameters: Sequence[nn.Parameter], values: Sequence[Tensor]) -> None:
    """Set parameters to some values."""
    with torch.no_grad():
        for parameter, value in zip(parameters, values, strict=True):
            parameter.copy_(value)
