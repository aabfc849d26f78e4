"""The trained tagger as a voice of coding (实体标注器): mentions outside the dictionary.

Without its folder coding works by the dictionary alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhibian.coding.dictionary import ALIASES, Dictionary, build_dictionary, read_aliases
from zhibian.coding.voices import Kind, TaggedMention
from zhibian.documents.lexicon import CueLexicon, load_reading_lexicon
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.tagger import (
    DictionaryHints,
    EntityTagger,
    EntityType,
    TermKind,
    read_weights,
    tag_entities,
)
from zhibian.documents.types import Reading
from zhibian.problems import InputError, Problem
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set
from zhibian.terminology.crosswalk import (
    ICD9CM3_CLINICAL_TO_NHSA,
    ICD10_CLINICAL_TO_NHSA,
    load_crosswalk,
)
from zhibian.terminology.tables import read_yaml, sha256_of

NAME = "mention-tagger-1"
MANIFEST = "manifest.yaml"
WEIGHTS = "weights.npz"

_REMEDY = "恢复随程序发布的 models 文件夹，或用 ZHIBIAN_MODELS 指定模型文件夹"
_SYMPTOM_CHAPTER = "R"
# A symptom is no phrase to be linked: the dictionary knows those that are filed.
_KINDS: Mapping[EntityType, Kind] = {
    EntityType.DISEASE: "diagnosis",
    EntityType.PROCEDURE: "procedure",
}


@dataclass(frozen=True, slots=True)
class RecordTagger:
    """The :class:`~zhibian.coding.voices.MentionTagger` that ships (实体标注器).

    Attributes
    ----------
    version
        Its name and version.
    tagger
        Tags texts.
    cues
        Cues of assertion.
    floor
        Least score of what it tells.
    """

    version: str
    tagger: EntityTagger
    cues: CueLexicon
    floor: float

    def tag(self, reading: Reading) -> Sequence[TaggedMention]:
        """Return mentions in order of document and position, with their assertion.

        Parameters
        ----------
        reading
            From :func:`zhibian.documents.reader.read_documents`.
        """
        return [
            TaggedMention(found.mention, _KINDS[found.type], found.score)
            for found in tag_entities(reading, self.tagger, self.cues, frozenset(_KINDS))
            if found.score >= self.floor
        ]


def dictionary_hints(
    diagnoses: Dictionary, procedures: Dictionary, matcher: TermMatcher | None = None
) -> DictionaryHints:
    """Return the dictionary as the tagger is told of it.

    Parameters
    ----------
    diagnoses, procedures
        From :func:`zhibian.coding.dictionary.build_dictionary`.
    matcher
        A matcher that holds the terms of both, if there is one already.
    """
    kinds = dict.fromkeys(procedures.terms, TermKind.PROCEDURE)
    for spelling, term in diagnoses.terms.items():
        symptom = term.codes[0].startswith(_SYMPTOM_CHAPTER)
        kinds[spelling] = TermKind.SYMPTOM if symptom else TermKind.DISEASE
    return DictionaryHints(matcher or TermMatcher(kinds), kinds)


def read_hints(rules: Path) -> DictionaryHints:
    """Return the dictionary of a rule folder as the tagger is told of it.

    Raises
    ------
    InputError
        A table of the folder is absent or damaged.
    """
    stop = load_reading_lexicon(rules).stop_terms
    diagnoses = build_dictionary(
        load_code_set(rules, ICD10_NHSA),
        read_aliases(rules / ALIASES / "diagnosis"),
        load_crosswalk(rules, ICD10_CLINICAL_TO_NHSA),
        stop,
    )
    procedures = build_dictionary(
        load_code_set(rules, ICD9CM3_NHSA),
        read_aliases(rules / ALIASES / "procedure"),
        load_crosswalk(rules, ICD9CM3_CLINICAL_TO_NHSA),
        stop,
        droppable="术",
    )
    return dictionary_hints(diagnoses, procedures)


def load_mention_tagger(
    models: Path, rules: Path, hints: DictionaryHints | None = None, name: str = NAME
) -> RecordTagger | None:
    """Return the shipped tagger, or None where its folder is absent.

    Parameters
    ----------
    models
        Folder of all models.
    rules
        Folder of the rule data: dictionary and cues of assertion.
    hints
        From :func:`dictionary_hints`, where the dictionary is loaded already.
    name
        Folder name of the model.

    Raises
    ------
    InputError
        The weights are absent, altered or damaged, or a rule table is.
    """
    folder = models / name
    if not (folder / MANIFEST).is_file():
        return None
    manifest = read_yaml(folder / MANIFEST, _REMEDY)
    path = folder / WEIGHTS
    if not path.is_file():
        raise _refused(name, "file_missing", "模型文件不存在")
    if sha256_of(path) != manifest["files"].get(WEIGHTS):
        raise _refused(name, "model_corrupted", "模型文件与清单的 sha256 不一致")
    return RecordTagger(
        version=str(manifest["version"]),
        tagger=EntityTagger(read_weights(path), hints or read_hints(rules)),
        cues=load_reading_lexicon(rules).cues,
        floor=float(manifest["floor"]),
    )


def _refused(name: str, code: str, message: str) -> InputError:
    return InputError(name, [Problem(WEIGHTS, code, message, _REMEDY)])
