"""How classifiers of tendency choose their strength and answer (发生状态分类器的调参与作答)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sklearn.pipeline import Pipeline

from zhibian.evaluation.answers import EventAnswer
from zhibian.evaluation.coders.interface import LearningSet
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import EventGold, EventQuestion

EventExample = Example[EventQuestion, EventGold]
M = TypeVar("M")
I = TypeVar("I")  # noqa: E741  (what a model reads of an event)

#: Inverse regularisation strengths that are tried, weakest first.
STRENGTHS = (0.03, 0.1, 0.3, 1.0)
# Without a tune part every fifth text of the fit part is held back for the choice.
_HELD_IN = 5


def best_strength(
    material: LearningSet,
    fit: Callable[[Sequence[EventExample], float], M],
    tell: Callable[[M, Sequence[EventQuestion]], Sequence[str]],
) -> float:
    """Return the strength of the best accuracy on the tune part.

    Parameters
    ----------
    material
        What is learned from; where its tune part is empty, every fifth text of the fit part
        stands for it, and the others are learned from while the strength is chosen.
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

    return max(STRENGTHS, key=right)


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
