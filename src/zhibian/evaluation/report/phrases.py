"""Words of the report in both languages (中英文文字): each stands once, in ``labels.yaml``.

A report holds one language or both. Where it holds both, each phrase is written twice and the page
shows one; nothing is looked up while the page is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import yaml
from markupsafe import Markup, escape

Language = Literal["zh", "en", "both"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase in both languages (中英对照)."""

    zh: str
    en: str

    def filled(self, **values: object) -> Phrase:
        """Return the phrase with its places filled; a phrase is filled language by language."""
        return Phrase(_fill(self.zh, "zh", values), _fill(self.en, "en", values))


def same(text: str) -> Phrase:
    """Return what is written alike in both languages, such as a code or a name."""
    return Phrase(text, text)


def _fill(text: str, language: Literal["zh", "en"], values: Mapping[str, object]) -> str:
    told = {k: getattr(v, language) if isinstance(v, Phrase) else v for k, v in values.items()}
    return text.format(**told)


@cache
def labels() -> Mapping[str, Mapping[str, Phrase]]:
    """Return every label by section and key."""
    text = files(__package__).joinpath("labels.yaml").read_text(encoding="utf-8")
    read: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(text)
    return {
        section: {key: Phrase(entry["zh"], entry["en"]) for key, entry in entries.items()}
        for section, entries in read.items()
    }


@cache
def _english() -> Mapping[str, Mapping[str, str]]:
    text = files(__package__).joinpath("english.yaml").read_text(encoding="utf-8")
    read: dict[str, dict[object, str]] = yaml.safe_load(text)
    return {part: {str(key): word for key, word in words.items()} for part, words in read.items()}


def english(part: str, name: str, otherwise: str = "") -> str:
    """Return the English of a name in results, which tell their titles in Chinese.

    Parameters
    ----------
    part
        ``metric_words`` or ``systems``.
    name
        The name.
    otherwise
        What is shown where it is not listed; empty for the name itself, read as words.
    """
    return _english()[part].get(name) or otherwise or name.replace("_", " ")


def label(path: str, **values: object) -> Phrase:
    """Return one label.

    Parameters
    ----------
    path
        Section and key, such as ``data.folds``.
    values
        What is filled in.
    """
    section, _, key = path.partition(".")
    found = labels()[section][key]
    return found.filled(**values) if values else found


def label_or(section: str, key: str, otherwise: Phrase) -> Phrase:
    """Return one label, or what stands where there is none."""
    return labels().get(section, {}).get(key, otherwise)


def markup(phrase: Phrase, language: Language) -> Markup:
    """Return a phrase for the text of a page."""
    if language != "both":
        return escape(getattr(phrase, language))
    if phrase.zh == phrase.en:
        return escape(phrase.zh)
    return Markup(
        '<span class="zh" lang="zh">{}</span><span class="en" lang="en">{}</span>'
    ).format(phrase.zh, phrase.en)


def plain(phrase: Phrase, language: Language) -> str:
    """Return a phrase for places that hold no markup: titles, attributes."""
    if language != "both":
        return str(getattr(phrase, language))
    return phrase.zh if phrase.zh == phrase.en else f"{phrase.zh} / {phrase.en}"


def svg_text(phrase: Phrase, language: Language, **attributes: Any) -> Markup:
    """Return a phrase as text of a picture, once a language.

    Parameters
    ----------
    phrase
        The words.
    language
        Language of the report.
    attributes
        Attributes of the element; ``_`` stands for ``-``.
    """
    shown = Markup("").join(
        Markup(' {}="{}"').format(name.replace("_", "-"), value)
        for name, value in attributes.items()
    )
    if language != "both" or phrase.zh == phrase.en:
        words = phrase.en if language == "en" else phrase.zh
        return Markup("<text{}>{}</text>").format(shown, words)
    return Markup(
        '<text class="zh" lang="zh"{0}>{1}</text><text class="en" lang="en"{0}>{2}</text>'
    ).format(shown, phrase.zh, phrase.en)
