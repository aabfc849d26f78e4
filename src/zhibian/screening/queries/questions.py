"""Neutral questions to the clinician about a filed page (临床询问), worded by data.

Wording is in rules/screening/queries.yaml. A question quotes the record, favours no answer, can
always be answered by something else or left undetermined, and speaks of nothing but the record
(SPEC 6.1). Wording that breaks this is refused when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.rulefile import read_rule_file
from zhibian.problems import InputError, Problem

TABLE = Path("screening") / "queries.yaml"
BOX = "□"
LABELS = (
    "title",
    "case",
    "department",
    "stay",
    "question",
    "quotes",
    "options",
    "answer",
    "signature",
    "date",
    "coder",
    "statement",
    "versions",
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the clinician (询问).

    Attributes
    ----------
    id
        What raised it, such as ``query-sepsis_organism`` or ``unsupported-N17.900``.
    text
        The question with its quotes.
    brief
        The question for a sheet that lists the quotes below it.
    options
        Answers to choose from, in an order that favours none.
    quotes
        What the record says: where it stands, and the words.
    """

    id: str
    text: str
    brief: str
    options: tuple[str, ...]
    quotes: tuple[str, ...] = ()

    def draft(self) -> str:
        """Return question and options as plain text, one option a line."""
        return "\n".join((self.text, *(f"{BOX} {option}" for option in self.options)))


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind of question is put (询问措辞)."""

    text: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionRules:
    """Wording of all kinds of questions, and what no wording may say (询问规则).

    Attributes
    ----------
    wordings
        By kind: ``unsupported``, ``unmentioned``, ``procedure``, ``missed``, ``principal``,
        ``entry``.
    no_quotes, below
        What stands for quotes where there are none, and where they are listed below.
    forbidden
        Words of payment.
    open_options
        What some option must contain: something else, and undetermined.
    least_options
        Fewest options of a question.
    labels
        Words of the sheet itself.
    """

    wordings: Mapping[str, Wording]
    no_quotes: str
    below: str
    forbidden: tuple[str, ...]
    open_options: tuple[str, ...]
    least_options: int
    labels: Mapping[str, str]

    def ask(self, kind: str, subject: str, quotes: Sequence[str], **names: str) -> Question:
        """Return a question of one kind.

        Parameters
        ----------
        kind
            Kind of the wording.
        subject
            Code that it is about; becomes part of the id.
        quotes
            What the record says.
        names
            ``name``, or ``first`` and ``second``, as the wording asks for.
        """
        wording = self.wordings[kind]
        said = "；".join(quotes) or self.no_quotes
        return Question(
            id=f"{kind}-{subject}",
            text=wording.text.format(quotes=said, **names),
            brief=wording.text.format(quotes=self.below if quotes else self.no_quotes, **names),
            options=tuple(option.format(**names) for option in wording.options),
            quotes=tuple(quotes),
        )

    def faults(self, where: str, text: str, options: Sequence[str]) -> Iterator[Problem]:
        """Yield what is wrong with the wording of a question.

        Parameters
        ----------
        where
            Field of the wording, for the problem.
        text, options
            The wording.
        """
        for word in self.forbidden:
            if any(word in part for part in (text, *options)):
                message = f"询问措辞含有不得出现的词“{word}”"
                yield Problem(where, "query_word_forbidden", message, "改用只涉及病历的措辞")
        if len(options) < self.least_options:
            message = f"询问只有 {len(options)} 个选项"
            remedy = f"至少给出 {self.least_options} 个互不偏向的选项"
            yield Problem(where, "query_options_few", message, remedy)
        for part in self.open_options:
            if not any(part in option for option in options):
                message = f"询问缺少“{part}”选项"
                yield Problem(where, "query_not_open", message, "补上该选项")


def load_question_rules(rules: Path) -> QuestionRules:
    """Read rules/screening/queries.yaml.

    Raises
    ------
    InputError
        It is absent or malformed, or a wording breaks the rules of neutral questions.
    """
    found = read_rule_file(rules, TABLE, _parse)
    faults = list(_faults(found))
    if faults:
        raise InputError(TABLE.name, faults)
    return found


def _faults(rules: QuestionRules) -> Iterable[Problem]:
    said = " ".join(rules.labels.values())
    for word in (word for word in rules.forbidden if word in said):
        message = f"询问单含有不得出现的词“{word}”"
        yield Problem("sheet", "query_word_forbidden", message, "改用只涉及病历的措辞")
    for kind, wording in rules.wordings.items():
        yield from rules.faults(f"questions.{kind}", wording.text, wording.options)


def _parse(raw: Mapping[str, Any]) -> QuestionRules:
    return QuestionRules(
        wordings={
            kind: Wording(str(row["question"]), tuple(map(str, row["options"])))
            for kind, row in raw["questions"].items()
        },
        no_quotes=str(raw["no_quotes"]),
        below=str(raw["below"]),
        forbidden=tuple(raw["forbidden_words"]),
        open_options=tuple(raw["open_options"]),
        least_options=int(raw["least_options"]),
        labels={name: str(raw["sheet"][name]) for name in LABELS},
    )
