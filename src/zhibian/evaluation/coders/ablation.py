"""Components of coding that can be left out (消融): each one's rule table made empty.

Coding itself knows no switches. A component is taken away by giving coding a table without
entries, so that what is measured is the component and nothing else.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from zhibian.coding.coder import CodingKnowledge
from zhibian.coding.confidence import FEATURES, ROLES, ConfidenceCurve
from zhibian.coding.dictionary import build_dictionary, load_endings
from zhibian.coding.entry_condition import EntryConditionRules
from zhibian.coding.linking import build_linker
from zhibian.documents.matcher import TermMatcher
from zhibian.problems import InputError, Problem
from zhibian.review.reviewer import Reviewer

_NOTHING = re.compile(r"(?!)")
# A prefix that every code has: all of them may stand side by side.
_ANY = ("",)


@dataclass(frozen=True, slots=True)
class Tables:
    """What a changed dictionary is built from (重建词典所需)."""

    reviewer: Reviewer
    rules: Path


Change = Callable[[CodingKnowledge, Tables], CodingKnowledge]


@dataclass(frozen=True, slots=True)
class Component:
    """A component that can be left out (部件): its Chinese name and how it is left out."""

    title: str
    leave_out: Change


def without(names: Sequence[str], reviewer: Reviewer, rules: Path) -> CodingKnowledge:
    """Return what coding knows, without some components.

    Parameters
    ----------
    names
        Keys of ``COMPONENTS``.
    reviewer
        With its knowledge whole.
    rules
        Folder of the rule data.

    Raises
    ------
    InputError
        A component is unknown; every such name is told, with the nearest one.
    """
    problems = [_unknown(name) for name in names if name not in COMPONENTS]
    if problems:
        raise InputError("without", problems)
    knowledge = reviewer.knowledge
    # In the order of the table: a dictionary is rebuilt before its matches are switched off.
    for name in (known for known in COMPONENTS if known in names):
        knowledge = COMPONENTS[name].leave_out(knowledge, Tables(reviewer, rules))
    return knowledge


def _unknown(name: str) -> Problem:
    near = difflib.get_close_matches(name, COMPONENTS, n=1, cutoff=0)
    return Problem(
        "without",
        "component_unknown",
        f"没有部件 {name}{f'，是否指 {near[0]}' if near else ''}",
        f"可去掉的部件：{'、'.join(COMPONENTS)}",
    )


def _no_aliases(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Build both dictionaries again from official and clinical names alone."""
    reviewer, stop = tables.reviewer, known.lexicon.stop_terms
    diagnoses = build_dictionary(
        reviewer.diagnoses,
        (),
        reviewer.diagnosis_crosswalk,
        stop,
        endings=load_endings(tables.rules),
    )
    procedures = build_dictionary(
        reviewer.procedures, (), reviewer.procedure_crosswalk, stop, droppable="术"
    )
    found = {
        *diagnoses.terms,
        *procedures.terms,
        *known.procedure_rules.context_terms,
        *known.senses,
    }
    words = replace(
        known.diagnosis_words,
        terms=diagnoses,
        linker=build_linker(diagnoses, known.selection.link_threshold),
    )
    return replace(
        known, diagnosis_words=words, procedure_terms=procedures, matcher=TermMatcher(found)
    )


def _no_senses(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, senses={})


def _no_spelling(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Find no nearest spellings of list entries."""
    linker = replace(known.diagnosis_words.linker, spellings=())
    return replace(known, diagnosis_words=replace(known.diagnosis_words, linker=linker))


def _no_assertion(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Take every mention as present: no cues, no sections of the past, no history."""
    past = replace(
        known.lexicon.cues.past, sections=frozenset(), moment=_NOTHING, markers=(), events=()
    )
    cues = replace(known.lexicon.cues, cues={}, defaults={}, past=past)
    lexicon = replace(known.lexicon, cues=cues)
    words = replace(known.diagnosis_words, lexicon=lexicon)
    return replace(known, lexicon=lexicon, diagnosis_words=words)


def _no_linker(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, voices=replace(known.voices, linker=None))


def _no_tagger(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, voices=replace(known.voices, tagger=None))


def _no_classifier(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, voices=replace(known.voices, classifier=None))


def _no_burns(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, burns=replace(known.burns, context=()))


def _no_implied(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, implied=())


def _no_plausible(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, implausible=())


def _no_trust(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Trust every place alike, as the most trusted one."""
    most = max(row.weight for row in known.sources.rows)
    rows = tuple(replace(row, weight=most) for row in known.sources.rows)
    return replace(
        known,
        sources=replace(
            known.sources,
            rows=rows,
            untreated_penalty=0.0,
            abbreviation_cap=most,
            rejected_before=_NOTHING,
            rejected_behind=_NOTHING,
        ),
    )


def _no_selection(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Propose what is trusted, whatever its family and however often a disease is named."""
    selection = replace(
        known.selection,
        never=(),
        only_listed=(),
        only_discharged=(),
        status=(),
        after_words=(),
        several=_ANY,
        unspecified=(),
        last_resort=(),
    )
    words = replace(known.diagnosis_words, selection=selection)
    return replace(known, selection=selection, diagnosis_words=words)


def _no_retype(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, retypings=())


def _no_combination(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, combinations=())


def _no_entry_condition(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Take every diagnosis as present at admission."""
    return replace(
        known,
        entry_conditions=EntryConditionRules(
            in_hospital=(),
            caused_pattern=_NOTHING,
            in_hospital_pattern=_NOTHING,
            on_arrival=(),
            unknown=(),
            always_present=(),
            arises_in_hospital=(),
            caused_by_care=(),
            may_arise=(),
            undetermined=(),
            settled=_NOTHING,
            values=(),
            window_hours=known.entry_conditions.window_hours,
        ),
    )


def _no_principal_rules(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Leave the choice to the ranker: rules without clauses give no points."""
    rules = tuple(replace(rule, clauses=()) for rule in known.principal_rules.rules)
    return replace(known, principal_rules=replace(known.principal_rules, rules=rules))


def _no_stay_facts(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Let no phrase of the record speak for or against a rule."""
    return replace(known, principal_rules=replace(known.principal_rules, facts=()))


def _no_ranker(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Leave the choice to the rules, equal ones to the order of the discharge list."""
    ranker = known.principal_rules.ranker
    silent = replace(ranker, weights=dict.fromkeys(ranker.weights, 0.0))
    return replace(known, principal_rules=replace(known.principal_rules, ranker=silent))


def _no_procedure_rules(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Code procedures as named: nothing refined, counted, joined, added or left out."""
    rules = replace(
        known.procedure_rules,
        refinements=(),
        quantities=(),
        merges=(),
        companions=(),
        omissions=(),
        not_proposed=(),
        approaches=(),
    )
    return replace(known, procedure_rules=rules)


def _no_narrative(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Find no procedures that are told by act and site."""
    narrative = replace(known.procedure_rules.narrative, opened_by={})
    return replace(known, procedure_rules=replace(known.procedure_rules, narrative=narrative))


def _no_procedure_order(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Order procedures by trust and place alone."""
    rules = replace(
        known.procedure_rules,
        first_codes=(),
        class_order=(),
        outranks=(),
        corresponds=(),
        never_first=(),
    )
    return replace(known, procedure_rules=rules)


def _no_calibration(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    """Let confidence be trust in the best place: a straight curve over its log-odds."""
    straight = ConfidenceCurve(0.0, tuple(float(name == "trust") for name in FEATURES))
    rules = replace(known.confidence, curves=dict.fromkeys(ROLES, straight))
    return replace(known, confidence=rules)


def _no_abstention(known: CodingKnowledge, tables: Tables) -> CodingKnowledge:
    return replace(known, confidence=replace(known.confidence, abstain_below=0.0))


#: Every component by name, in the order of coding.
COMPONENTS: Mapping[str, Component] = MappingProxyType(
    {
        "aliases": Component("别名词典", _no_aliases),
        "senses": Component("语境词义", _no_senses),
        "spelling": Component("近似写法", _no_spelling),
        "assertion": Component("断言判定", _no_assertion),
        "linker": Component("链接模型", _no_linker),
        "tagger": Component("标注模型", _no_tagger),
        "classifier": Component("全文分类器", _no_classifier),
        "burns": Component("烧伤部位与深度", _no_burns),
        "implied": Component("隐含诊断", _no_implied),
        "plausible": Component("性别年龄合理性", _no_plausible),
        "trust": Component("来源可信度", _no_trust),
        "selection": Component("取舍规则", _no_selection),
        "retype": Component("分型", _no_retype),
        "combination": Component("合并编码", _no_combination),
        "entry_condition": Component("入院病情", _no_entry_condition),
        "principal_rules": Component("主要诊断规则", _no_principal_rules),
        "stay_facts": Component("主要诊断所用的病历事实", _no_stay_facts),
        "principal_ranker": Component("主要诊断排序", _no_ranker),
        "procedure_rules": Component("手术操作规则", _no_procedure_rules),
        "procedure_narrative": Component("叙述中的操作", _no_narrative),
        "procedure_order": Component("主要手术规则", _no_procedure_order),
        "calibration": Component("置信度校准", _no_calibration),
        "abstention": Component("弃权", _no_abstention),
    }
)
