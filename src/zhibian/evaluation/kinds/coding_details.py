"""What stands beside the figures of coding (编码评测附表): calibration, groups, amounts, errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from zhibian.evaluation.coders.interface import CodedLine, CodedPage, RecordQuestion, Span
from zhibian.evaluation.deviation_bins import deviation_bins
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.coding_outcome import given_input, gold_input, quoted_places
from zhibian.evaluation.kinds.page_groups import PageGroups
from zhibian.evaluation.metrics.outcomes import CodingOutcome, GivenCode, GoldCode
from zhibian.evaluation.questions import RecordGold
from zhibian.evaluation.results import (
    BinOut,
    ConfusionOut,
    GalleryOut,
    GalleryQuote,
    WaterfallOut,
)
from zhibian.evaluation.waterfall import PagePair, waterfall
from zhibian.records.types import Case

Part = Literal["principal", "others", "procedures"]
RecordExample = Example[RecordQuestion, RecordGold]
NameOf = Callable[[str, Part], str]

# Quotes of one entry, best first: a gallery is read, not searched.
_QUOTES = 3


def confusion_out(outcomes: Sequence[CodingOutcome]) -> tuple[ConfusionOut, ...]:
    """Return how often each pair of major diagnostic categories occurs, gold against given."""
    pairs = Counter(
        (outcome.gold_page.mdc or "", outcome.given_page.mdc or "")
        for outcome in outcomes
        if outcome.gold_page is not None and outcome.given_page is not None
    )
    return tuple(
        ConfusionOut(gold=gold, given=given, n=n) for (gold, given), n in sorted(pairs.items())
    )


def deviation_out(outcomes: Sequence[CodingOutcome]) -> tuple[BinOut, ...]:
    """Return the distribution of given less gold amount in yuan.

    Records without an amount on either page are left out.
    """
    gaps = [
        outcome.given_page.amount - outcome.gold_page.amount
        for outcome in outcomes
        if outcome.gold_page is not None
        and outcome.given_page is not None
        and outcome.gold_page.amount is not None
        and outcome.given_page.amount is not None
    ]
    return deviation_bins(gaps)


def waterfalls_out(
    examples: Sequence[RecordExample], pages: Sequence[CodedPage], groups: PageGroups
) -> tuple[WaterfallOut, ...]:
    """Return what kinds of edits lead from the filed page to the given one, and on to gold.

    Records without a filed page have no first way.
    """
    first: list[PagePair] = []
    second: list[PagePair] = []
    for example, page in zip(examples, pages, strict=True):
        stay, filed = example.question.case.admission, example.gold.filed
        given = given_input(page, stay, groups)
        gold = gold_input(example.gold.block, stay, groups)
        before = None if filed is None else gold_input(filed, stay, groups)
        if before is not None and given is not None:
            first.append(PagePair(before, given, groups.priced))
        if given is not None and gold is not None:
            second.append(PagePair(given, gold, groups.priced))
    found = (waterfall("filed_to_given", first), waterfall("given_to_gold", second))
    return tuple(one for one in found if one is not None)


def gallery_out(
    examples: Sequence[RecordExample],
    pages: Sequence[CodedPage],
    outcomes: Sequence[CodingOutcome],
    name_of: NameOf,
) -> tuple[GalleryOut, ...]:
    """Return every error with its evidence; only for records whose persons are invented."""
    return tuple(
        error
        for example, page, outcome in zip(examples, pages, outcomes, strict=True)
        for error in _errors(example, page, outcome, name_of)
    )


def _errors(
    example: RecordExample,
    page: CodedPage,
    outcome: CodingOutcome,
    name_of: NameOf,
) -> Iterator[GalleryOut]:
    case, gold = example.question.case, example.gold.block
    if outcome.principal.given not in outcome.principal.accepted:
        yield _error(outcome.record, "principal", gold["principal"], page.principal, case, name_of)
    yield from _of_part(
        outcome.record, "others", gold["others"], outcome.others_gold, page.others,
        outcome.others_given, case, name_of,
    )  # fmt: skip
    yield from _of_part(
        outcome.record, "procedures", gold["procedures"], outcome.procedures_gold,
        page.procedures, outcome.procedures_given, case, name_of,
    )  # fmt: skip
    yield from _forbidden(example, page, name_of)
    yield from _other_group(outcome)


def _of_part(
    record: str,
    part: Part,
    gold: Sequence[Mapping[str, Any]],
    wanted: Sequence[GoldCode],
    lines: Sequence[CodedLine],
    judged: Sequence[GivenCode],
    case: Case,
    name_of: NameOf,
) -> Iterator[GalleryOut]:
    missed = {code.code for code in wanted if not code.hit}
    for entry in gold:
        if entry["code"] in missed:
            yield _error(record, part, entry, None, case, name_of)
    for line, given in zip(lines, judged, strict=True):
        if given.counts and given.gold is None:
            yield _error(record, part, None, line, case, name_of)


def _error(
    record: str,
    part: Part,
    gold: Mapping[str, Any] | None,
    line: CodedLine | None,
    case: Case,
    name_of: NameOf,
) -> GalleryOut:
    return GalleryOut(
        record=record,
        part=part,
        error="missed" if line is None else "wrong",
        gold=None if gold is None else gold["code"],
        gold_name="" if gold is None else name_of(gold["code"], part),
        given=None if line is None else line.code,
        given_name="" if line is None else name_of(line.code, part),
        confidence=None if line is None else line.confidence,
        evidence=() if line is None else _quotes(line.evidence, case),
        gold_evidence=() if gold is None else _gold_quotes(gold, case),
    )


def _forbidden(example: RecordExample, page: CodedPage, name_of: NameOf) -> Iterator[GalleryOut]:
    case = example.question.case
    lines = page.others if page.principal is None else (page.principal, *page.others)
    for family in example.gold.block.get("must_not", ()):
        for line in lines:
            if line.code.startswith(family["code_family"]):
                quote = family.get("quote")
                yield GalleryOut(
                    record=example.record,
                    part="must_not",
                    error="forbidden",
                    gold=None,
                    gold_name=str(family.get("why") or ""),
                    given=line.code,
                    given_name=name_of(line.code, "others"),
                    confidence=line.confidence,
                    evidence=_quotes(line.evidence, case),
                    gold_evidence=_found(str(quote), case) if quote else (),
                )


def _other_group(outcome: CodingOutcome) -> Iterator[GalleryOut]:
    gold, given = outcome.gold_page, outcome.given_page
    if gold is not None and given is not None and gold.drg != given.drg:
        yield GalleryOut(
            record=outcome.record, part="group", error="other_group", gold=gold.drg, given=given.drg
        )


def _quotes(spans: Sequence[Span], case: Case) -> tuple[GalleryQuote, ...]:
    return tuple(
        GalleryQuote(
            document=span.document, quote=case.documents[span.document].text[span.start : span.end]
        )
        for span in spans[:_QUOTES]
        if 0 <= span.document < len(case.documents)
    )


def _gold_quotes(gold: Mapping[str, Any], case: Case) -> tuple[GalleryQuote, ...]:
    places = sorted(quoted_places(gold, case))[:1]
    return tuple(GalleryQuote(document=number, quote=gold["evidence"]) for number, _, _ in places)


def _found(quote: str, case: Case) -> tuple[GalleryQuote, ...]:
    number = next((n for n, d in enumerate(case.documents) if quote in d.text), None)
    return () if number is None else (GalleryQuote(document=number, quote=quote),)
