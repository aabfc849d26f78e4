"""Train a record classifier on a hospital's own records (全文分类器的训练).

The parts are fitted on three quarters of the records and weighed on the last quarter, told
apart by the digest of their words. The linear parts are then fitted again on all records;
the attention, which needed the last quarter to know when to stop, stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zhibian.coding.dictionary import ALIASES, read_aliases
from zhibian.coding.record_codes.features import SPELLING, TERMS, Family
from zhibian.coding.record_codes.model import (
    ATTENTION,
    CODE_SET_NHSA,
    KIND,
    LABEL_HEADER,
    LABELS,
    MANIFEST,
    Label,
    pack_linear,
    save_arrays,
)
from zhibian.coding.record_codes.parts import Blend, LinearPart, Scores
from zhibian.coding.rulefile import read_rule_file
from zhibian.coding.second_opinion import TABLE
from zhibian.documents.normalise import normalise
from zhibian.evaluation.record_coding import RecordScore, gain, score_record
from zhibian.problems import InputError, Problem
from zhibian.terminology.code_set import ICD10_NHSA, load_code_set
from zhibian.terminology.crosswalk import Crosswalk, load_filed_set
from zhibian.terminology.tables import sha256_of, write_csv, write_yaml
from zhibian.training.blend import fit_blend
from zhibian.training.linear import LinearRecipe, fit_linear
from zhibian.training.records import (
    TrainingRecord,
    checksum_of,
    folds,
    refuse_overlap,
)
from zhibian.training.vocabulary import SECTIONS, Vocabulary

if TYPE_CHECKING:
    from zhibian.training.attention_part import AttentionTrainer, FittedAttention

CARD = "README.md"
# One record in four weighs the parts.
TUNE_IN = 4
_FEWEST = 8


@dataclass(frozen=True, slots=True)
class Design:
    """What a classifier is made of (组成).

    Attributes
    ----------
    seed
        Of the split and of all random choices.
    families
        Feature families of the linear parts.
    baseline
        The family that is only measured beside the others and does not serve.
    linear
        How the linear parts are held back.
    """

    seed: int
    families: tuple[Family, ...] = (TERMS,)
    baseline: Family | None = None
    linear: LinearRecipe = field(default_factory=LinearRecipe)


@dataclass(frozen=True, slots=True)
class Trained:
    """A record classifier in memory (训练结果).

    Attributes
    ----------
    vocabulary
        What its parts share.
    linear
        Linear parts by family.
    attention
        The attention part; None without an encoder.
    blends
        Blend of every set of parts, by its parts.
    chosen
        The set that serves.
    tuned
        What it scored on the records that weighed the parts: good for comparing settings, but
        no measurement, for the weights and the threshold were fitted there.
    """

    vocabulary: Vocabulary
    linear: Mapping[Family, LinearPart]
    attention: FittedAttention | None
    blends: Mapping[tuple[str, ...], Blend]
    chosen: tuple[str, ...] = ()
    tuned: tuple[RecordScore, ...] = ()

    def score(self, records: Sequence[TrainingRecord]) -> dict[str, Scores]:
        """Score records with every part."""
        passages = [record.passages for record in records]
        scores = {family: part.score(passages) for family, part in self.linear.items()}
        if self.attention is not None:
            scores[ATTENTION] = self.attention.score(records)
        return scores


def read_groups(rules: Path) -> dict[str, tuple[str, ...]]:
    """Return section to groups of sections, from the rule file.

    Raises
    ------
    InputError
        The file is absent or malformed.
    """
    return read_rule_file(rules, TABLE, _parse_groups)


def _parse_groups(raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for group, sections in raw["groups"].items():
        for section in sections:
            found[section] = (*found.get(section, ()), group)
    return found


def vocabulary_of(records: Sequence[TrainingRecord], rules: Path, code_set: str) -> Vocabulary:
    """Return labels, groups and dictionary terms for some records.

    Parameters
    ----------
    records
        All records: a code that is never filed can't be learned.
    rules
        Folder of the rule data.
    code_set
        Edition of the filed codes: ``nhsa-2.0``, or an edition with a crosswalk.

    Raises
    ------
    InputError
        The edition is unknown.
    """
    diagnoses = load_code_set(rules, ICD10_NHSA)
    official = {code: entry.name for code, entry in diagnoses.entries.items()}
    names = (
        official
        if code_set == CODE_SET_NHSA
        else {
            **official,
            **_names(load_filed_set(rules, code_set).diagnoses),
        }
    )
    codes = sorted({code for record in records for code in (record.principal, *record.others)})
    aliases = {alias for alias, _ in read_aliases(rules / ALIASES / "diagnosis")}
    return Vocabulary(
        labels=tuple(Label(code, names.get(code, "")) for code in codes),
        code_set=code_set,
        groups=read_groups(rules),
        terms=frozenset(normalise(term).strip() for term in {*official.values(), *aliases}),
    )


def train(
    records: Sequence[TrainingRecord],
    vocabulary: Vocabulary,
    attention: AttentionTrainer | None,
    design: Design,
    *,
    extra: Sequence[TrainingRecord] = (),
    folder: Path | None = None,
    log: Callable[[str], None] = print,
) -> Trained:
    """Train all parts and weigh them.

    Parameters
    ----------
    records
        Records to learn.
    vocabulary
        What the parts share.
    attention
        Trainer of the attention part; None for linear parts alone.
    design
        Which linear parts, and the seed.
    extra
        Records that are learned from, but never weigh parts: name lists without text.
    folder
        Where checkpoints are kept.
    log
        Told of progress.

    Raises
    ------
    InputError
        There are too few records.
    """
    if len(records) < _FEWEST:
        message = f"只有 {len(records)} 份病历，至少需要 {_FEWEST} 份"
        raise InputError("cases", [Problem("--cases", "too_few", message, "提供更多已编码病历")])
    tuned = set(folds(records, TUNE_IN, design.seed)[0])
    tune = [record for place, record in enumerate(records) if place in tuned]
    fit = [record for place, record in enumerate(records) if place not in tuned]
    refuse_overlap([*fit, *extra], tune, "cases")
    linear = {f: _linear(f, [*fit, *extra], tune, vocabulary, design) for f in design.families}
    log("  线性部分已拟合")
    heads = (
        None
        if attention is None
        else attention.fit([*fit, *extra], tune, vocabulary, design.seed, folder, log)
    )
    first = Trained(vocabulary, linear, heads, {})
    scores = first.score(tune)
    principal, others = vocabulary.answers(tune)
    blends = {
        parts: fit_blend({part: scores[part] for part in parts}, principal, others)
        for parts in part_sets(tuple(scores), design.baseline)
    }
    measured = measure(blends, scores, tune, vocabulary.codes)
    chosen = choose(measured, design)
    log(f"  采用 {'+'.join(chosen)}")
    everything = [*records, *extra]
    return Trained(
        vocabulary,
        {f: _linear(f, everything, tune, vocabulary, design) for f in design.families},
        heads,
        blends,
        chosen,
        tuple(measured[chosen]),
    )


def predict(
    blend: Blend, scores: Mapping[str, Scores], codes: Sequence[str]
) -> list[tuple[str, list[str]]]:
    """Return the principal diagnosis and the other diagnoses of every record."""
    principal, others = blend.blend(scores)
    found = []
    for first, chances in zip(principal.argmax(axis=1), others, strict=True):
        taken = np.flatnonzero(chances >= blend.threshold).tolist()
        found.append((codes[int(first)], [codes[label] for label in taken if label != first]))
    return found


def measure(
    trained_blends: Mapping[tuple[str, ...], Blend],
    scores: Mapping[str, Scores],
    records: Sequence[TrainingRecord],
    codes: Sequence[str],
) -> dict[tuple[str, ...], list[RecordScore]]:
    """Return the score of every record, by set of parts."""
    found = {}
    for parts, blend in trained_blends.items():
        given = predict(blend, {part: scores[part] for part in parts}, codes)
        found[parts] = [
            score_record(principal, others, record.principal, record.others)
            for (principal, others), record in zip(given, records, strict=True)
        ]
    return found


def choose(
    measured: Mapping[tuple[str, ...], Sequence[RecordScore]], design: Design
) -> tuple[str, ...]:
    """Return the set of parts that serves: terms, unless more parts are surely better.

    Surely: the interval of the paired gain on the tuning records lies above zero. A part
    that only costs time and memory has no place in a model that serves.

    Parameters
    ----------
    measured
        Scores of the tuning records, by set of parts.
    design
        Its baseline never serves.
    """
    chosen: tuple[str, ...] = (TERMS,)
    for parts in sorted((p for p in measured if TERMS in p and design.baseline not in p), key=len):
        if gain(measured[parts], measured[chosen], seed=design.seed).low > 0:
            chosen = parts
    return chosen


def part_sets(parts: Sequence[str], baseline: str | None = None) -> list[tuple[str, ...]]:
    """Return the sets of parts that are weighed: the serving one first, each alone, all."""
    serving = tuple(part for part in parts if part != baseline)
    return list(dict.fromkeys([serving, *((part,) for part in parts), tuple(parts)]))


def write_model(
    trained: Trained,
    records: Sequence[TrainingRecord],
    folder: Path,
    *,
    name: str,
    seed: int,
    segment: tuple[int, int],
) -> None:
    """Write the model folder: labels, parts, manifest with the sha256 of all, card.

    Parameters
    ----------
    trained
        What to write.
    records
        What it was trained on, for the manifest.
    folder
        Where to write.
    name
        Name and version shown in reports.
    seed
        Seed of the training.
    segment
        Positions a segment, and pieces that neighbours share.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = trained.vocabulary
    files = [LABELS]
    write_csv(folder / LABELS, LABEL_HEADER, [(x.code, x.name) for x in vocabulary.labels])
    parts = trained.chosen
    blend = trained.blends[parts]
    for family, part in trained.linear.items():
        if family not in parts:
            continue
        files.append(f"{family}.npz")
        save_arrays(folder / files[-1], pack_linear(part))
    if trained.attention is not None and ATTENTION in parts:
        files += trained.attention.export(folder)
    content: dict[str, Any] = {
        "kind": KIND,
        "version": name,
        "code_set": vocabulary.code_set,
        "parts": list(parts),
        "blend": {
            "principal": _rounded(blend.principal),
            "others": _rounded(blend.others),
            "others_offset": round(blend.others_offset, 6),
            "threshold": round(blend.threshold, 6),
        },
        "groups": {section: list(groups) for section, groups in vocabulary.groups.items()},
        "sections": list(SECTIONS),
        "segment": {"longest": segment[0], "overlap": segment[1]},
        "training": {
            "records": len(records),
            "labels": len(vocabulary.labels),
            "principal_labels": len({record.principal for record in records}),
            "checksum": checksum_of(records),
            "seed": seed,
        },
        "files": {file: sha256_of(folder / file) for file in files},
    }
    write_yaml(folder / MANIFEST, content, "由 zhibian train classifier 生成，勿手改")
    (folder / CARD).write_text(_card(content), encoding="utf-8")


def _linear(
    family: Family,
    records: Sequence[TrainingRecord],
    tune: Sequence[TrainingRecord],
    vocabulary: Vocabulary,
    design: Design,
) -> LinearPart:
    """Fit one linear part; spelling learns only from records of the form it is weighed on."""
    forms = {record.whole for record in tune}
    used = [r for r in records if r.whole in forms] if family == SPELLING else records
    terms = vocabulary.terms | _published_names(records) if family == TERMS else ()
    return fit_linear(family, used, vocabulary.codes, vocabulary.groups, terms, design.linear)


def _published_names(records: Sequence[TrainingRecord]) -> set[str]:
    """Return the names of name lists: they are terms that someone has marked already."""
    return {
        name
        for record in records
        if not record.whole
        for passage in record.passages
        for name in passage.text.split("\n")
    }


def _names(crosswalk: Crosswalk) -> dict[str, str]:
    sure = {code: name for code, (name, _) in crosswalk.entries.items()}
    return {**{code: entry.name for code, entry in crosswalk.open.items()}, **sure}


def _rounded(weights: Mapping[str, float]) -> dict[str, float]:
    return {part: round(weight, 6) for part, weight in weights.items()}


def _card(content: Mapping[str, Any]) -> str:
    training = content["training"]
    return f"""# {content["version"]}

| 项目 | 内容 |
|---|---|
| 用途 | 编码建议的旁证：为已写明的编码增减可信度，列出另请核对的编码；从不单独产生编码 |
| 训练数据 | {training["records"]} 份本院病历；正文与编码的校验和 {training["checksum"][:16]}… |
| 编码版本 | {content["code_set"]} |
| 标签 | {training["labels"]} 个编码，其中 {training["principal_labels"]} 个做过主要诊断 |
| 组成 | {"、".join(content["parts"])} |
| 实测 | 由训练者填写：留出病历数、任务分、主要诊断符合率、其他诊断查全率与查准率、95% 区间 |
| 局限 | 只认识训练数据里有的编码；编码习惯随本院，含其错误；换院、换科、换编码版本须重新训练 |
| 保密 | 文件含病历词语片段，与病历同等保管，不得公开 |
"""
