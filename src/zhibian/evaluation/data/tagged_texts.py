"""Corpora of the mention tagger (实体标注语料): CEHRNER spans, CHIP-CDEE event heads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.documents.normalise import normalise
from zhibian.documents.tagger import EntityType
from zhibian.problems import InputError, Problem

CEHRNER_FILES = ("train.json", "dev.json", "test.json")
CDEE_FILES = ("CHIP-CDEE_train.json", "CHIP-CDEE_dev.json")

# Events of CHIP-CDEE that tell of general states, not of illness.
GENERAL_STATES = frozenset(
    {
        *("精神", "精神状态", "食欲", "饮食", "进食", "食纳", "胃纳", "纳食", "睡眠", "夜休"),
        *("大便", "小便", "大小便", "二便", "神志", "意识", "体重", "体重改变", "体重变化"),
        *("体力", "体温", "血压", "活动"),
    }
)

Stretch = tuple[int, int, EntityType]


@dataclass(frozen=True, slots=True)
class TaggedText:
    """A normalised text and its entities in order (标注文本)."""

    text: str
    entities: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of CHIP-CDEE (临床事件): where its head stands, and its tendency."""

    start: int
    end: int
    tendency: str


@dataclass(frozen=True, slots=True)
class EventText:
    """A text of CHIP-CDEE; ``complete`` where the heads of all its events were found."""

    text: str
    events: tuple[Event, ...]
    complete: bool


def read_cehrner(folder: Path, file: str) -> tuple[TaggedText, ...]:
    """Return one part of CEHRNER.

    Parameters
    ----------
    folder
        Folder of the data set: one JSON object a line with ``text`` and ``mention_data``.
    file
        One of :data:`CEHRNER_FILES`.

    Raises
    ------
    InputError
        The file is absent or no such data.
    """
    try:
        rows = [
            json.loads(line) for line in _text(folder, file, "CEHRNER").splitlines() if line.strip()
        ]
        return tuple(
            TaggedText(normalise(row["text"]), tuple(sorted(_spans(row["mention_data"]))))
            for row in rows
        )
    except (ValueError, KeyError, TypeError):
        raise _no_data(file, "CEHRNER") from None


def _spans(mentions: Iterable[Mapping[str, Any]]) -> Iterator[Stretch]:
    for mention in mentions:
        start = int(mention["offset"])
        yield start, start + len(mention["mention"]), EntityType(mention["label"])


def read_cdee(folder: Path, file: str) -> tuple[EventText, ...]:
    """Return one part of CHIP-CDEE with the places of its event heads.

    The data name heads by their words alone. A head stands where its words follow those of
    the event before; pain that is written with its place (腹 + 疼痛 for 腹痛) is looked for
    in that form; a place directly before the head is part of it.

    Parameters
    ----------
    folder
        Folder of the data set.
    file
        One of :data:`CDEE_FILES`.

    Raises
    ------
    InputError
        The file is absent or no such data.
    """
    try:
        return tuple(_event_text(row) for row in json.loads(_text(folder, file, "CHIP-CDEE")))
    except (ValueError, KeyError, TypeError):
        raise _no_data(file, "CHIP-CDEE") from None


def _event_text(row: Mapping[str, Any]) -> EventText:
    text = normalise(row["text"])
    found, complete, position = set(), True, 0
    for event in row["event"]:
        core = normalise(event["core_name"])
        if not core or core in GENERAL_STATES:
            continue
        place = _head(text, core, position)
        if place is None:
            complete = False
            continue
        position = max(position, place[0])
        start = _with_site(text, place[0], event["anatomy_list"])
        found.add((start, place[1], event["tendency"].strip()))
    return EventText(text, tuple(Event(*one) for one in sorted(found)), complete)


def _head(text: str, core: str, position: int) -> tuple[int, int] | None:
    words = [core]
    if core.endswith("疼痛"):
        words += [core[:-2] + ending for ending in ("痛", "胀痛", "隐痛")]
    for word in words:
        start = text.find(word, position)
        start = text.find(word) if start == -1 else start
        if start != -1:
            return start, start + len(word)
    return None


def _with_site(text: str, start: int, sites: Sequence[str]) -> int:
    site = next((s for s in map(normalise, sites) if s and text.endswith(s, 0, start)), "")
    return start - len(site)


def _text(folder: Path, file: str, name: str) -> str:
    try:
        return (folder / file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise _no_data(file, name) from None


def _no_data(file: str, name: str) -> InputError:
    problem = Problem(file, "corpus_unreadable", f"不是 {name} 数据文件", "给出该数据集的目录")
    return InputError(name, [problem])
