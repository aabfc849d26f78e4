"""The reply of a language model read strictly (模型回答的读取): JSON in, a coded page out.

What is no such JSON is no answer. A quote that does not stand in the record, word for word, is no
evidence and is left out; the code stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zhibian.evaluation.coders.answer_pages import DiagnosisCode, ProcedureCode
from zhibian.evaluation.coders.interface import CodedLine, CodedPage, Span
from zhibian.records.types import Case

_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


class _QuotedCode(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    confidence: float | None = Field(default=None, ge=0, le=1)
    document: int | None = None
    quote: str | None = None


class _Diagnosis(_QuotedCode):
    code: DiagnosisCode


class _Procedure(_QuotedCode):
    code: ProcedureCode


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    principal: _Diagnosis | None
    others: tuple[_Diagnosis, ...] = ()
    procedures: tuple[_Procedure, ...] = ()


def read_reply(reply: str, case: Case) -> CodedPage | None:
    """Return the page of a reply; None where it is not the JSON that was asked for.

    Parameters
    ----------
    reply
        What the model wrote: one JSON object, at most fenced as a block of code.
    case
        The record as it is, in which quotes are found.
    """
    fenced = _FENCED.match(reply)
    try:
        found = _Reply.model_validate(json.loads(fenced.group(1) if fenced else reply))
    except (ValueError, RecursionError, ValidationError):
        return None
    principal = None if found.principal is None else _line(found.principal, case)
    first = None if principal is None else principal.code
    others = {entry.code: _line(entry, case) for entry in reversed(found.others)}
    procedures = {entry.code: _line(entry, case) for entry in reversed(found.procedures)}
    return CodedPage(
        principal=principal,
        others=tuple(others[code] for code in _order(found.others) if code != first),
        procedures=tuple(procedures[code] for code in _order(found.procedures)),
    )


def _order(entries: tuple[_Diagnosis, ...] | tuple[_Procedure, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.code for entry in entries))


def _line(entry: _Diagnosis | _Procedure, case: Case) -> CodedLine:
    return CodedLine(entry.code, entry.confidence, evidence=tuple(_places(entry, case)))


def _places(entry: _QuotedCode, case: Case) -> Iterator[Span]:
    """Yield the first place of the quote, in the document named or else in any."""
    if not entry.quote:
        return
    numbers = [*range(len(case.documents))]
    if entry.document in numbers:
        numbers.insert(0, entry.document)
    for number in numbers:
        start = case.documents[number].text.find(entry.quote)
        if start >= 0:
            yield Span(number, start, start + len(entry.quote))
            return
