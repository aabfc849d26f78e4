"""Give mentions of diagnoses their codes (提及编码): by name, list entries also as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.findings import CodedMention
from zhibian.coding.linking import Linker
from zhibian.coding.select import SelectionRules
from zhibian.documents.assertion import assert_mention
from zhibian.documents.lexicon import ReadingLexicon
from zhibian.documents.types import DocumentKind, ListItem, Mention, Reading, SectionKind, Span

DIAGNOSIS_LISTS = frozenset(
    {
        SectionKind.ADMISSION_DIAGNOSIS,
        SectionKind.REVISED_DIAGNOSIS,
        SectionKind.DISCHARGE_DIAGNOSIS,
        SectionKind.POSTOPERATIVE_DIAGNOSIS,
    }
)


@dataclass(frozen=True, slots=True)
class DiagnosisWords:
    """What tells the code of a diagnosis: its terms, nearest spellings and rules."""

    terms: Dictionary
    linker: Linker
    selection: SelectionRules
    lexicon: ReadingLexicon


def coded_diagnoses(
    mentions: Sequence[Mention], reading: Reading, words: DiagnosisWords
) -> Iterator[CodedMention]:
    """Yield every diagnosis mention with its code, list entries linked as a whole."""
    inside: dict[int, list[Mention]] = {}
    for mention in mentions:
        if mention.item is not None and words.terms.codes(mention.term):
            inside.setdefault(mention.item, []).append(mention)
    replaced: set[int] = set()
    for index, item in enumerate(reading.items):
        if item.section not in DIAGNOSIS_LISTS:
            continue
        linked = _linked(index, reading, inside.get(index, []), words)
        if linked is not None:
            replaced.update(
                id(mention)
                for mention in inside.get(index, [])
                if _category(mention, words) == linked.code[:3]
            )
            yield linked
    operated = any(kind is DocumentKind.OPERATION for kind in reading.kinds)
    continued = _is_continued(mentions, reading, words)
    before = _operated_before_admission(mentions, reading, words)
    for mention in mentions:
        earlier = not continued and (not operated or _category(mention, words) in before)
        if earlier and _says_operated(mention, reading, words):
            yield from _history(mention, words)
            continue
        if id(mention) in replaced or _is_status_beside_disease(mention, inside, words):
            continue
        for code in words.terms.codes(mention.term):
            yield CodedMention(mention, code, mention.term)


def _is_continued(mentions: Sequence[Mention], reading: Reading, words: DiagnosisWords) -> bool:
    """Tell whether this stay still treats the tumour that was operated on (术后化疗)."""
    rules = words.selection
    if any(
        code.startswith(rules.after_continued_by)
        for mention in mentions
        for code in words.terms.codes(mention.term)
    ):
        return True
    return any(
        rules.after_continued_words.search(
            reading.normalised[section.span.document], section.span.start, section.span.end
        )
        for section in reading.sections
        if section.kind is SectionKind.CHIEF_COMPLAINT
    )


def _operated_before_admission(
    mentions: Sequence[Mention], reading: Reading, words: DiagnosisWords
) -> frozenset[str]:
    """Return the categories that the admission record already calls operated on."""
    return frozenset(
        _category(mention, words)
        for mention in mentions
        if reading.kinds[mention.span.document] is DocumentKind.ADMISSION_RECORD
        and _says_operated(mention, reading, words)
    )


def _history(mention: Mention, words: DiagnosisWords) -> Iterator[CodedMention]:
    """Yield the personal history that a discharge list names by its operation (肺癌术后)."""
    if mention.section is not SectionKind.DISCHARGE_DIAGNOSIS or mention.item is None:
        return
    category = _category(mention, words)
    for prefixes, code in words.selection.after_history:
        if category.startswith(prefixes):
            yield CodedMention(mention, code, mention.term)
            return


def _says_operated(mention: Mention, reading: Reading, words: DiagnosisWords) -> bool:
    """Tell whether words behind a disease say that it was operated on (X术后)."""
    rules = words.selection
    if _category(mention, words).startswith(rules.after_keeps):
        return False
    return reading.normalised[mention.span.document].startswith(rules.after_words, mention.span.end)


def _is_status_beside_disease(
    mention: Mention, inside: dict[int, list[Mention]], words: DiagnosisWords
) -> bool:
    """Tell whether a state after an operation stands in an entry that names a disease too.

    "脾破裂 脾切除术后" speaks of the operation of this stay, "人工晶体眼" alone of an earlier one.
    """
    status = words.selection.status
    if mention.item is None or not _category(mention, words).startswith(status):
        return False
    return any(not _category(other, words).startswith(status) for other in inside[mention.item])


def _category(mention: Mention, words: DiagnosisWords) -> str:
    codes = words.terms.codes(mention.term)
    return codes[0][:3] if codes else ""


def _linked(
    index: int, reading: Reading, mentions: Sequence[Mention], words: DiagnosisWords
) -> CodedMention | None:
    """Return the code of a whole list entry where that says more than the terms in it."""
    item = reading.items[index]
    entry = _entry(item, reading)
    longest = max((len(mention.term) for mention in mentions), default=0)
    if longest >= words.selection.covered_share * len(entry):
        return None
    link = words.linker.link(entry)
    if link is None or len(link.term.spelling) <= longest:
        return None
    found = {_category(mention, words) for mention in mentions}
    if found - {link.term.codes[0][:3]}:
        return None
    return CodedMention(
        replace(entry_mention(index, reading, words.lexicon), term=link.term.spelling),
        link.term.codes[0],
        link.term.spelling,
    )


def entry_mention(index: int, reading: Reading, lexicon: ReadingLexicon) -> Mention:
    """Return a mention that spans a whole list entry; its term is the entry's own words."""
    item = reading.items[index]
    text = reading.normalised[item.span.document]
    # A closing question mark is a cue behind the mention, not a part of it.
    start, end = item.span.start, item.span.start + len(_entry(item, reading).rstrip("?。; "))
    assertion, cue = assert_mention(
        text, (start, end), item.section, lexicon.cues, bounds=(start, item.span.end)
    )
    span = Span(item.span.document, start, end)
    return Mention(span, text[start:end], item.section, item.span, assertion, cue, index)


def _entry(item: ListItem, reading: Reading) -> str:
    return reading.normalised[item.span.document][item.span.start : item.span.end]
