"""Trained models of a command (模型): ``--models`` and ``zhibian models prepare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from zhibian.cli.classifier_option import add_classifier
from zhibian.cli.common import RulesOption, need_extra, refuse
from zhibian.coding.coder import CodingKnowledge
from zhibian.coding.mention_tagger import NAME as TAGGER
from zhibian.coding.mention_tagger import dictionary_hints, load_mention_tagger
from zhibian.coding.terms.model import MANIFEST
from zhibian.coding.terms.model import NAME as LINKER
from zhibian.coding.voices import MentionTagger, PhraseLinker, Voices
from zhibian.problems import InputError, Problem
from zhibian.review.reviewer import Reviewer, with_voices
from zhibian.settings import Settings

app = typer.Typer(help="随软件提供的模型。", no_args_is_help=True)

ModelsChoice = Literal["auto", "on", "off"]
ModelsOption = Annotated[
    ModelsChoice,
    typer.Option("--models", help="auto 有则用，on 必须用，off 只用词典与规则。"),
]


def with_models(
    reviewer: Reviewer,
    choice: ModelsChoice,
    rules: Path,
    settings: Settings,
    classifier: Path | None = None,
) -> Reviewer:
    """Return a reviewer with the models that a command uses.

    With ``auto`` an absent model, or the absent extra ``models``, is told on standard error and
    done without; damaged weights are refused under any choice but ``off``.

    Raises
    ------
    InputError
        A model is damaged, or absent under ``on``; the classifier's folder can't be used.
    """
    voices = Voices()
    if choice != "off":
        voices = Voices(
            linker=_linker(choice, rules, settings),
            tagger=_tagger(choice, reviewer.knowledge, rules, settings),
        )
    return with_voices(reviewer, add_classifier(voices, classifier, rules))


def _linker(choice: ModelsChoice, rules: Path, settings: Settings) -> PhraseLinker | None:
    try:
        _need_linker(settings)
    except InputError as absent:
        _go_on_without(choice, absent)
        return None
    # The neural libraries are an extra; commands work without them.
    from zhibian.neural.phrases import load_phrase_linker  # noqa: PLC0415

    return load_phrase_linker(rules, settings.models, settings.cache, tell=say)


def _tagger(
    choice: ModelsChoice, knowledge: CodingKnowledge, rules: Path, settings: Settings
) -> MentionTagger | None:
    try:
        _need_folder(settings.models, TAGGER)
    except InputError as absent:
        _go_on_without(choice, absent)
        return None
    words = knowledge.diagnosis_words
    hints = dictionary_hints(words.terms, knowledge.procedure_terms)
    return load_mention_tagger(settings.models, rules, hints)


def _need_linker(settings: Settings) -> None:
    _need_folder(settings.models, LINKER)
    need_extra("onnxruntime", "tokenizers")


def _need_folder(models: Path, name: str) -> None:
    if not (models / name / MANIFEST).is_file():
        remedy = "恢复随程序发布的 models 文件夹，或用 ZHIBIAN_MODELS 指定；--models off 不用模型"
        problem = Problem("ZHIBIAN_MODELS", "model_missing", f"没有模型 {name}", remedy)
        raise InputError(name, [problem])


def _go_on_without(choice: ModelsChoice, absent: InputError) -> None:
    """Go on without a model, or refuse where it was asked for."""
    if choice == "on":
        raise absent
    say(f"{'；'.join(problem.message for problem in absent.problems)}：只用词典与规则")


def say(message: str) -> None:
    """Tell something on standard error."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(message)


@app.command(help="预先编码医保版疾病、手术名称（每台机器、每个模型一次，约一两分钟）。")
def prepare(rules: RulesOption = None) -> None:
    """Encode the names of the NHSA code sets, so that phrases are linked by meaning."""
    settings = Settings()
    try:
        _need_linker(settings)
        from zhibian.neural.phrases import load_phrase_linker  # noqa: PLC0415

        linker = load_phrase_linker(
            rules or settings.rules, settings.models, settings.cache, encode=True, tell=say
        )
        linker.link(["肺炎"], "diagnosis")
        linker.link(["阑尾切除术"], "procedure")
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    say(f"{linker.version} 已就绪，编码后的名称在 {settings.cache}")
