"""Load what a review needs (审核器): code sets, knowledge, evidence rules, rule pack, tariff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from zhibian.coding.coder import CodingKnowledge, load_knowledge
from zhibian.coding.voices import Voices
from zhibian.documents.facts import FactLexicon, load_lexicon
from zhibian.grouping.codebook import CodeBook, codebook_of
from zhibian.grouping.pack import RulePack, load_scheme
from zhibian.payment.settlement.prices import PriceBook
from zhibian.payment.settlement.sets import load_settlement_rules
from zhibian.payment.tariff import Tariff
from zhibian.payment.tariff_files import load_tariff
from zhibian.problems import InputError, Problem
from zhibian.quality.doubt_rules import DoubtRules, load_doubt_rules
from zhibian.quality.evidence import EvidenceCondition, load_conditions
from zhibian.records.case_json import CodeCheck
from zhibian.terminology.check import check_code
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, CodeSet, load_code_set
from zhibian.terminology.crosswalk import (
    ICD9CM3_CLINICAL_TO_NHSA,
    ICD10_CLINICAL_TO_NHSA,
    Crosswalk,
    load_crosswalk,
)

NO_TARIFF = "none"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Everything that a review needs, loaded once and shared by all cases."""

    diagnoses: CodeSet
    procedures: CodeSet
    diagnosis_crosswalk: Crosswalk
    procedure_crosswalk: Crosswalk
    knowledge: CodingKnowledge
    facts: FactLexicon
    conditions: tuple[EvidenceCondition, ...]
    doubt: DoubtRules
    pack: RulePack
    codebook: CodeBook
    tariff: Tariff | None
    variant: str | None
    prices: PriceBook | None


def load_reviewer(rules: Path, scheme: str, tariff: str, variant: str | None) -> Reviewer:
    """Load everything for reviews under one scheme and one tariff, or without payment.

    Parameters
    ----------
    rules
        Folder of the rule data.
    scheme, tariff
        Ids, such as ``chs-drg-1.1`` and ``linyi-2022``; ``none`` for no payment standard.
    variant
        Rate variant of the tariff, such as ``三级职工``; its default when None.

    Raises
    ------
    InputError
        Something is unknown, absent or damaged, or the tariff is for another scheme.
    """
    pack = load_scheme(rules, scheme)
    prices = None if tariff == NO_TARIFF else _prices(rules, scheme, tariff)
    chosen = None if prices is None else prices.variant(variant).id
    diagnoses = load_code_set(rules, ICD10_NHSA)
    procedures = load_code_set(rules, ICD9CM3_NHSA)
    diagnosis_crosswalk = load_crosswalk(rules, ICD10_CLINICAL_TO_NHSA)
    procedure_crosswalk = load_crosswalk(rules, ICD9CM3_CLINICAL_TO_NHSA)
    knowledge = load_knowledge(
        rules, diagnoses, procedures, diagnosis_crosswalk, procedure_crosswalk
    )
    return Reviewer(
        diagnoses=diagnoses,
        procedures=procedures,
        diagnosis_crosswalk=diagnosis_crosswalk,
        procedure_crosswalk=procedure_crosswalk,
        knowledge=knowledge,
        facts=load_lexicon(rules),
        conditions=load_conditions(rules),
        doubt=load_doubt_rules(rules, (knowledge.diagnosis_words.terms, knowledge.procedure_terms)),
        pack=pack,
        codebook=codebook_of(diagnoses, procedures),
        tariff=prices,
        variant=chosen,
        prices=None if prices is None else PriceBook(prices, load_settlement_rules(rules, tariff)),
    )


def with_voices(reviewer: Reviewer, voices: Voices) -> Reviewer:
    """Return a reviewer whose coding has these trained models beside dictionary and rules."""
    return replace(reviewer, knowledge=replace(reviewer.knowledge, voices=voices))


def without_abstention(reviewer: Reviewer) -> Reviewer:
    """Return a reviewer that proposes everything, however unsure."""
    everything = replace(reviewer.knowledge.confidence, abstain_below=0.0)
    return replace(reviewer, knowledge=replace(reviewer.knowledge, confidence=everything))


def _prices(rules: Path, scheme: str, tariff: str) -> Tariff:
    prices = load_tariff(rules, tariff)
    if scheme.partition("@")[0] != prices.scheme:
        raise InputError(
            tariff,
            [
                Problem(
                    "tariff",
                    "tariff_scheme_differs",
                    f"支付标准 {tariff} 适用于分组方案 {prices.scheme}，不适用于 {scheme}",
                    "用 --scheme 或 --tariff 选择相配的一对；只分组、不计支付用 --tariff none",
                )
            ],
        )
    return prices


def code_check(reviewer: Reviewer) -> CodeCheck:
    """Return the check that readers run on every filed code."""

    def check(
        kind: str, code: str, name: str | None, field: str, principal: bool
    ) -> Iterable[Problem]:
        diagnosis = kind == "diagnosis"
        return check_code(
            code,
            reviewer.diagnoses if diagnosis else reviewer.procedures,
            reviewer.diagnosis_crosswalk if diagnosis else reviewer.procedure_crosswalk,
            field,
            name=name,
            principal=principal,
        )

    return check
