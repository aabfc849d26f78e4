"""What ``zhibian screen`` reads (筛查输入): tables of pages, settlement lists, whole cases."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from zhibian.cli.common import case_limits
from zhibian.problems import InputError, Problem
from zhibian.records.case_json import ReadCase
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.reader import open_pages
from zhibian.review.pipeline import in_nhsa_codes, review
from zhibian.review.reviewer import NO_TARIFF, Reviewer, load_reviewer
from zhibian.screening.documents import CASES_OF_A_PART, TextReview, case_parts, count_cases
from zhibian.screening.pipeline import Part
from zhibian.screening.queries.questions import load_question_rules
from zhibian.screening.setup import Setup
from zhibian.screening.text.evidence import text_items
from zhibian.screening.text.rules import load_text_rules
from zhibian.screening.types import WorkItem
from zhibian.settings import Settings

_CHUNK = 1 << 20


class ScreenInput(NamedTuple):
    """What is screened.

    Attributes
    ----------
    parts
        The pages.
    rows
        Upper bound of pages, for progress.
    told
        Layout and the like, for the sheet of the run.
    sha256
        Of the content.
    """

    parts: Iterator[Part]
    rows: int
    told: Mapping[str, str]
    sha256: str


def open_input(
    source: Path,
    folder: Path,
    settings: Settings,
    setup: Setup,
    layout: Layout | None,
    part_rows: int,
    *,
    with_text: bool,
) -> ScreenInput:
    """Open what is to be screened: a table of pages, settlement lists, or cases with documents.

    Parameters
    ----------
    source
        File or folder.
    folder, settings
        Rules, and how large a case may be.
    setup
        Scheme and tariff.
    layout
        Layout of a table; None to judge by its header.
    part_rows
        Pages of one part of a table.
    with_text
        Whether documents are read.

    Raises
    ------
    InputError
        The input can't be read or fits no layout.
    """
    catalogue = load_catalogue(folder)
    sha256, lines = _fingerprint(source)
    if not source.is_dir():
        opened = open_pages(source, catalogue, layout, part_rows)
        if opened.layout is not Layout.CASE:
            told = {"列布局": opened.layout.chinese, "每段行数": str(part_rows)}
            if opened.unknown:
                told["未采用的列"] = "、".join(opened.unknown)
            return ScreenInput(map(Part, opened.chunks), _rows(source, lines), told, sha256)
    reviewer = load_reviewer(
        folder,
        setup.pack.scheme,
        setup.tariff.id if setup.tariff else NO_TARIFF,
        setup.variant,
    )
    parts = case_parts(
        source,
        catalogue,
        case_limits(settings),
        _text_review(folder, reviewer) if with_text else None,
        _converter(reviewer),
    )
    told = {"列布局": Layout.CASE.chinese, "每段行数": str(CASES_OF_A_PART)}
    return ScreenInput(parts, count_cases(source), told, sha256)


def _text_review(folder: Path, reviewer: Reviewer) -> TextReview:
    doubts, questions = load_text_rules(folder), load_question_rules(folder)

    def found(read: ReadCase) -> Sequence[WorkItem]:
        return text_items(read, review(read, reviewer), reviewer, doubts, questions)

    return found


def _converter(reviewer: Reviewer) -> Callable[[ReadCase], ReadCase]:
    """Return what turns the codes of a page into NHSA ones, which the scheme is made of."""

    def converted(read: ReadCase) -> ReadCase:
        page = in_nhsa_codes(read.case.coded_front_page, reviewer)
        return ReadCase(read.case.model_copy(update={"coded_front_page": page}), read.warnings)

    return converted


def _fingerprint(source: Path) -> tuple[str, int]:
    """Return the sha256 of a file, or of all files of a folder, and the number of line ends."""
    digest = hashlib.sha256()
    lines = 0
    files = sorted(p for p in source.iterdir() if p.is_file()) if source.is_dir() else [source]
    try:
        for file in files:
            digest.update(file.name.encode("utf-8", "replace"))
            with file.open("rb") as handle:
                while chunk := handle.read(_CHUNK):
                    digest.update(chunk)
                    lines += chunk.count(b"\n")
    except OSError:
        problem = Problem(source.name, "unreadable", "文件不能读取", "检查路径与权限")
        raise InputError(source.name, [problem]) from None
    return digest.hexdigest(), lines


def _rows(source: Path, lines: int) -> int:
    """Return how many pages a file has at most."""
    return pq.read_metadata(source).num_rows if source.suffix.lower() == ".parquet" else lines
