"""Kinds of documents and their sections (文书类别与段落).

Headings are looked up, never guessed: each colon, bracket and line start is
tested once against the heading lexicon, so the cost grows with the length of the
text and with nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhibian.documents.lexicon import DocumentRule, HeadingLexicon, ReadingLexicon
from zhibian.documents.normalise import normalise
from zhibian.documents.types import DocumentKind, Section, SectionKind, Span

_BRACKETED = re.compile(r"\[([^\[\]\n]{1,16})\][ ]{0,4}:?")
_START = re.compile(
    r"(?:^|[\n。])[ ]*"
    r"(?:(?:[一二三四五六七八九十]{1,3}|\d{1,2})[、.][ ]*|\([一二三四五六七八九十\d]{1,2}\)[ ]*)?"
)
_NUMBERING = re.compile(r"[ ]*(?:[一二三四五六七八九十]{1,3}|\d{1,2})[、.)][ ]*")
_BLANKS = re.compile(r"(?<=[^ \n]) +(?=[^ \n])")
_SHORT_LINE = re.compile(r"^[^\n]{3,20}$", re.MULTILINE)
_LIST_BEGIN = re.compile(r"[ ]*(?:$|\n|\(?1[.、)]|①|[ ]{1}\S)")
_DATED_LINE = re.compile(
    r"(?:^|(?<=\n))[ ]{0,8}(?:\d{4}[-/.年])?\d{1,2}[-/月]\d{1,2}日?(?=[ ,:(\d]|$)"
)
_NUMBER_TAIL = re.compile(
    r"(?:^|(?<=[\s。;]))(?:[一二三四五六七八九十]{1,3}、|\d{1,2}[.、)]|\([^()]{1,2}\))[ ]*\Z"
)
_SENTENCE_STARTS = frozenset("\n。;!?] ")
_QUALIFIER_SPAN = 30
_SPACED_SPAN = 20
_SAFE_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading found in a text (标题): where it begins, where its body begins."""

    start: int
    body: int
    kind: SectionKind


def document_rule(doc_type: str, title: str, lexicon: ReadingLexicon) -> DocumentRule:
    """Return the rule for a document, told from its type and, failing that, its title.

    Parameters
    ----------
    doc_type
        Type as delivered, such as 手术记录, or a field name such as 现病史.
    title
        Title as delivered.
    lexicon
        Reading lexicon.

    Returns
    -------
    DocumentRule
        The rule with the longest matching spelling; the rule for 其他 if none matches.
    """
    for name in (normalise(doc_type).strip(), normalise(title).strip()):
        field = _field_rule(name, lexicon)
        if field is not None:
            return field
        best = max(
            (
                (len(word), rule)
                for rule in lexicon.documents
                for word in rule.spellings
                if word in name
            ),
            key=lambda pair: pair[0],
            default=None,
        )
        if best is not None:
            return best[1]
    return next(
        rule for rule in lexicon.documents if rule.kind is DocumentKind.OTHER and not rule.spellings
    )


def _field_rule(name: str, lexicon: ReadingLexicon) -> DocumentRule | None:
    """Return a rule for a document that is one field of a form, such as 既往史."""
    for rule in lexicon.documents:
        section = lexicon.headings.strong.get(name)
        if name in rule.fields and section is not None:
            return DocumentRule(
                kind=rule.kind,
                spellings=rule.spellings,
                default=section,
                diagnosis=rule.diagnosis,
                headings=rule.headings,
                ignore=rule.ignore - {section},
                entries=False,
                fields=rule.fields,
            )
    return None


def find_headings(text: str, rule: DocumentRule, headings: HeadingLexicon) -> tuple[Heading, ...]:
    """Return the headings of a normalised text in order.

    Parameters
    ----------
    text
        Normalised text.
    rule
        Rule of the document.
    headings
        Heading spellings.

    Returns
    -------
    tuple of Heading
        Headings that don't overlap; of two at one place the longer one.
    """
    found = [
        heading
        for heading in (
            *_with_colon(text, rule, headings),
            *_in_brackets(text, rule, headings),
            *_bare(text, rule, headings),
            *_between_blanks(text, headings),
            *_spaced_lines(text, rule, headings),
        )
        if heading.kind not in rule.ignore
    ]
    found.sort(key=lambda heading: (heading.start, -heading.body))
    kept: list[Heading] = []
    for heading in found:
        if not kept or heading.start >= kept[-1].body:
            kept.append(heading)
    return tuple(kept)


def _with_colon(text: str, rule: DocumentRule, headings: HeadingLexicon) -> Iterator[Heading]:
    colon = text.find(":")
    while colon != -1:
        end = _before_qualifier(text, colon)
        heading = _ending_at(text, end, rule, headings)
        if heading is not None:
            yield Heading(heading[0], colon + 1, heading[1])
        colon = text.find(":", colon + 1)


def _before_qualifier(text: str, colon: int) -> int:
    """Return where the words before a colon end, a remark in brackets left out."""
    end = _skip_blanks_back(text, colon)
    if end and text[end - 1] == ")":
        opening = text.rfind("(", max(0, end - _QUALIFIER_SPAN), end)
        if opening != -1 and "\n" not in text[opening:end]:
            return _skip_blanks_back(text, opening)
    return end


def _skip_blanks_back(text: str, end: int) -> int:
    stop = max(0, end - 4)
    while end > stop and text[end - 1] == " ":
        end -= 1
    return end


def _ending_at(
    text: str, end: int, rule: DocumentRule, headings: HeadingLexicon
) -> tuple[int, SectionKind] | None:
    for length in range(min(headings.longest, end), 0, -1):
        start = end - length
        if text[start] not in headings.firsts or not _whole(text, start):
            continue
        word = text[start:end]
        strong = None if word in rule.headings else headings.strong.get(word)
        if strong is not None:
            return start, strong
        weak = _weak(word, rule, headings)
        if weak is not None and _opens(text, start):
            return start, weak
    return _spaced(text, end, rule, headings)


def _spaced(
    text: str, end: int, rule: DocumentRule, headings: HeadingLexicon
) -> tuple[int, SectionKind] | None:
    """Recognise a heading set with blanks between its characters (主 诉)."""
    line = text.rfind("\n", max(0, end - _SPACED_SPAN), end) + 1
    if line == 0 and end > _SPACED_SPAN:
        return None
    numbering = _NUMBERING.match(text, line, end)
    if numbering is not None:
        line = numbering.end()
    words = text[line:end]
    squeezed = words.replace(" ", "")
    if squeezed == words:
        return None
    kind = _any(squeezed, rule, headings)
    return None if kind is None else (line, kind)


def _any(word: str, rule: DocumentRule, headings: HeadingLexicon) -> SectionKind | None:
    if word in rule.headings:
        return rule.headings[word]
    return headings.strong.get(word) or _weak(word, rule, headings)


def _weak(word: str, rule: DocumentRule, headings: HeadingLexicon) -> SectionKind | None:
    if word in rule.headings:
        return rule.headings[word]
    if word in headings.diagnosis:
        return rule.diagnosis
    return headings.weak.get(word)


def _whole(text: str, start: int) -> bool:
    """Tell whether a Latin heading is no tail of a longer Latin word (TYPE: is not PE:)."""
    return not (start and _is_latin(text[start]) and _is_latin(text[start - 1]))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _opens(text: str, start: int) -> bool:
    """Tell whether a line, a sentence or a numbered point begins at ``start``."""
    if start == 0 or text[start - 1] in _SENTENCE_STARTS:
        return True
    return _NUMBER_TAIL.search(text[max(0, start - 8) : start]) is not None


def _in_brackets(text: str, rule: DocumentRule, headings: HeadingLexicon) -> Iterator[Heading]:
    for match in _BRACKETED.finditer(text):
        word = match.group(1).replace(" ", "").removesuffix(":")
        kind = _any(word, rule, headings)
        if kind is not None:
            yield Heading(match.start(), match.end(), kind)


def _bare(text: str, rule: DocumentRule, headings: HeadingLexicon) -> Iterator[Heading]:
    for match in _START.finditer(text):
        start = match.end()
        if text[start : start + 1] not in headings.firsts:
            continue
        for length in range(min(headings.longest, len(text) - start), 1, -1):
            word = text[start : start + length]
            kind = headings.bare.get(word)
            if kind is None:
                kind = _any(word, rule, headings)
                if kind is None or _LIST_BEGIN.match(text, start + length) is None:
                    continue
            yield Heading(start, start + length, kind)
            break


def _between_blanks(text: str, headings: HeadingLexicon) -> Iterator[Heading]:
    """Yield headings set off by blanks alone: 术前诊断 胆囊结石 拟施手术 胆囊切除术."""
    for match in _BLANKS.finditer(text):
        start = match.end()
        stop = text.find(" ", start, start + headings.longest + 1)
        kind = headings.strong.get(text[start:stop]) if stop - start >= _SAFE_LENGTH else None
        if kind is not None:
            yield Heading(start, stop, kind)


def _spaced_lines(text: str, rule: DocumentRule, headings: HeadingLexicon) -> Iterator[Heading]:
    """Yield headings alone on a line with blanks between their characters (体 格 检 查)."""
    for match in _SHORT_LINE.finditer(text):
        found = _spaced(text, match.end(), rule, headings)
        if found is not None:
            yield Heading(found[0], match.end(), found[1])


def split_sections(
    text: str, document: int, rule: DocumentRule, lexicon: ReadingLexicon
) -> tuple[Section, ...]:
    """Divide a normalised text into sections.

    Parameters
    ----------
    text
        Normalised text of the document.
    document
        Index of the document, for the spans.
    rule
        Rule of the document.
    lexicon
        Reading lexicon.

    Returns
    -------
    tuple of Section
        Sections in order; their spans exclude headings and blank margins.
    """
    return tuple(
        Section(kind, Span(document, start, end))
        for kind, start, end in _stretches(text, rule, lexicon.headings)
        if start < end
    )


def _stretches(
    text: str, rule: DocumentRule, headings: HeadingLexicon
) -> Iterator[tuple[SectionKind, int, int]]:
    current, begin = rule.default, 0
    for heading in _with_resets(text, rule, headings):
        yield current, *_trim(text, begin, _without_number(text, begin, heading.start))
        current, begin = heading.kind, heading.body
    yield current, *_trim(text, begin, len(text))


def _with_resets(text: str, rule: DocumentRule, headings: HeadingLexicon) -> list[Heading]:
    """Add the places where a section ends without a new heading."""
    found = list(find_headings(text, rule, headings))
    resets = []
    if rule.entries:
        resets = [Heading(m.start(), m.start(), rule.default) for m in _DATED_LINE.finditer(text)]
    outer = rule.default
    for index, heading in enumerate(found):
        if heading.kind not in headings.line_only or heading.kind is rule.default:
            outer = heading.kind
            continue
        line_end = text.find("\n", heading.body)
        following = found[index + 1].start if index + 1 < len(found) else len(text)
        if line_end != -1 and line_end < following:
            resets.append(Heading(line_end, line_end, outer))
    return sorted([*found, *resets], key=lambda heading: (heading.start, heading.body))


def _without_number(text: str, begin: int, end: int) -> int:
    """Leave the number of the next heading (二、) out of the section before it."""
    tail = _NUMBER_TAIL.search(text[max(begin, end - 8) : end])
    return end if tail is None else end - len(tail.group())


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \n":
        start += 1
    while end > start and text[end - 1] in " \n":
        end -= 1
    return start, end
