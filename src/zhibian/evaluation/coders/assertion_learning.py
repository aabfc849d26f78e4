"""How classifiers of tendency choose their strength and answer (发生状态分类器的调参与作答)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, TypeVar

from pydantic import Field
from sklearn.pipeline import Pipeline

from zhibian.evaluation.answers import EventAnswer
from zhibian.evaluation.coders.interface import LearningSet
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import EventGold, EventQuestion

EventExample = Example[EventQuestion, EventGold]
M = TypeVar("M")
I = TypeVar("I")  # noqa: E741  (what a model reads of an event)

# Without a tune part every fifth text of the fit part is held back for the choice.
_HELD_IN = 5


Strengths = Annotated[
    tuple[Annotated[float, Field(gt=0)], ...],
    Field(min_length=1, description="Inverse strengths of regularisation that are tried 待选强度"),
]


class WindowSettings(Parameters):
    """Settings of a classifier of tendency (参数)."""

    before: int = Field(default=24, ge=1, description="Characters before the head 主体前字数")
    behind: int = Field(default=14, ge=1, description="Characters behind it 主体后字数")
    strengths: Strengths


def best_strength(
    material: LearningSet,
    strengths: Sequence[float],
    fit: Callable[[Sequence[EventExample], float], M],
    tell: Callable[[M, Sequence[EventQuestion]], Sequence[str]],
) -> float:
    """Return the strength of the best accuracy on the tune part.

    Parameters
    ----------
    material
        What is learned from; where its tune part is empty, every fifth text of the fit part
        stands for it, and the others are learned from while the strength is chosen.
    strengths
        Those that are tried; of equally good ones the first is taken.
    fit
        Learns from examples with a strength.
    tell
        Answers questions.
    """
    learned, held = tuple(material.fit), tuple(material.tune)
    if not held:
        texts = list(dict.fromkeys(example.record for example in learned))
        chosen = frozenset(texts[::_HELD_IN])
        held = tuple(example for example in learned if example.record in chosen)
        learned = tuple(example for example in learned if example.record not in chosen)
    gold = tendencies_of(held)
    questions = [example.question for example in held]

    def right(strength: float) -> int:
        told = tell(fit(learned, strength), questions)
        return sum(one == other for one, other in zip(told, gold, strict=True))

    return max(strengths, key=right)


def tendencies_of(examples: Sequence[EventExample]) -> list[str]:
    """Return the gold tendencies of examples."""
    return [example.gold.tendency for example in examples]


def answers_of(model: Pipeline | None, inputs: Sequence[I]) -> Iterator[EventAnswer]:
    """Yield the likeliest tendency of each input with its share; before learning, none."""
    if model is None or not inputs:
        yield from (EventAnswer("") for _ in inputs)
        return
    labels = model.classes_.tolist()
    for row in model.predict_proba(inputs):
        place = int(row.argmax())
        yield EventAnswer(labels[place], float(row[place]))
