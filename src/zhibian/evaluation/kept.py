"""Answers kept while a run lasts (中间作答): a run that was stopped goes on from finished rounds.

What is kept are codes, names, places and groups, one JSON line an answer, never text.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of one system in one round (一轮作答).

    Attributes
    ----------
    answers
        In the order of the questions.
    learn_seconds, code_seconds
        Wall-clock time of learning and of answering.
    notes
        What the system told of its answering.
    """

    answers: tuple[Any, ...]
    learn_seconds: float
    code_seconds: float
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of finished rounds (已完成的轮次).

    Attributes
    ----------
    folder
        Where they lie; may be absent.
    answer
        Type of an answer.
    """

    folder: Path
    answer: Any

    def get(self, key: str, count: int) -> Answered | None:
        """Return what is kept under a key; None where it is absent, damaged or not whole."""
        try:
            lines = self._file(key).read_bytes().splitlines()
            head = json.loads(lines[0])
            reader = TypeAdapter(self.answer)
            answers = tuple(reader.validate_json(line) for line in lines[1:])
            found = Answered(
                answers, float(head["learn_seconds"]), float(head["code_seconds"]), head["notes"]
            )
        except (OSError, ValueError, KeyError, IndexError, TypeError, ValidationError):
            return None
        return found if len(answers) == count else None

    def put(self, key: str, answered: Answered) -> None:
        """Keep a finished round, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        head = {
            "learn_seconds": answered.learn_seconds,
            "code_seconds": answered.code_seconds,
            "notes": dict(answered.notes),
        }
        writer = TypeAdapter(self.answer)
        lines = [json.dumps(head).encode(), *map(writer.dump_json, answered.answers)]
        file = self._file(key)
        part = file.with_suffix(".part")
        part.write_bytes(b"\n".join(lines) + b"\n")
        os.replace(part, file)

    def drop(self, key: str) -> None:
        """Forget a round."""
        self._file(key).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.jsonl"


def key_of(what: Mapping[str, Any], digests: Sequence[str]) -> str:
    """Return the name under which a round is kept.

    Parameters
    ----------
    what
        Everything that the answers hang on: task and version, system, parameters, versions, seed.
    digests
        Of the questions learned from and measured, in order.
    """
    told = json.dumps(what, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256("\n".join([told, *digests]).encode()).hexdigest()[:32]
