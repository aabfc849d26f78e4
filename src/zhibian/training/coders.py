"""Systems that are trained (可训练系统登记): the command line adds them."""

from __future__ import annotations

from typing import Any

from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.training.attention_coder import LABEL_ATTENTION, TERMS_LR

#: Systems that code whole records.
TRAINED_RECORD_CODERS: tuple[RegisteredCoder[Any], ...] = (TERMS_LR, LABEL_ATTENTION)
