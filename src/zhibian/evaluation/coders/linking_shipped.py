"""The shipped linker (随软件提供的链接模型), by spelling alone or with its encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zhibian.coding.terms.linker import TermLinker
from zhibian.coding.terms.load import load_linker
from zhibian.coding.terms.model import NAME, LinkModel, load_link_model
from zhibian.coding.terms.types import TermEncoder
from zhibian.evaluation.coders.interface import CoderInfo, LearningSet, LinkedNames, TermQuestion
from zhibian.evaluation.coders.learned import refuse_learned
from zhibian.evaluation.coders.linking_target import RANKED, target_of
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

# Names and titles of the systems.
_SPELLING = ("linker-spelling", "随附链接模型（仅拼写）")
_ENCODER = ("linker", "随附链接模型（含编码器）")


@dataclass(frozen=True, slots=True)
class ShippedLinker:
    """The linker of ``zhibian link`` as a system; it learns nothing here."""

    info: CoderInfo
    linker: TermLinker

    def learn(self, material: LearningSet) -> ShippedLinker:
        """Return itself."""
        return self

    def code(self, questions: Sequence[TermQuestion]) -> Iterator[LinkedNames]:
        """Yield the chosen names and the next best ones."""
        terms = [question.wording for question in questions]
        for link in self.linker.link(terms, alternatives=RANKED):
            chosen = tuple(code.name for code in link.codes)
            yield LinkedNames(chosen, (*chosen, *(code.name for code in link.alternatives)))


def _by_spelling(given: Parameters, task: TaskSpec, resources: Resources) -> ShippedLinker:
    return _shipped(*_SPELLING, _model(task, resources), None, task, resources)


def _with_encoder(given: Parameters, task: TaskSpec, resources: Resources) -> ShippedLinker:
    model = _model(task, resources)
    try:
        from zhibian.neural.onnx_encoder import load_encoder  # noqa: PLC0415  (an extra)
    except ImportError:
        message = "没有安装 onnxruntime 或 tokenizers"
        remedy = "安装 zhibian[models]，或改用系统 linker-spelling"
        raise InputError("linker", [Problem("linker", "extra_missing", message, remedy)]) from None
    return _shipped(*_ENCODER, model, load_encoder(model), task, resources)


def _model(task: TaskSpec, resources: Resources) -> LinkModel:
    refuse_learned(NAME, task, resources.models)
    return load_link_model(resources.models)


def _shipped(
    name: str,
    title: str,
    model: LinkModel,
    encoder: TermEncoder | None,
    task: TaskSpec,
    resources: Resources,
) -> ShippedLinker:
    info = CoderInfo(name, title, versions={"model": model.version})
    codes = target_of(task, resources)
    return ShippedLinker(info, load_linker(resources.rules, codes, model, encoder, resources.cache))


LINKER_SPELLING = RegisteredCoder(*_SPELLING, Parameters, _by_spelling)
LINKER = RegisteredCoder(*_ENCODER, Parameters, _with_encoder)
