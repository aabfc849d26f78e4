"""Configuration (运行配置): one class, read from ``ZHIBIAN_`` variables.

Examples
--------
``ZHIBIAN_RULES=/srv/zhibian/rules`` replaces the shipped rule folder.
"""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

_PACKAGE = Path(__file__).resolve().parent


def _shipped(installed: str, in_checkout: str) -> Path:
    """Return the data folder inside an installed wheel, else that of the checkout."""
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parents[1] / in_checkout


class Settings(BaseSettings):
    """Everything that may differ between two installations.

    Attributes
    ----------
    rules
        Folder of the rule data (code sets, rule packs, tariffs, lexicons).
    examples
        Folder of the shipped invented records.
    models
        Folder of the trained models.
    cache
        Folder that keeps what can be computed again, such as encoded code sets.
    scheme
        Rule pack used when none is named.
    tariff
        Tariff used when none is named.
    data
        Folder of the research data sets, each in a folder of its own; None where there are none.
        One set may lie elsewhere: ``ZHIBIAN_DATA_CHIP_CDN`` and so on.
    tasks
        Folder of a user's own evaluation tasks.
    encoder
        Folder of the Hugging Face encoder that evaluated label attention reads with; None where
        there is none.
    max_document_chars
        Longest document that is read, in characters.
    """

    model_config = SettingsConfigDict(env_prefix="ZHIBIAN_", frozen=True)

    rules: Path = _shipped("_rules", "rules")
    examples: Path = _shipped("_examples", "examples")
    models: Path = _shipped("_models", "models")
    cache: Path = Path.home() / ".cache" / "zhibian"
    scheme: str = "chs-drg-1.1"
    tariff: str = "linyi-2022"
    data: Path | None = None
    tasks: Path | None = None
    encoder: Path | None = None
    max_document_chars: int = 1_000_000
    max_file_bytes: int = 8_000_000
