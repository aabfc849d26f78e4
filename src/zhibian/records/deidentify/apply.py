"""De-identify a case (病例去标识化): a new case without what identifies the patient."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zhibian.records.deidentify.dates import days_of, shift_dates
from zhibian.records.deidentify.find import find_identifiers
from zhibian.records.deidentify.places import Identifier
from zhibian.records.deidentify.rules import Kind, Rules

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_ID_LENGTH = 12
#: Fields of a case whose texts may quote the documents.
_QUOTING = ("gold", "coded_front_page")


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A case without identifiers (去标识化结果).

    Attributes
    ----------
    case
        The case as the case format writes it.
    replaced
        How many places of each kind were replaced; never what stood there.
    """

    case: dict[str, Any]
    replaced: Mapping[Kind, int]


def deidentify(case: Mapping[str, Any], rules: Rules, key: bytes) -> Deidentified:
    """Return a case without names, numbers and addresses, its dates shifted.

    Parameters
    ----------
    case
        A case in the case format, evaluation-only fields allowed; it is not changed.
    rules
        From `load_rules`.
    key
        Secret of the project. It decides the new identifier and the shift of dates, so that the
        same case read again gets the same; without it neither can be undone.

    Returns
    -------
    Deidentified
        The same words stand in for the same identifier throughout the case: ［姓名1］.
    """
    texts = [document["text"] for document in case["documents"]]
    titles = [document.get("title") or "" for document in case["documents"]]
    words = _Words(rules)
    found = find_identifiers([*texts, *titles], rules)
    replaced = [words.put(text, at) for text, at in zip([*texts, *titles], found, strict=True)]
    days = days_of(key, str(case["id"]))
    year = _year_of(case)

    def shifted(text: str) -> str:
        return shift_dates(text, days, year)

    new = dict(case)
    new["id"] = new_id(key, str(case["id"]))
    new["documents"] = [
        {
            **document,
            "text": shifted(text),
            "title": shifted(title),
            "time": _time(document, shifted),
        }
        for document, text, title in zip(
            case["documents"], replaced[: len(texts)], replaced[len(texts) :], strict=True
        )
    ]
    if case.get("admission"):
        new["admission"] = _admission(case["admission"], days)
    for field in _QUOTING:
        if case.get(field):
            new[field] = _walk(case[field], lambda text: shifted(words.put_known(text)))
    return Deidentified(new, dict(words.counts))


def new_id(key: bytes, case: str) -> str:
    """Return the identifier that stands in for a case's own."""
    return "D" + hmac.new(key, f"id/{case}".encode(), hashlib.sha256).hexdigest()[:_ID_LENGTH]


def _time(document: Mapping[str, Any], shifted: Callable[[str], str]) -> str | None:
    time = document.get("time")
    return None if time is None else shifted(str(time))


def _admission(admission: Mapping[str, Any], days: int) -> dict[str, Any]:
    new = dict(admission)
    for field in ("admitted", "discharged"):
        if new.get(field):
            moved = datetime.fromisoformat(str(new[field])) + timedelta(days=days)
            new[field] = f"{moved:%Y-%m-%d %H:%M}"
    return new


def _year_of(case: Mapping[str, Any]) -> int | None:
    """Return the year of dates that tell only month and day: that of admission, else of a text."""
    admission = case.get("admission") or {}
    told = [admission.get("admitted"), admission.get("discharged")]
    told += [document.get("time") for document in case["documents"]]
    for text in told:
        hit = _YEAR.search(str(text)) if text else None
        if hit:
            return int(hit[0])
    return None


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _walk(member, change) for key, member in value.items()}
    if isinstance(value, Sequence):
        return [_walk(member, change) for member in value]
    return value


class _Words:
    """Chooses what stands in for each identifier of one case, and counts what was replaced."""

    def __init__(self, rules: Rules) -> None:
        self._titles = rules.titles
        self._numbers: Counter[Kind] = Counter()
        self._words: dict[str, str] = {}
        self.counts: Counter[Kind] = Counter()

    def put(self, text: str, places: Sequence[Identifier]) -> str:
        parts: list[str] = []
        at = 0
        for place in places:
            parts += [text[at : place.start], self._word(text[place.start : place.end], place.kind)]
            at = place.end
            self.counts[place.kind] += 1
        return "".join([*parts, text[at:]])

    def put_known(self, text: str) -> str:
        """Replace what was found in the documents; quotes of them carry no context of their own."""
        for found in sorted(self._words, key=len, reverse=True):
            if len(found) > 1:
                text = text.replace(found, self._words[found])
        return text

    def _word(self, found: str, kind: Kind) -> str:
        if found not in self._words:
            self._numbers[kind] += 1
            self._words[found] = f"［{self._titles[kind]}{self._numbers[kind]}］"
        return self._words[found]
