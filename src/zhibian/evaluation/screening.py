"""How well the text suspicions of screening hold (文本筛查的评测): counts of one page, and figures.

Definitions, for pages whose gold block tells what was ``planted``. Let a gold code be *lacking*
where neither it nor one of its ``acceptable`` codes is filed.

- omission: a planted missed code that is a CC/MCC under the scheme or a procedure. Found when a
  suspicion of a missed code names it or one of its acceptable codes; exact: names it itself;
  same category: or names a code of its category (procedures: its first four digits).
- a missed suspicion is true when it names a lacking gold code or one of its acceptable codes
  (each gold code once); strict: only a planted one, exactly; same category as above. Suspicions
  of neutral families (:mod:`zhibian.evaluation.matching`) and questions without a code are left
  out, but for the strict reading.
- an unsupported suspicion is true when its code is neither gold nor acceptable; strict: planted.
- a principal suspicion is true when the filed principal is not accepted.
- an entry suspicion is true when the filed entry condition is not the gold one.
- false alarms a right page: suspicions of missed, unsupported and principal that are not true,
  over pages with nothing planted. Entry conditions and questions are counted apart.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhibian.evaluation.figures import Figure, interval
from zhibian.evaluation.matching import (
    NEUTRAL_DIAGNOSES,
    NEUTRAL_PROCEDURES,
    accepted_principal,
)
from zhibian.quality.flags import LevelOf
from zhibian.records.types import FrontPage
from zhibian.screening.types import Suspicion, WorkItem

_CATEGORY = 3
_SUBCATEGORY = 5
_MISSED = frozenset({Suspicion.MISSED_DIAGNOSIS, Suspicion.MISSED_PROCEDURE})
_UNSUPPORTED = frozenset({Suspicion.UNSUPPORTED_DIAGNOSIS, Suspicion.UNSUPPORTED_PROCEDURE})

Gold = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many (命中与总数)."""

    hit: int = 0
    all: int = 0


@dataclass(frozen=True, slots=True)
class PageScore:
    """Counts of one page (单页计数).

    Attributes
    ----------
    record
        Record that the page belongs to; pages of one record are resampled together.
    right
        Whether nothing is planted.
    found
        By name, such as ``omissions`` or ``missed true strict``: hits and total.
    false
        Suspicions that are not true: what the page was told wrongly, as ``kind code``.
    missing
        Planted errors that were not found, likewise.
    alarms, entry_alarms, questions
        False suspicions, false entry conditions, and questions without a code.
    """

    record: str
    right: bool
    found: Mapping[str, Count]
    false: tuple[str, ...]
    missing: tuple[str, ...]
    alarms: int
    entry_alarms: int
    questions: int


def is_planted(gold: Gold) -> bool:
    """Tell whether a gold block says what was planted."""
    planted = gold.get("planted")
    return isinstance(planted, Mapping) and {"missed", "unsupported", "wrong_principal"} <= set(
        planted
    )


def score_page(
    case: str, page: FrontPage, items: Sequence[WorkItem], gold: Gold, level_of: LevelOf
) -> PageScore:
    """Compare the suspicions about one page with what was planted.

    Parameters
    ----------
    case
        Id of the case.
    page
        The filed page.
    items
        From :func:`zhibian.screening.text.evidence.text_items`.
    gold
        Gold block with ``planted``.
    level_of
        Level of a diagnosis under the scheme.
    """
    planted = gold["planted"]
    accepted = _accepted(gold)
    missed = [i for i in items if i.suspicion in _MISSED and i.code]
    counted = [i for i in missed if not i.code.startswith(_neutral(i))]
    doubted = [i for i in items if i.suspicion in _UNSUPPORTED]
    principal = [i for i in items if i.suspicion is Suspicion.PRINCIPAL]
    entries = [i for i in items if i.suspicion is Suspicion.ENTRY_CONDITION and i.code]

    told = [i.code for i in missed]
    aimed = [c for c in planted["missed"] if _is_aimed(c, level_of)]
    found = [c for c in aimed if any(t in accepted[c] for t in told)]
    lacking = _lacking(page, gold, accepted)
    true_missed = _true(counted, lacking, lambda item, code: item.code in accepted[code])
    near_missed = _true(
        counted, lacking, lambda item, code: _near(item.code, code) or item.code in accepted[code]
    )

    every = {code for codes in accepted.values() for code in codes}
    true_doubted = [i for i in doubted if i.code not in every]
    aimed_doubted = [c for c in planted["unsupported"] if _is_aimed(c, level_of)]
    found_doubted = [c for c in planted["unsupported"] if any(i.code == c for i in doubted)]
    wrong_principal = page.principal.code not in accepted_principal(gold)
    wrong_entries = _wrong_entries(page, gold)
    true_entries = [i for i in entries if i.code in wrong_entries]
    false = [
        *(i for i in counted if i not in true_missed),
        *(i for i in doubted if i not in true_doubted),
        *([] if wrong_principal else principal),
    ]
    return PageScore(
        record=str(planted.get("record", case)),
        right=_nothing_planted(planted),
        found={
            "omissions": Count(len(found), len(aimed)),
            "omissions exact": Count(sum(c in told for c in aimed), len(aimed)),
            "omissions category": Count(
                sum(any(_near(t, c) or t in accepted[c] for t in told) for c in aimed), len(aimed)
            ),
            "omissions any level": Count(
                sum(any(t in accepted[c] for t in told) for c in planted["missed"]),
                len(planted["missed"]),
            ),
            "missed": Count(len(true_missed), len(counted)),
            "missed strict": Count(sum(t in planted["missed"] for t in told), len(missed)),
            "missed category": Count(len(near_missed), len(counted)),
            "unsupported planted": Count(
                sum(c in found_doubted for c in aimed_doubted), len(aimed_doubted)
            ),
            "unsupported any level": Count(len(found_doubted), len(planted["unsupported"])),
            "unsupported": Count(len(true_doubted), len(doubted)),
            "unsupported strict": Count(len(found_doubted), len(doubted)),
            "principal planted": Count(
                int(bool(principal) and planted["wrong_principal"]),
                int(planted["wrong_principal"]),
            ),
            "principal": Count(len(principal) if wrong_principal else 0, len(principal)),
            "entry planted": Count(
                sum(any(i.code == c for i in entries) for c in planted.get("entry", ())),
                len(planted.get("entry", ())),
            ),
            "entry": Count(len(true_entries), len(entries)),
        },
        false=tuple(f"{i.suspicion} {i.code} {i.rule}" for i in false)
        + tuple(f"{i.suspicion} {i.code} {i.rule}" for i in entries if i not in true_entries),
        missing=tuple(f"missed {c}" for c in aimed if c not in found)
        + tuple(f"unsupported {c}" for c in aimed_doubted if c not in found_doubted)
        + (("principal",) if planted["wrong_principal"] and not principal else ()),
        alarms=len(false),
        entry_alarms=len(entries) - len(true_entries),
        questions=sum(i.suspicion in _MISSED and not i.code for i in items),
    )


def _accepted(gold: Gold) -> dict[str, frozenset[str]]:
    """Return, for every gold code, the codes that count as it."""
    acceptable = gold.get("acceptable", {})
    lines = (gold["principal"], *gold["others"], *gold["procedures"])
    return {
        line["code"]: frozenset({line["code"], *acceptable.get(line["code"], ())}) for line in lines
    }


def _neutral(item: WorkItem) -> tuple[str, ...]:
    procedure = item.suspicion is Suspicion.MISSED_PROCEDURE
    return NEUTRAL_PROCEDURES if procedure else NEUTRAL_DIAGNOSES


def _is_aimed(code: str, level_of: LevelOf) -> bool:
    """Tell whether the work list aims at this omission: a procedure, or a CC/MCC."""
    return code[:1].isdigit() or level_of(code) != "none"


def _lacking(
    page: FrontPage, gold: Gold, accepted: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    filed = {
        page.principal.code,
        *(line.code for line in page.others),
        *(line.code for line in page.procedures),
    }
    return tuple(code for code, codes in accepted.items() if not codes & filed)


def _true(
    items: Iterable[WorkItem], lacking: Iterable[str], fits: Callable[[WorkItem, str], bool]
) -> list[WorkItem]:
    """Return the items that name a lacking code, each code once."""
    left = list(lacking)
    true = []
    for item in items:
        hit = next((code for code in left if fits(item, code)), None)
        if hit is not None:
            left.remove(hit)
            true.append(item)
    return true


def _near(code: str, other: str) -> bool:
    length = _SUBCATEGORY if code[:1].isdigit() else _CATEGORY
    return code[:length] == other[:length]


def _wrong_entries(page: FrontPage, gold: Gold) -> frozenset[str]:
    right = {line["code"]: line.get("poa") for line in (gold["principal"], *gold["others"])}
    return frozenset(
        line.code
        for line in (page.principal, *page.others)
        if line.poa and right.get(line.code) and right[line.code] != line.poa.value
    )


def _nothing_planted(planted: Mapping[str, Any]) -> bool:
    return not (
        planted["missed"]
        or planted["unsupported"]
        or planted["wrong_principal"]
        or planted.get("entry")
    )


Metric = Callable[[Sequence[PageScore]], float]


def _share(name: str) -> Metric:
    def share(pages: Sequence[PageScore]) -> float:
        total = sum(page.found[name].all for page in pages)
        return sum(page.found[name].hit for page in pages) / total if total else math.nan

    return share


def _a_page(count: Callable[[PageScore], int], *, right: bool) -> Metric:
    def mean(pages: Sequence[PageScore]) -> float:
        chosen = [page for page in pages if page.right or not right]
        return sum(map(count, chosen)) / len(chosen) if chosen else math.nan

    return mean


METRICS: Mapping[str, Metric] = {
    "omissions recall": _share("omissions"),
    "omissions recall, exact code": _share("omissions exact"),
    "omissions recall, same category": _share("omissions category"),
    "omissions recall, any level": _share("omissions any level"),
    "missed precision": _share("missed"),
    "missed precision, strict": _share("missed strict"),
    "missed precision, same category": _share("missed category"),
    "unsupported recall": _share("unsupported planted"),
    "unsupported recall, any level": _share("unsupported any level"),
    "unsupported precision": _share("unsupported"),
    "unsupported precision, strict": _share("unsupported strict"),
    "wrong principal recall": _share("principal planted"),
    "wrong principal precision": _share("principal"),
    "entry condition recall": _share("entry planted"),
    "entry condition precision": _share("entry"),
    "false alarms a right page": _a_page(lambda page: page.alarms, right=True),
    "false entry conditions a right page": _a_page(lambda page: page.entry_alarms, right=True),
    "questions a page": _a_page(lambda page: page.questions, right=False),
}
#: The counts whose totals stand beside the figures.
TOTALS: Mapping[str, str] = {
    "omissions recall": "omissions",
    "omissions recall, exact code": "omissions",
    "omissions recall, same category": "omissions",
    "omissions recall, any level": "omissions any level",
    "missed precision": "missed",
    "missed precision, strict": "missed strict",
    "missed precision, same category": "missed category",
    "unsupported recall": "unsupported planted",
    "unsupported recall, any level": "unsupported any level",
    "unsupported precision": "unsupported",
    "unsupported precision, strict": "unsupported strict",
    "wrong principal recall": "principal planted",
    "wrong principal precision": "principal",
    "entry condition recall": "entry planted",
    "entry condition precision": "entry",
}


def totals(pages: Sequence[PageScore]) -> dict[str, int]:
    """Return, for each figure, over how many codes or pages it is taken."""
    right = sum(page.right for page in pages)
    return {
        name: sum(page.found[TOTALS[name]].all for page in pages)
        if name in TOTALS
        else right
        if "right page" in name
        else len(pages)
        for name in METRICS
    }


def screening_figures(pages: Sequence[PageScore], seed: int, draws: int) -> dict[str, Figure]:
    """Return every figure with its 95 % interval; records are resampled, not pages.

    A figure over nothing is not a number.

    Parameters
    ----------
    pages
        At least one.
    seed, draws
        Seed and number of resamples.
    """
    records: dict[str, list[PageScore]] = {}
    for page in pages:
        records.setdefault(page.record, []).append(page)
    dice = random.Random(seed)
    names = list(records)
    resamples = [
        [page for name in dice.choices(names, k=len(names)) for page in records[name]]
        for _ in range(draws)
    ]
    result = {}
    for name, metric in METRICS.items():
        value = metric(pages)
        # A resample that holds nothing of the kind says nothing of it.
        drawn = [v for v in map(metric, resamples) if not math.isnan(v)]
        result[name] = Figure(value, *(interval(drawn) if drawn else (value, value)))
    return result
