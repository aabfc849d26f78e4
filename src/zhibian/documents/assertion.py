"""What the record says of a mention (断言): cues, their side, their scope.

The decision for one mention looks only at a bounded stretch around it, so the
cost of a document grows with its length.

Decisions that a reader of the results should know:

- A negation in scope wins over every other cue; then family, condition, plan,
  doubt and history, in that order.
- An act that was refused, not done or deferred (拒绝, 未行, 暂不) is negated; one
  that is intended (拟行, 择期, 必要时) is planned.
- 考虑 is the working conclusion of a ward round, a consultation or the course of
  treatment and leaves a mention present there; elsewhere it is possible.
- A chronic disease in the past history is present unless the record says that
  it has gone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zhibian.documents.lexicon import Cue, CueLexicon
from zhibian.documents.types import Assertion, SectionKind

CueHit = tuple[int, int, str]

_HARD_STOPS = "。;!\n"
_BACK = 90
_AHEAD = 70
_POINT_AHEAD = 220
CUE_WINDOW = _POINT_AHEAD
_NEXT_POINT = re.compile(r"(?<![\dA-Z.])\d{1,2}[.、)](?!\d)|\n")
_HEADLIKE = re.compile(r"[^,。;\n:]{0,14}(?::|--)")
_CLOSING = frozenset(',。;、()]!?\n "+')
_ASIDE = "? \"')"
_ALL = "均亦也皆都 "
_ENUMERATION_PIECE = 14
_MOMENT_REACH = 20
_OPERATION = re.compile(r'"?([^,。;、:+()\s"]{0,14}?)术')
_SEPARATOR = re.compile(r"、| \S")
_DIGIT = re.compile(r"\d")


def find_cues(normalised: str, cues: CueLexicon) -> tuple[CueHit, ...]:
    """Return all cues of a text, the longest at each place; pseudo-cues mask cues.

    Parameters
    ----------
    normalised
        Normalised text.
    cues
        Cue lexicon.

    Returns
    -------
    tuple of (start, end, word)
        In order of position.
    """
    return tuple(hit for hit in cues.matcher.find(normalised) if hit[2] in cues.cues)


def assert_mention(
    normalised_text: str,
    span: tuple[int, int],
    section: SectionKind,
    cues: CueLexicon,
    *,
    bounds: tuple[int, int] | None = None,
    hits: Sequence[CueHit] | None = None,
) -> tuple[Assertion, str | None]:
    """Return what the text says of the mention at ``span``, and the words that say so.

    Parameters
    ----------
    normalised_text
        Normalised text of the document.
    span
        Start and end (exclusive) of the mention.
    section
        Section in which it stands.
    cues
        Cue lexicon.
    bounds
        Stretch that holds everything said of the mention, such as its list entry;
        by default its sentence.
    hits
        Cues of the text around it, from :func:`find_cues`, if already found; they
        must cover :data:`CUE_WINDOW` characters to both sides.

    Returns
    -------
    tuple of Assertion and str or None
        The assertion and the deciding cue; None when the section's default decides.
    """
    start, end = span
    left, right = bounds if bounds is not None else (0, len(normalised_text))
    if hits is None:
        low, high = max(0, start - _BACK), end + _POINT_AHEAD
        hits = [(s + low, e + low, w) for s, e, w in find_cues(normalised_text[low:high], cues)]
    left, right = _sentence(normalised_text, start, end, left, right)
    near = [
        hit
        for hit in hits
        if left <= hit[0] and hit[1] <= right and (hit[1] <= start or hit[0] >= end)
    ]
    cut = (_cut(hit, start) for hit in hits if left <= hit[0] < start < hit[1])
    near += [hit for hit in cut if hit[2] in cues.cues]
    decided = _by_cue(normalised_text, (start, end), (left, right), section, near, cues)
    default = cues.defaults.get(section, Assertion.PRESENT)
    if decided is not None and not (
        default is Assertion.FAMILY and decided[0] is not Assertion.NEGATED
    ):
        return decided
    if default is Assertion.POSSIBLE:
        verdict = _verdict(normalised_text, (start, end), bounds, hits, cues)
        if verdict is not None:
            return Assertion.NEGATED, verdict
    if default is Assertion.PRESENT:
        past = _past(normalised_text, (start, end), (left, right), section, cues)
        if past is not None:
            return Assertion.HISTORICAL, past
    return default, None


def _cut(hit: CueHit, start: int) -> CueHit:
    """Return what a cue that runs into the mention says before it: 未 of 未手术."""
    return hit[0], start, hit[2][: start - hit[0]]


def _sentence(text: str, start: int, end: int, left: int, right: int) -> tuple[int, int]:
    """Return the sentence around a mention, no further than the reach of any cue."""
    low, high = max(left, start - _BACK), min(right, end + _AHEAD)
    begin = max((text.rfind(stop, low, start) for stop in _HARD_STOPS), default=-1) + 1
    ends = [place for stop in _HARD_STOPS if (place := text.find(stop, end, high)) != -1]
    return max(begin, low), min(ends, default=high)


def _by_cue(
    text: str,
    span: tuple[int, int],
    sentence: tuple[int, int],
    section: SectionKind,
    hits: Sequence[CueHit],
    cues: CueLexicon,
) -> tuple[Assertion, str] | None:
    said: dict[Assertion, str] = {}
    for hit in hits:
        for cue in cues.cues[hit[2]]:
            if cue.assertion not in said and _applies(
                text, span, sentence, section, hit, cue, cues
            ):
                said[cue.assertion] = hit[2]
    for assertion in cues.order:
        if assertion in said and not (
            assertion is Assertion.HISTORICAL and _ongoing(text[span[0] : span[1]], cues)
        ):
            return assertion, said[assertion]
    return None


def _applies(
    text: str,
    span: tuple[int, int],
    sentence: tuple[int, int],
    section: SectionKind,
    hit: CueHit,
    cue: Cue,
    cues: CueLexicon,
) -> bool:
    if section in cue.outside or (cue.sections and section not in cue.sections):
        return False
    if cue.side == "before":
        if hit[1] > span[0] or span[0] - hit[1] > cue.reach or _is_answer(text, hit):
            return False
        return _reaches_forward(
            text[hit[1] : span[0]], _tail(text, span[1], sentence[1]), cue, cues
        )
    if hit[0] < span[1] or hit[0] - span[1] > cue.reach:
        return False
    if cue.closes and hit[1] < len(text) and text[hit[1]] not in _CLOSING:
        return False
    return _reaches_back(text[span[1] : hit[0]], cue, cues)


def _is_answer(text: str, hit: CueHit) -> bool:
    """Tell whether a cue answers what stands before it, as in a form: ``高血压：无 糖尿病：有``."""
    return text[hit[1]] in _CLOSING and text.endswith(":", 0, hit[0])


def _tail(text: str, end: int, right: int) -> str:
    comma = text.find(",", end, right)
    return text[end : right if comma == -1 else comma]


def _reaches_forward(gap: str, tail: str, cue: Cue, cues: CueLexicon) -> bool:
    """Tell whether the scope of a cue before the mention is still open at the mention."""
    if not gap:
        return True
    if ":" in gap[1:] or gap.count(")") > gap.count("("):
        return False
    if any(word in gap for word in cues.breakers.get(cue.assertion, ())):
        return False
    if "," not in gap:
        return True
    if not cue.crosses:
        return False
    pieces = [*gap.split(",")[1:-1], gap.rsplit(",", 1)[1] + tail]
    return all(
        len(piece) <= _ENUMERATION_PIECE
        and _DIGIT.search(piece) is None
        and not any(word in piece for word in cues.breakers.get(cue.assertion, ()))
        for piece in pieces
    )


def _reaches_back(gap: str, cue: Cue, cues: CueLexicon) -> bool:
    """Tell whether a cue behind the mention still speaks of it."""
    if not gap:
        return True
    if cue.answers:
        gap = gap.replace(":", "", 1)
    if gap.strip() != "(" and gap.count("(") > gap.count(")"):
        return False
    if not cue.enumerates and _SEPARATOR.search(gap) is not None:
        return False
    if ":" in gap or ("," in gap and not (cue.crosses and _argues(gap, cues))):
        return False
    return not any(word in gap for word in cues.breakers.get(cue.assertion, ()))


def _argues(gap: str, cues: CueLexicon) -> bool:
    """Tell whether words between a mention and a verdict are evidence for that verdict alone."""
    aside, *clauses = gap.split(",")
    return not aside.strip(_ASIDE) and all(
        not clause.strip() or clause.rstrip(_ALL).endswith(cues.evidence) for clause in clauses
    )


def _ongoing(term: str, cues: CueLexicon) -> bool:
    return any(word in term for word in cues.past.ongoing)


def _verdict(
    text: str,
    span: tuple[int, int],
    bounds: tuple[int, int] | None,
    hits: Sequence[CueHit],
    cues: CueLexicon,
) -> str | None:
    """Return the word that dismisses the disease a point of a differential is about."""
    if _HEADLIKE.match(text, span[1]) is None:
        return None
    limit = min(len(text) if bounds is None else bounds[1], span[1] + _POINT_AHEAD)
    following = _NEXT_POINT.search(text, span[1], limit)
    stop = limit if following is None else following.start()
    for start, end, word in hits:
        closed = end >= len(text) or text[end] in _CLOSING
        if span[1] <= start and end <= stop and closed and _dismisses(word, cues):
            return word
    return None


def _dismisses(word: str, cues: CueLexicon) -> bool:
    return any(cue.assertion is Assertion.NEGATED and cue.closes for cue in cues.cues[word])


def _past(
    text: str,
    span: tuple[int, int],
    sentence: tuple[int, int],
    section: SectionKind,
    cues: CueLexicon,
) -> str | None:
    """Return the words that make a mention history, by cure, operation or time."""
    term = text[span[0] : span[1]]
    before, after = text[sentence[0] : span[0]], text[span[1] : sentence[1]]
    moments = [match.group() for match in cues.past.moment.finditer(before)]
    earlier = section in cues.past.sections
    found = None
    if earlier or moments or any(word in before for word in cues.past.markers):
        found = _cured(after, cues)
    if found is None and earlier:
        found = _operated(term, after, cues)
    if found is None and earlier and moments and not _ongoing(term, cues):
        found = _happened(before, moments[-1], cues)
    return found


def _cured(after: str, cues: CueLexicon) -> str | None:
    word = next((word for word in cues.past.cured if word in after), None)
    if word is None or _new_subject(after[: after.index(word)], cues):
        return None
    return word


def _operated(term: str, after: str, cues: CueLexicon) -> str | None:
    """Return the operation that a term of the past history names or is part of."""
    event = next((word for word in ("术", *cues.past.events) if term.endswith(word)), None)
    if event is not None:
        return event
    operation = _OPERATION.match(after)
    if operation is None or any(word in operation.group(1) for word in cues.past.clause):
        return None
    return operation.group().strip('"')


def _happened(before: str, moment: str, cues: CueLexicon) -> str | None:
    """Return the moment at which an illness of the past happened."""
    between = before[before.rindex(moment) + len(moment) :]
    if len(between) > _MOMENT_REACH or between.count(",") > 1 or _new_subject(between, cues):
        return None
    named = any(word in between for word in cues.past.verbs) or not between.strip('" ')
    return moment if named else None


def _new_subject(words: str, cues: CueLexicon) -> bool:
    """Tell whether the words between a mention and a cure begin to speak of another illness."""
    return any(word in words for word in cues.breakers.get(Assertion.HISTORICAL, ()))
