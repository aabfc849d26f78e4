"""Find names of persons (识别人名): by labels, by titles, by kin, by where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zhibian.records.deidentify.rules import NameRules

# 王某 identifies nobody any more.
_MASKED = "某"
_LONGEST_SURNAMED = 4
_LONGEST_TITLED = 5
_LONGEST_LEAD = 4
#: Names of two characters may be words too; repeated, they need a break around them.
_AMBIGUOUS = 2

Span = tuple[int, int]


def names_in(text: str, rules: NameRules) -> Iterator[Span]:
    """Yield where names stand in a plain text; places may overlap."""
    for span in _told(text, rules):
        yield span
        yield from _further(text, span[1], rules)


def _told(text: str, rules: NameRules) -> Iterator[Span]:
    for pattern in rules.in_context:
        for hit in pattern.finditer(text):
            name = hit["name"]
            if rules.surnamed.fullmatch(name) or _latin(name):
                fits = _fits(name, rules)
            else:
                fits = _fits_whole(name, rules)
            if fits:
                yield hit.span("name")
    yield from _labelled(text, rules)
    yield from _before_titles(text, rules)


def repeated(text: str, names: Iterable[str], rules: NameRules) -> Iterator[Span]:
    """Yield where names told elsewhere in the case stand again."""
    for name in names:
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            if len(name) > _AMBIGUOUS or _stands_free(text, at, end, rules):
                yield at, end
                yield from _further(text, end, rules)
            at = text.find(name, end)


def _further(text: str, at: int, rules: NameRules) -> Iterator[Span]:
    """Yield the names that stand in a list behind one."""
    while (further := rules.another.match(text, at)) and _fits(further["name"], rules):
        yield further.span("name")
        at = further.end()


def _stands_free(text: str, start: int, end: int, rules: NameRules) -> bool:
    left = _leads_up(text, start, rules) or text.endswith(rules.patients, 0, start)
    return left and rules.boundary.match(text, end) is not None


def _leads_up(text: str, at: int, rules: NameRules) -> bool:
    return rules.before_title.search(text, max(0, at - _LONGEST_LEAD), at) is not None


def _labelled(text: str, rules: NameRules) -> Iterator[Span]:
    for label in (hit for words in rules.lists for hit in words.finditer(text)):
        at, between = label.end(), label["sign"]
        words = label.groupdict()
        strong = words.get("strong") is not None
        if words["weak"] and not between:
            continue
        while entry := rules.item.match(text, at):
            start, end = entry.span("name")
            # Where only a blank or a comma stands between, the next may be anything.
            sure = strong and bool(between) and not set(between) & set(",;") and at == label.end()
            sure = sure or (strong and ("、" in between or text[end : end + 1] == "("))
            span = _named(text, start, end, rules, sure=sure)
            if span is None:
                break
            yield span
            separator = rules.separator.match(text, entry.end())
            if separator is None:
                break
            at, between = separator.end(), separator[0]


def _named(text: str, start: int, end: int, rules: NameRules, *, sure: bool) -> Span | None:
    """Return the name among the characters after a label, None where there is none."""
    name = text[start:end]
    following = text[end : end + 1]
    if following == ":" or _MASKED in name:
        return None
    if _latin(name) or " " in name:
        return (start, end) if _fits(name, rules) else None
    surnamed = rules.surnamed.fullmatch(name) is not None and len(name) > 1
    if surnamed:
        closed = sure or not _han(following) or rules.boundary.match(text, end) is not None
        return (start, end) if closed and _fits(name, rules) else None
    if sure and _fits_whole(name, rules):
        return start, end
    return None


def _before_titles(text: str, rules: NameRules) -> Iterator[Span]:
    for pattern, whole in ((rules.title, True), (rules.courtesy, False)):
        for hit in pattern.finditer(text):
            end = hit.start() - (text[hit.start() - 1 : hit.start()] == " ")
            span = _surnamed_before(text, end, hit[0], rules)
            if span is None and whole:
                span = _whole_before(text, end, rules)
            if span is not None:
                yield span


def _surnamed_before(text: str, end: int, title: str, rules: NameRules) -> Span | None:
    for start in range(max(0, end - _LONGEST_SURNAMED), end):
        name = text[start:end]
        if (
            rules.surnamed.fullmatch(name)
            and _leads_up(text, start, rules)
            and _fits(name + title, rules)
            and not text[max(0, start - 1) : end].startswith(rules.not_names)
        ):
            return start, end
    return None


def _whole_before(text: str, end: int, rules: NameRules) -> Span | None:
    start = end
    while start > 0 and _han(text[start - 1]):
        start -= 1
    name = text[start:end]
    if 1 < len(name) <= _LONGEST_TITLED and _fits_whole(name, rules):
        return start, end
    return None


def _fits(name: str, rules: NameRules) -> bool:
    return _MASKED not in name and not name.startswith(rules.not_names)


def _fits_whole(name: str, rules: NameRules) -> bool:
    if "·" in name:
        return True
    return _fits(name, rules) and not set(name) & rules.not_inside


def _latin(name: str) -> bool:
    return name[:1].isascii()


def _han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
