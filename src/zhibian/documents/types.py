"""What reading a record yields (病历阅读结果): sections, sentences, list items, mentions.

Every position is an offset into the original ``Document.text``; nothing here
ever points into a normalised copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SectionKind(StrEnum):
    """What a stretch of a clinical document is about (段落类别)."""

    CHIEF_COMPLAINT = "主诉"
    PRESENT_ILLNESS = "现病史"
    PAST_HISTORY = "既往史"
    PERSONAL_HISTORY = "个人史"
    MARITAL_HISTORY = "婚育史"
    FAMILY_HISTORY = "家族史"
    MATERNAL_HISTORY = "母孕史"
    PHYSICAL_EXAM = "体格检查"
    AUXILIARY_EXAM = "辅助检查"
    ADMISSION_DIAGNOSIS = "入院诊断"
    REVISED_DIAGNOSIS = "修正诊断"
    DISCHARGE_DIAGNOSIS = "出院诊断"
    PREOPERATIVE_DIAGNOSIS = "术前诊断"
    POSTOPERATIVE_DIAGNOSIS = "术后诊断"
    PATHOLOGY_DIAGNOSIS = "病理诊断"
    CASE_FEATURES = "病例特点"
    DIAGNOSTIC_BASIS = "诊断依据"
    DIFFERENTIAL_DIAGNOSIS = "鉴别诊断"
    PLAN = "诊疗计划"
    PROCEDURE_NAME = "手术名称"
    PROCEDURE_COURSE = "手术经过"
    PROGRESS = "病程"
    TREATMENT_COURSE = "诊疗经过"
    ADMISSION_STATE = "入院情况"
    DISCHARGE_STATE = "出院情况"
    DISCHARGE_ORDERS = "出院医嘱"
    ORDERS = "医嘱"
    NURSING = "护理"
    CONSULTATION = "会诊"
    REPORT = "检验检查"
    OTHER = "其他"


class DocumentKind(StrEnum):
    """Kind of a clinical document (文书类别), told from its type and title."""

    ADMISSION_RECORD = "入院记录"
    FIRST_PROGRESS = "首次病程记录"
    PROGRESS = "病程记录"
    OPERATION = "手术记录"
    REPORT = "检验检查报告"
    PATHOLOGY = "病理报告"
    CONSULTATION = "会诊记录"
    ORDERS = "医嘱单"
    NURSING = "护理记录"
    DISCHARGE_RECORD = "出院记录"
    OTHER = "其他"


class Assertion(StrEnum):
    """What the record says of a mention (断言)."""

    PRESENT = "present"
    NEGATED = "negated"
    POSSIBLE = "possible"
    HISTORICAL = "historical"
    FAMILY = "family"
    PLANNED = "planned"
    CONDITIONAL = "conditional"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one document: ``document`` counts from 0, ``end`` is exclusive."""

    document: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """One section (段落): its kind and the span of its body, heading excluded."""

    kind: SectionKind
    span: Span


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence or line (句), inside one section."""

    section: SectionKind
    span: Span


@dataclass(frozen=True, slots=True)
class ListItem:
    """One entry of a diagnosis or procedure list (诊断列表条目), number excluded.

    ``order`` counts from 0 within its list; ``depth`` is 1 for sub-items such as (1).
    """

    section: SectionKind
    span: Span
    order: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Mention:
    """A dictionary term found in the text (提及).

    Attributes
    ----------
    span
        Where the term stands.
    term
        The dictionary key that matched, in normalised spelling.
    section
        Section in which it stands.
    sentence
        The sentence around it: the evidence shown to a coder.
    assertion
        What the record says of it.
    cue
        The words that decided the assertion, or None for the default.
    item
        Index into ``Reading.items`` when it stands in a list entry, else None.
    """

    span: Span
    term: str
    section: SectionKind
    sentence: Span
    assertion: Assertion
    cue: str | None = None
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything structural that was read from the documents of one case.

    ``normalised[i]`` has exactly the length of ``documents[i].text``, so that a
    position in one is a position in the other.
    """

    kinds: tuple[DocumentKind, ...]
    normalised: tuple[str, ...]
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    items: tuple[ListItem, ...]
