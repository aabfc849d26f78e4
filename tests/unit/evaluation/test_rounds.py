"""Rounds: every question is measured once, nothing measured is learned from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.evaluation.runner_fakes import loaded, word, words

from zhibian.evaluation.examples import Parts
from zhibian.evaluation.rounds import Round, rounds_of, smaller
from zhibian.evaluation.tasks.spec import Protocol
from zhibian.problems import InputError

WHOLE = Protocol(test="all")
FIVE = Protocol(test="all", folds=5, fold_seed=3)


def folded(parts: Parts[str, str], protocol: Protocol = FIVE) -> tuple[Round, ...]:
    return rounds_of(parts, protocol)


def test_without_folds_the_parts_stand_as_they_are() -> None:
    parts = loaded(words(3), words(4, "f")).parts
    (one,) = rounds_of(parts, Protocol(test="all"))
    assert (one.fit, one.tune, one.test) == (parts.fit, (), parts.test)


def test_folds_measure_every_question_once_and_learn_from_the_others() -> None:
    parts = loaded(words(23), words(2, "f")).parts
    found = folded(parts)
    assert sorted(e.id for r in found for e in r.test) == sorted(e.id for e in parts.test)
    for one in found:
        assert {e.id for e in one.fit} == {
            e.id for e in (*parts.fit, *parts.test) if e not in one.test
        }
    assert max(len(r.test) for r in found) - min(len(r.test) for r in found) <= 1


def test_folds_follow_from_words_and_seed_not_from_ids_or_order() -> None:
    test = words(20)
    renamed = tuple(word(f"x{e.id}", words=e.question) for e in reversed(test))

    def digests(protocol: Protocol, examples: tuple[object, ...]) -> list[set[str]]:
        parts = loaded(examples).parts  # type: ignore[arg-type]
        return [{e.digest for e in r.test} for r in folded(parts, protocol)]

    assert digests(FIVE, test) == digests(FIVE, renamed)
    assert digests(FIVE, test) != digests(Protocol(test="all", folds=5, fold_seed=4), test)


PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=12, max_size=40)


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_a_record_and_equal_words_are_never_parted(pairs: list[tuple[int, int]]) -> None:
    test = tuple(
        word(f"{place}", record=f"r{record}", words=f"d{digest}")
        for place, (record, digest) in enumerate(pairs)
    )
    # Two more that hang together with nothing: there are always enough for two folds.
    apart = (word("one", record="alone"), word("other", record="lonely"))
    found = folded(loaded((*test, *apart)).parts, Protocol(test="all", folds=2))
    assert sorted(e.id for one in found for e in one.test) == sorted(e.id for e in (*test, *apart))
    for key in ("record", "digest"):
        homes: dict[str, set[int]] = {}
        for one in found:
            for example in one.test:
                homes.setdefault(getattr(example, key), set()).add(one.number)
        assert all(len(numbers) == 1 for numbers in homes.values())


def test_what_is_measured_may_not_be_learned_from() -> None:
    copied = word("another id", words="w1")
    with pytest.raises(InputError) as refused:
        rounds_of(loaded(words(3), (copied, word("f"))).parts, WHOLE)
    (problem,) = refused.value.problems
    assert problem.code == "test_learned"
    assert problem.message.startswith("1 个")


def test_questions_for_choices_may_not_be_measured_either() -> None:
    parts = loaded(words(3)).parts
    with pytest.raises(InputError, match="protocol"):
        rounds_of(Parts((), parts.test[:1], parts.test, parts.checksum), Protocol(test="all"))


def test_more_folds_than_records_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        folded(loaded(words(3)).parts)
    assert refused.value.problems[0].code == "too_few_records"


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_smaller_fit_parts_are_nested_and_keep_their_order(one: float, other: float) -> None:
    fit = words(40)
    less, more = sorted((smaller(fit, one), smaller(fit, other)), key=len)
    assert {e.id for e in less} <= {e.id for e in more}
    assert [e for e in fit if e in more] == list(more)


def test_a_share_of_the_fit_part_is_at_least_one_question() -> None:
    fit = words(10)
    assert len(smaller(fit, 0.001)) == 1
    assert len(smaller(fit, 0.25)) == 3
    assert smaller(fit, 1.0) == fit
    assert len(rounds_of(loaded(words(2), words(10, "f")).parts, WHOLE, share=0.5)[0].fit) == 5
