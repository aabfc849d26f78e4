"""Which trained models a command uses (模型选择)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from zhibian.coding.voices import NO_VOICES, Voices
from zhibian.settings import Settings

ModelsChoice = Literal["auto", "on", "off"]
ModelsOption = Annotated[
    ModelsChoice,
    typer.Option("--models", help="auto 有则用，on 必须用，off 只用词典与规则。"),
]


def load_models(choice: ModelsChoice, rules: Path, settings: Settings) -> Voices:
    """Return the models that a command uses."""
    return NO_VOICES
