"""The single-case engine (单病例分组): categories, core groups, groups, first match wins.

The order of evaluation is that of the official workbook. A category whose gate
opens but in which no core group matches does not stop the search: a case with a
valid procedure enters MDCA, matches no transplant and goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeVar, get_args

from zhibian.grouping.candidates import Candidates
from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.evaluate import Facts, Inputs, Part, Rule
from zhibian.grouping.language import InputField, NumberField
from zhibian.grouping.pack import AdrgRule, DrgRule, MdcRule, RulePack, group_counting
from zhibian.grouping.reasons import Reason
from zhibian.grouping.severity import CodeSeverity, Level
from zhibian.grouping.types import Grouping, GroupingInput, Outcome, Status, Step, StepKind
from zhibian.grouping.validate import Finding, missing_input, validate

_T = TypeVar("_T", MdcRule, AdrgRule)
Answer = Literal["yes", "no", "open"]
DAYS_A_YEAR = 365
_REFUSALS = (
    Reason.INPUT_INVALID,
    Reason.DX_NOT_MAPPABLE,
    Reason.DX_NOT_IN_DICT,
    Reason.PROC_NOT_MAPPABLE,
    Reason.PROC_NOT_IN_DICT,
)
NEWBORN_INPUTS: frozenset[InputField] = frozenset({"XSRTL", "XSRTZ"})


def group(
    case: GroupingInput,
    pack: RulePack,
    codebook: CodeBook | None = None,
    *,
    trace: bool = True,
) -> Grouping:
    """Group one case.

    Parameters
    ----------
    case
        What the front page says.
    pack
        The scheme.
    codebook
        Code sets of the authority; with them unknown codes make the input invalid and a grey
        principal diagnosis is named as the reason.
    trace
        Whether to keep the steps; the group is the same without them, only sooner.

    Returns
    -------
    Grouping
        Always a result: total over all inputs, and the same for the same input.
    """
    findings = validate(case, codebook)
    if findings or case.principal is None:
        return refused(findings, pack)
    facts = _facts(case, case.principal, pack)
    return _Search(case.principal, facts, pack, codebook, keep=trace).run()


def severity(code: str, principal: str, pack: RulePack) -> CodeSeverity:
    """Return level and exclusion of one other diagnosis beside a principal diagnosis.

    Parameters
    ----------
    code
        Other diagnosis 其他诊断.
    principal
        Principal diagnosis 主要诊断.
    pack
        The scheme.
    """
    return pack.severity.of(code, principal)


def split_levels(adrg: str, pack: RulePack) -> dict[Level, str]:
    """Return the group of a core group for a case with MCC, with CC only, with neither.

    Two levels with the same group mean that the core group does not tell them apart: groups
    split ``{3,5}`` take MCC and CC together, ``{1,5}`` take CC and none together.

    Parameters
    ----------
    adrg
        Code of a core group 核心组.
    pack
        The scheme.

    Raises
    ------
    KeyError
        The scheme has no such core group.
    """
    found = pack.adrg(adrg)
    if found is None:
        raise KeyError(adrg)
    groups = {}
    for level in Level:
        counted = () if level is Level.NONE else (level,)
        decided = group_counting(found.drgs, *counted)
        groups[level] = decided.code if decided else ""
    return groups


def numbers_of(case: GroupingInput) -> dict[NumberField, float | None]:
    """Return the numbers of a case as the rules compare them, None where the page leaves them out.

    Parameters
    ----------
    case
        The case.
    """
    days = case.age_days
    if days is None and case.age:
        # From one year on every rule about the age in days has its answer without the exact day.
        days = case.age * DAYS_A_YEAR
    return {
        "NL": case.age,
        "XB": case.sex,
        "XSRTL": days,
        "XSRTZ": case.weight_g,
        "ZYTS": case.days,
        "LYFS": case.discharge_way,
        "ICUSC": case.icu_hours,
    }


def _facts(case: GroupingInput, principal: str, pack: RulePack) -> Facts:
    inputs = Inputs(numbers_of(case), case.department)
    return Facts(principal, case.others, case.procedures, inputs, pack.severity)


def refused(findings: Sequence[Finding], pack: RulePack) -> Grouping:
    """Return the result of an input that can't be grouped, with all its problems.

    Parameters
    ----------
    findings
        What is wrong, at least one; the gravest reason is that of the result.
    pack
        The scheme.
    """
    reasons = {f.reason for f in findings}
    return Grouping(
        Status.INVALID,
        pack.scheme,
        reason=next(r for r in _REFUSALS if r in reasons),
        problems=tuple(f.problem for f in findings),
    )


class _Search:
    """One walk through a pack."""

    __slots__ = ("_awaited", "_codebook", "_entered", "_facts", "_keep", "_missing", "_pack",
                 "_principal", "_procedure", "_steps")  # fmt: skip

    def __init__(
        self,
        principal: str,
        facts: Facts,
        pack: RulePack,
        codebook: CodeBook | None,
        *,
        keep: bool,
    ) -> None:
        self._principal = principal
        self._procedure = next(iter(facts.codes["ZYSS"]), None)
        self._facts = facts
        self._pack = pack
        self._codebook = codebook
        self._keep = keep
        self._steps: list[Step] = []
        self._entered = False
        self._missing = False
        self._awaited: set[InputField] = set()

    def run(self) -> Grouping:
        for mdc in self._met(self._pack.mdcs, self._pack.candidates):
            gate = self._ask(mdc.rule, "mdc", mdc.code, "entered")
            if gate == "no":
                continue
            # A gate without the principal diagnosis (MDCA: a valid procedure) says nothing
            # about where the diagnosis belongs, so it is no "category without core group".
            self._entered = self._entered or (gate == "yes" and mdc.asks_diagnosis)
            found = self._within(mdc, certain=gate == "yes")
            if found is not None:
                return found
            # No core group takes the case, so that an open question at the gate is idle.
            self._awaited.clear()
            self._note("mdc", mdc.code, "left")
        return self._ungrouped()

    def _met(self, rules: Sequence[_T], candidates: Candidates) -> Iterable[_T]:
        """Return the rules to ask; a trace tells of the others why they do not hold."""
        if self._keep:
            return self._noting(rules, candidates.failing_first(self._principal, self._procedure))
        return candidates.among(rules, self._principal, self._procedure)

    def _noting(self, rules: Sequence[_T], failing: int) -> Iterator[_T]:
        """Yield the rules to ask; note those whose first condition is known not to hold."""
        for number, rule in enumerate(rules):
            if failing >> number & 1:
                self._steps.append(rule.rejection)
            else:
                yield rule

    def _within(self, mdc: MdcRule, *, certain: bool) -> Grouping | None:
        known = mdc if certain else None
        undecided = False
        for adrg in self._met(mdc.adrgs, mdc.candidates):
            for gap, rule in adrg.gaps:
                undecided = self._collect(rule) or undecided
                if not self._awaited and rule.first_failed(self._facts) is None:
                    what = (("gap", gap.id), ("what", gap.title))
                    self._note("adrg", adrg.code, "not_covered", *what)
                    return self._end(Status.NOT_COVERED, mdc, adrg, Reason.NOT_COVERED)
            kind: StepKind = "qy" if adrg.kind == "ambiguous" else "adrg"
            yes: Outcome = "ambiguous" if adrg.kind == "ambiguous" else "matched"
            answer = self._ask(adrg.rule, kind, adrg.code, yes)
            undecided = undecided or answer == "open"
            if answer == "yes":
                return self._insufficient(known) if self._awaited else self._take(mdc, adrg)
        return self._insufficient(known) if undecided else None

    def _take(self, mdc: MdcRule, adrg: AdrgRule) -> Grouping | None:
        if adrg.kind == "ambiguous":
            return self._end(Status.AMBIGUOUS, mdc, adrg, Reason.QY)
        if adrg.kind == "fallback":
            return self._end(Status.UNGROUPED, mdc, adrg, self._reason())
        return self._split(mdc, adrg)

    def _split(self, mdc: MdcRule, adrg: AdrgRule) -> Grouping | None:
        level = self._level()
        if adrg.by_counts is not None and not self._keep:
            counted = self._facts.counted
            decided = adrg.by_counts[bool(counted(Level.CC)) + 2 * bool(counted(Level.MCC))]
            return self._grouped(mdc, adrg, decided, level) if decided else None
        for drg in adrg.drgs:
            answer = self._ask(drg.rule, "drg", drg.code, "matched")
            if answer == "yes" and not self._awaited:
                return self._grouped(mdc, adrg, drg, level)
        return self._insufficient(mdc, adrg) if self._awaited else None

    def _grouped(self, mdc: MdcRule, adrg: AdrgRule, drg: DrgRule, level: Level) -> Grouping:
        self._note("result", drg.code, "grouped")
        return Grouping(
            Status.GROUPED,
            self._pack.scheme,
            mdc.code,
            adrg.code,
            drg.code,
            mdc.name,
            adrg.name,
            drg.name,
            level,
            trace=tuple(self._steps),
        )

    def _level(self) -> Level:
        """Return the level of the case and note every other diagnosis."""
        level = next((v for v in (Level.MCC, Level.CC) if self._facts.counted(v)), Level.NONE)
        if self._keep:
            self._note_diagnoses(level)
        return level

    def _note_diagnoses(self, level: Level) -> None:
        tables = self._pack.severity
        own = tables.principals.get(self._principal, "")
        deciding = ""
        for code in self._facts.codes["QTZD"]:
            of_code, excluded = tables.of(code, self._principal)
            if of_code is Level.NONE:
                self._note("diagnosis", code, "not_cc")
                continue
            outcome: Outcome = "excluded" if excluded else "counted"
            if not excluded and of_code is level:
                deciding = deciding or code
            detail = (
                ("level", of_code.value),
                ("table", tables.levels[code][1]),
                ("principal_table", own),
            )
            self._steps.append(Step("diagnosis", code, outcome, detail))
        by = (("by", deciding),) if deciding else ()
        self._steps.append(Step("level", level.value, "decided", by))

    def _ask(self, rule: Rule, kind: StepKind, code: str, yes: Outcome) -> Answer:
        """Ask a rule; note the answer, with the first condition that does not hold."""
        failed = rule.first_failed(self._facts)
        if failed is None:
            self._note(kind, code, yes)
            return "yes"
        if rule.inputs:
            return self._ask_for_inputs(rule, failed, kind, code)
        if self._keep:
            self._steps.append(Step(kind, code, "rejected", failed.detail))
        return "no"

    def _ask_for_inputs(self, rule: Rule, failed: Part, kind: StepKind, code: str) -> Answer:
        """Note a rule that does not hold, perhaps for want of a field."""
        is_open = self._collect(rule)
        asked = sorted(rule.inputs) if is_open else failed.inputs
        missing = ",".join(f for f in asked if f in self._facts.missing)
        self._missing = self._missing or (bool(missing) and kind != "mdc")
        if self._keep:
            detail = (*failed.detail, ("missing", missing)) if missing else failed.detail
            self._steps.append(Step(kind, code, "insufficient" if is_open else "rejected", detail))
        return "open" if is_open else "no"

    def _collect(self, rule: Rule) -> bool:
        """Keep the missing fields that decide about a rule; tell whether there are any."""
        if not self._pack.strict or rule.inputs.isdisjoint(self._facts.missing):
            return False
        if rule.first_failed(self._facts) is None:
            return False
        awaited = rule.awaits(self._facts)
        self._awaited |= awaited
        return bool(awaited)

    def _insufficient(self, mdc: MdcRule | None, adrg: AdrgRule | None = None) -> Grouping:
        newborn = not NEWBORN_INPUTS.isdisjoint(self._awaited)
        reason = Reason.NEWBORN_ERROR if newborn else Reason.DATA_MISSING
        subject = adrg.code if adrg else mdc.code if mdc else ""
        self._note("result", subject, "insufficient", ("reason", reason.value))
        return Grouping(
            Status.INSUFFICIENT,
            self._pack.scheme,
            mdc.code if mdc else "",
            adrg.code if adrg else "",
            "",
            mdc.name if mdc else "",
            adrg.name if adrg else "",
            reason=reason,
            problems=tuple(missing_input(f) for f in get_args(InputField) if f in self._awaited),
            trace=tuple(self._steps),
        )

    def _end(self, status: Status, mdc: MdcRule, adrg: AdrgRule, reason: Reason) -> Grouping:
        drg = adrg.drgs[0].code if adrg.kind == "fallback" and adrg.drgs else adrg.code
        self._note("result", adrg.code, "ungrouped", ("reason", reason.value))
        return Grouping(
            status,
            self._pack.scheme,
            mdc.code,
            adrg.code,
            drg,
            mdc.name,
            adrg.name,
            adrg.name,
            reason=reason,
            trace=tuple(self._steps),
        )

    def _ungrouped(self) -> Grouping:
        codes = self._pack.manifest.ungrouped
        reason = self._reason()
        self._note("result", codes.drg, "ungrouped", ("reason", reason.value))
        return Grouping(
            Status.UNGROUPED,
            self._pack.scheme,
            codes.mdc,
            codes.adrg,
            codes.drg,
            reason=reason,
            trace=tuple(self._steps),
        )

    def _reason(self) -> Reason:
        if self._missing and not self._pack.strict:
            return Reason.NEWBORN_ERROR
        if self._entered:
            return Reason.NO_ADRG
        if self._of_other_sex():
            return Reason.PDX_SEX_MISMATCH
        grey = self._codebook.grey_diagnoses if self._codebook else frozenset[str]()
        return Reason.PDX_NOT_GROUPABLE if self._principal in grey else Reason.PDX_NO_MDC

    def _of_other_sex(self) -> bool:
        """Tell whether the other sex would open the gate of a category."""
        sex = self._facts.numbers["XB"]
        other = Facts(
            self._principal,
            self._facts.codes["QTZD"],
            self._facts.codes["ZYSS"] + self._facts.codes["QTSS"],
            Inputs({**self._facts.numbers, "XB": 3 - sex if sex is not None else None}),
            self._pack.severity,
        )
        return any(
            "XB" in m.rule.inputs and m.rule.first_failed(other) is None for m in self._pack.mdcs
        )

    def _note(
        self, kind: StepKind, subject: str, outcome: Outcome, *detail: tuple[str, str]
    ) -> None:
        if self._keep:
            self._steps.append(Step(kind, subject, outcome, detail))
