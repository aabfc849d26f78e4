"""The reading lexicon (阅读词表): headings, list words and assertion cues as data.

Everything here is loaded from ``rules/lexicons``; a clinician changes how text is
read by editing those files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar

import yaml

from zhibian.documents.matcher import TermMatcher
from zhibian.documents.normalise import normalise
from zhibian.documents.types import Assertion, DocumentKind, SectionKind
from zhibian.problems import InputError, Problem

Side = Literal["before", "after"]
_Member = TypeVar("_Member", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class HeadingLexicon:
    """Spellings of headings (标题写法), normalised and without blanks.

    Attributes
    ----------
    strong
        Spellings that are a heading wherever a colon follows.
    weak
        Spellings that are a heading only at the start of a line or sentence.
    bare
        Spellings that are a heading there even without a colon.
    diagnosis
        Spellings such as 诊断 whose meaning the document decides.
    line_only
        Sections that end with their line.
    longest
        Length of the longest spelling, in characters.
    firsts
        First characters of all spellings, those of documents included: no other begins one.
    """

    strong: Mapping[str, SectionKind]
    weak: Mapping[str, SectionKind]
    bare: Mapping[str, SectionKind]
    diagnosis: frozenset[str]
    line_only: frozenset[SectionKind]
    longest: int
    firsts: frozenset[str]


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """How one kind of document is divided (文书规则).

    Attributes
    ----------
    kind
        The kind of document.
    spellings
        Words of its type or title.
    default
        Section of text before any heading.
    diagnosis
        What a plain 诊断 heading means in it.
    headings
        Headings with a meaning of their own in it; like weak ones they count only at
        the start of a line or sentence.
    ignore
        Sections whose headings open no section in it.
    entries
        Whether a line that begins with a date starts anew.
    fields
        Headings that are a document of their own in field-by-field exports.
    """

    kind: DocumentKind
    spellings: tuple[str, ...]
    default: SectionKind
    diagnosis: SectionKind | None
    headings: Mapping[str, SectionKind]
    ignore: frozenset[SectionKind]
    entries: bool
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class NameLexicon:
    """How the names in a list look (条目写法), for dividing lists without numbers.

    Attributes
    ----------
    endings
        Words that a name ends with.
    abbreviations
        Latin abbreviations that are a name.
    tails
        Words behind a name that say its state or doubt, such as 急性期, 待排.
    doubts
        Those of them that mark doubt.
    stage
        Expression of a stage or degree at the end of a name.
    qualifiers
        Beginnings of words that only qualify the name before them.
    qualifier
        Expression of such words.
    joiners
        Words that join two names into one entry, such as 伴.
    trailers
        Beginnings of words that are no part of a list any more.
    """

    endings: tuple[str, ...]
    abbreviations: frozenset[str]
    tails: tuple[str, ...]
    doubts: tuple[str, ...]
    stage: re.Pattern[str]
    qualifiers: tuple[str, ...]
    qualifier: re.Pattern[str]
    joiners: tuple[str, ...]
    trailers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListLexicon:
    """Words that lists of diagnoses and procedures need (列表用词).

    Attributes
    ----------
    sections
        Sections that hold lists.
    plus_sections
        Sections whose entries are also divided by a plus sign.
    references
        Entries that refer to another list.
    trailers
        Words of a line that is no entry any more.
    diagnoses, procedures
        How entries of lists of diagnoses and of procedures look.
    """

    sections: frozenset[SectionKind]
    plus_sections: frozenset[SectionKind]
    references: frozenset[str]
    trailers: tuple[str, ...]
    diagnoses: NameLexicon
    procedures: NameLexicon


@dataclass(frozen=True, slots=True)
class Cue:
    """One way in which a word decides the assertion of a mention (断言线索).

    Attributes
    ----------
    assertion
        What it says of the mention.
    side
        ``before``: the word stands before the mention; ``after``: behind it.
    reach
        Most characters between the word and the mention.
    crosses
        Whether its scope goes on over commas: before a mention while the enumeration
        goes on, behind it while only evidence is given.
    closes
        Whether it counts only at the end of its clause (``主动脉夹层排除。``).
    enumerates
        Whether it speaks of every member of an enumeration (``A、B待排``), or only
        of the member beside it (``A、B？``).
    answers
        Whether it may follow the mention over a colon (``糖尿病史：无``).
    sections
        Sections in which it counts; empty means all but ``outside``.
    outside
        Sections in which it doesn't count.
    """

    assertion: Assertion
    side: Side
    reach: int
    crosses: bool
    closes: bool
    enumerates: bool
    answers: bool
    sections: frozenset[SectionKind]
    outside: frozenset[SectionKind]


@dataclass(frozen=True, slots=True)
class PastLexicon:
    """What makes a mention history (既往与已愈).

    Attributes
    ----------
    sections
        Sections about the time before this stay.
    moment
        Expression of a moment in the past, such as 3年前 or 2019年.
    verbs
        Words that, with such a moment, tell an illness that has passed.
    markers
        Words that point to the past without a moment, such as 既往.
    cured
        Words that tell that it has passed.
    events
        Acts and injuries, which have passed when a past history names them.
    clause
        Words that don't stand inside the name of an operation.
    ongoing
        Words inside a chronic disease's name; only ``cured`` makes it history.
    """

    sections: frozenset[SectionKind]
    moment: re.Pattern[str]
    verbs: tuple[str, ...]
    markers: tuple[str, ...]
    cured: tuple[str, ...]
    events: tuple[str, ...]
    clause: tuple[str, ...]
    ongoing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CueLexicon:
    """All cues with their scope limits (断言线索词表)."""

    cues: Mapping[str, tuple[Cue, ...]]
    matcher: TermMatcher
    breakers: Mapping[Assertion, tuple[str, ...]]
    defaults: Mapping[SectionKind, Assertion]
    evidence: tuple[str, ...]
    past: PastLexicon
    no_mention_before: tuple[str, ...]
    no_mention_after: tuple[str, ...]
    decoys: TermMatcher
    order: tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class ReadingLexicon:
    """Everything that reading needs besides the terms (阅读词表)."""

    headings: HeadingLexicon
    documents: tuple[DocumentRule, ...]
    lists: ListLexicon
    cues: CueLexicon
    stop_terms: frozenset[str]


class _Reader:
    """Typed access to one YAML file that collects every problem of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.root = self._load()

    def _load(self) -> Mapping[str, object]:
        try:
            loaded = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.complain("", "lexicon_missing", "缺少阅读词表文件", "恢复随程序发布的 rules 目录")
            return {}
        except (yaml.YAMLError, UnicodeDecodeError):
            self.complain(
                "", "lexicon_unreadable", "词表不是合法的 UTF-8 YAML", "按文件内说明改正格式"
            )
            return {}
        return self.mapping(loaded, "")

    def complain(self, field: str, code: str, message: str, remedy: str) -> None:
        name = f"{self.path.name}:{field}" if field else self.path.name
        self.problems.append(Problem(name, code, message, remedy))

    def mapping(self, value: object, field: str) -> Mapping[str, object]:
        if isinstance(value, dict):
            return {str(key): item for key, item in value.items()}
        if value is not None:
            self.complain(field, "lexicon_shape", "应为键值结构", "参照随程序发布的词表")
        return {}

    def words(self, value: object, field: str) -> tuple[str, ...]:
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(normalise(item) for item in value)
        self.complain(field, "lexicon_shape", "应为文字列表", "把数字、是否等词加上引号")
        return ()

    def member(self, kind: type[_Member], value: object, field: str) -> _Member | None:
        try:
            return kind(str(value))
        except ValueError:
            self.complain(
                field, "lexicon_name_unknown", "名称不在允许范围内", "使用系统已定义的名称"
            )
            return None

    def members(self, kind: type[_Member], value: object, field: str) -> frozenset[_Member]:
        if value is not None and not isinstance(value, list):
            self.complain(field, "lexicon_shape", "应为列表", "参照随程序发布的词表")
            return frozenset()
        found = (self.member(kind, item, field) for item in value or [])
        return frozenset(item for item in found if item is not None)

    def number(self, value: object, default: int, field: str) -> int:
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.complain(field, "lexicon_shape", "应为整数", "填写字数")
        return default


def load_reading_lexicon(rules: Path) -> ReadingLexicon:
    """Return the reading lexicon of a rule folder.

    Parameters
    ----------
    rules
        Folder that holds ``lexicons/sections.yaml``, ``lexicons/assertion/*.yaml``
        and ``lexicons/stop_terms.txt``.

    Returns
    -------
    ReadingLexicon
        Frozen; patterns and automata are compiled once here.

    Raises
    ------
    InputError
        With every problem of every file: absent, unreadable, wrong shape, unknown name.
    """
    folder = rules / "lexicons"
    problems: list[Problem] = []
    sections = _Reader(folder / "sections.yaml")
    documents, lists = _documents(sections), _lists(sections)
    headings = _headings(sections, documents)
    cues = _cues(folder / "assertion", problems)
    stop_terms = _stop_terms(folder / "stop_terms.txt", problems)
    problems = [*sections.problems, *problems]
    if problems:
        raise InputError("阅读词表", problems)
    return ReadingLexicon(headings, documents, lists, cues, stop_terms)


def _headings(file: _Reader, documents: Iterable[DocumentRule]) -> HeadingLexicon:
    tables: dict[str, dict[str, SectionKind]] = {"strong": {}, "weak": {}, "bare": {}}
    for name, entry in file.mapping(file.root.get("sections"), "sections").items():
        field = f"sections.{name}"
        kind = file.member(SectionKind, name, field)
        spellings = file.mapping(entry, field)
        for strength, table in tables.items():
            for word in file.words(spellings.get(strength), f"{field}.{strength}"):
                if kind is not None:
                    table[word.replace(" ", "")] = kind
    diagnosis = frozenset(file.words(file.root.get("diagnosis_headings"), "diagnosis_headings"))
    every = [*tables["strong"], *tables["weak"], *diagnosis]
    own = [word for rule in documents for word in rule.headings]
    return HeadingLexicon(
        strong=MappingProxyType(tables["strong"]),
        weak=MappingProxyType(tables["weak"]),
        bare=MappingProxyType(tables["bare"]),
        diagnosis=diagnosis,
        line_only=file.members(SectionKind, file.root.get("line_only"), "line_only"),
        longest=max(map(len, every), default=0),
        firsts=frozenset(word[0] for word in (*every, *tables["bare"], *own) if word),
    )


def _documents(file: _Reader) -> tuple[DocumentRule, ...]:
    rules = []
    for name, entry in file.mapping(file.root.get("documents"), "documents").items():
        field = f"documents.{name}"
        data = file.mapping(entry, field)
        kind = file.member(DocumentKind, data.get("kind", name), field)
        default = file.member(SectionKind, data.get("default"), f"{field}.default")
        diagnosis = data.get("diagnosis")
        if kind is None or default is None:
            continue
        rules.append(
            DocumentRule(
                kind=kind,
                spellings=file.words(data.get("spellings"), f"{field}.spellings"),
                default=default,
                diagnosis=file.member(SectionKind, diagnosis, f"{field}.diagnosis")
                if diagnosis is not None
                else None,
                headings=MappingProxyType(_own_headings(file, data, f"{field}.headings")),
                ignore=file.members(SectionKind, data.get("ignore"), f"{field}.ignore"),
                entries=data.get("entries") is True,
                fields=frozenset(file.words(data.get("fields"), f"{field}.fields")),
            )
        )
    if file.root and not any(r.kind is DocumentKind.OTHER and not r.spellings for r in rules):
        file.complain("documents", "lexicon_default", "缺少“其他”文书的默认规则", "补上“其他”一项")
    return tuple(rules)


def _own_headings(file: _Reader, data: Mapping[str, object], field: str) -> dict[str, SectionKind]:
    table = {}
    for name, spellings in file.mapping(data.get("headings"), field).items():
        kind = file.member(SectionKind, name, f"{field}.{name}")
        for word in file.words(spellings, f"{field}.{name}"):
            if kind is not None:
                table[word.replace(" ", "")] = kind
    return table


def _lists(file: _Reader) -> ListLexicon:
    root = file.root
    trailers = file.words(root.get("trailers"), "trailers")
    return ListLexicon(
        sections=file.members(SectionKind, root.get("list_sections"), "list_sections"),
        plus_sections=file.members(SectionKind, root.get("plus_sections"), "plus_sections"),
        references=frozenset(file.words(root.get("references"), "references")),
        trailers=trailers,
        diagnoses=_names(file, "diagnosis_names", trailers),
        procedures=_names(file, "procedure_names", trailers),
    )


def _names(file: _Reader, key: str, trailers: tuple[str, ...]) -> NameLexicon:
    data = file.mapping(file.root.get(key), key)

    def words(name: str) -> tuple[str, ...]:
        return file.words(data.get(name), f"{key}.{name}")

    doubts, qualifiers = words("doubts"), words("qualifiers")
    tails = sorted({*doubts, *qualifiers, *words("tails")}, key=len, reverse=True)
    return NameLexicon(
        endings=words("endings"),
        abbreviations=frozenset(words("abbreviations")),
        tails=tuple(tails),
        doubts=doubts,
        stage=_pattern(file, data.get("stages"), f"{key}.stages"),
        qualifiers=qualifiers,
        qualifier=_pattern(file, data.get("qualifier_patterns"), f"{key}.qualifier_patterns"),
        joiners=words("joiners"),
        trailers=trailers,
    )


_CUE_FILES = (
    "negated.yaml",
    "family.yaml",
    "conditional.yaml",
    "planned.yaml",
    "possible.yaml",
    "historical.yaml",
)


def _cues(folder: Path, problems: list[Problem]) -> CueLexicon:
    found: dict[str, tuple[Cue, ...]] = {}
    breakers: dict[Assertion, tuple[str, ...]] = {}
    order = []
    for name in _CUE_FILES:
        file = _Reader(folder / name)
        assertion = file.member(Assertion, file.root.get("assertion"), "assertion")
        if assertion is not None:
            order.append(assertion)
            breakers[assertion] = file.words(file.root.get("breakers"), "breakers")
            for word, cue in _cue_rows(file, assertion):
                found[word] = (*found.get(word, ()), cue)
        problems.extend(file.problems)
    scope = _Reader(folder / "scope.yaml")
    pseudo = scope.words(scope.root.get("pseudo"), "pseudo")
    lexicon = CueLexicon(
        cues=MappingProxyType(found),
        matcher=TermMatcher([*found, *pseudo]),
        breakers=MappingProxyType(breakers),
        defaults=MappingProxyType(_defaults(scope)),
        evidence=scope.words(scope.root.get("evidence"), "evidence"),
        past=_past(scope),
        no_mention_before=scope.words(scope.root.get("no_mention_before"), "no_mention_before"),
        no_mention_after=scope.words(scope.root.get("no_mention_after"), "no_mention_after"),
        decoys=TermMatcher(scope.words(scope.root.get("decoys"), "decoys")),
        order=tuple(order),
    )
    problems.extend(scope.problems)
    return lexicon


def _cue_rows(file: _Reader, assertion: Assertion) -> Iterable[tuple[str, Cue]]:
    rows = file.root.get("cues")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        field = f"cues[{index}]"
        data = file.mapping(row, field)
        side = data.get("side")
        if side not in ("before", "after"):
            file.complain(f"{field}.side", "lexicon_side", "应为 before 或 after", "写明方向")
            continue
        cue = Cue(
            assertion=assertion,
            side="before" if side == "before" else "after",
            reach=file.number(data.get("reach"), 30, f"{field}.reach"),
            crosses=data.get("crosses") is True,
            closes=data.get("closes") is True,
            enumerates=data.get("enumerates") is not False,
            answers=data.get("answers") is True,
            sections=file.members(SectionKind, data.get("sections"), f"{field}.sections"),
            outside=file.members(SectionKind, data.get("outside"), f"{field}.outside"),
        )
        for word in file.words(data.get("words"), f"{field}.words"):
            yield word, cue


def _defaults(file: _Reader) -> dict[SectionKind, Assertion]:
    table = {}
    for name, value in file.mapping(file.root.get("defaults"), "defaults").items():
        section = file.member(SectionKind, name, f"defaults.{name}")
        assertion = file.member(Assertion, value, f"defaults.{name}")
        if section is not None and assertion is not None:
            table[section] = assertion
    return table


def _past(file: _Reader) -> PastLexicon:
    data = file.mapping(file.root.get("past"), "past")

    def words(key: str) -> tuple[str, ...]:
        return file.words(data.get(key), f"past.{key}")

    return PastLexicon(
        sections=file.members(SectionKind, data.get("sections"), "past.sections"),
        moment=_pattern(file, data.get("moments"), "past.moments"),
        verbs=words("verbs"),
        markers=words("markers"),
        cured=words("cured"),
        events=words("events"),
        clause=words("clause"),
        ongoing=words("ongoing"),
    )


def _pattern(file: _Reader, alternatives: object, field: str) -> re.Pattern[str]:
    """Compile expressions as written: normalising would change their meaning."""
    if isinstance(alternatives, list) and all(isinstance(item, str) for item in alternatives):
        try:
            return re.compile("|".join(alternatives) or r"(?!)")
        except re.error:
            pass
    file.complain(field, "lexicon_pattern", "表达式列表不合法", "改正该处表达式")
    return re.compile(r"(?!)")


def _stop_terms(path: Path, problems: list[Problem]) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        problems.append(
            Problem(
                path.name,
                "lexicon_missing",
                "缺少阅读词表文件或不是 UTF-8",
                "恢复随程序发布的 rules 目录",
            )
        )
        return frozenset()
    return frozenset(
        normalise(line).strip() for line in lines if line.strip() and not line.startswith("#")
    )
