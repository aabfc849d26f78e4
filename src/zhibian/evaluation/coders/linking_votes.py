"""Several linkers that vote (投票链接): no weights, so nothing is tuned.

A name is chosen where more than half of the members choose it. Where there is none, the best
candidate of all members together is: by reciprocal rank fusion (Cormack, Clarke & Büttcher 2009),
the sum of 1 / (60 + place) over members, places from 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from zhibian.evaluation.coders.interface import (
    Coder,
    CoderInfo,
    LearningSet,
    LinkedNames,
    TermQuestion,
)
from zhibian.evaluation.coders.linking_target import RANKED, cleaned
from zhibian.evaluation.coders.parameters import Parameters
from zhibian.evaluation.coders.registered import RegisteredCoder
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

NAME, TITLE = "ensemble", "多系统集成"
# Of the paper; it keeps one member's first place from outweighing all others.
_FUSION = 60

Member = Coder[TermQuestion, LinkedNames]


class VoteSettings(Parameters):
    """Settings of the vote (参数)."""

    members: tuple[str, ...] = Field(
        default=("linker", "tfidf-pairs", "tfidf-lr"),
        min_length=2,
        description="Systems that vote 参与投票的系统",
    )


@dataclass(frozen=True, slots=True)
class VotingLinker:
    """Answers with the names that most members choose (投票).

    Attributes
    ----------
    info
        What a reader of a result must know.
    members
        Systems that vote; each learns for itself.
    """

    info: CoderInfo
    members: tuple[Member, ...]

    def learn(self, material: LearningSet) -> VotingLinker:
        """Return the vote of members that have learned."""
        return replace(self, members=tuple(member.learn(material) for member in self.members))

    def code(self, questions: Sequence[TermQuestion]) -> Iterator[LinkedNames]:
        """Yield what the members choose together."""
        told = [member.code(questions) for member in self.members]
        return (vote(answers) for answers in zip(*told, strict=True))


def vote(answers: Sequence[LinkedNames]) -> LinkedNames:
    """Return the names that more than half choose, or else the best candidate of all together.

    Parameters
    ----------
    answers
        One a member; names are compared as the linker compares them.
    """
    fused: defaultdict[str, float] = defaultdict(float)
    votes: Counter[str] = Counter()
    for answer in answers:
        votes.update(cleaned(answer.chosen))
        candidates = cleaned((*answer.chosen, *answer.ranked))
        for place, name in enumerate(candidates, start=1):
            fused[name] += 1 / (_FUSION + place)
    ranked = sorted(fused, key=lambda name: (-fused[name], name))[:RANKED]
    chosen = [name for name in ranked if 2 * votes[name] > len(answers)]
    return LinkedNames(tuple(chosen or ranked[:1]), tuple(ranked))


def voting(known: Mapping[str, RegisteredCoder[Any]]) -> RegisteredCoder[VoteSettings]:
    """Return the vote of some linkers.

    Parameters
    ----------
    known
        Linkers by name that may vote.
    """

    def make(given: VoteSettings, task: TaskSpec, resources: Resources) -> VotingLinker:
        problems = [
            Problem(
                f"{NAME}.members",
                "system_unknown",
                f"没有系统 {name}",
                f"可用的系统：{'、'.join(known)}",
            )
            for name in given.members
            if name not in known
        ]
        if problems:
            raise InputError(NAME, problems)
        members = tuple(known[name]({}, task, resources) for name in given.members)
        infos = [member.info for member in members]
        info = CoderInfo(
            NAME,
            TITLE,
            learns=any(one.learns for one in infos),
            versions={key: value for one in infos for key, value in one.versions.items()},
            parameters=given.model_dump(),
        )
        return VotingLinker(info, members)

    return RegisteredCoder(NAME, TITLE, VoteSettings, make)
