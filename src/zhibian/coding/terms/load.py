"""Put a linker together (组装链接器): code set, aliases, rules, model, index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile

import numpy as np

from zhibian.coding.dictionary import ALIASES, read_aliases
from zhibian.coding.terms.attributes import load_attributes
from zhibian.coding.terms.features import columns
from zhibian.coding.terms.linker import Comparer, Meaning, TermLinker
from zhibian.coding.terms.meaning import Labels, MeaningIndex, build_meaning, pack_tokens
from zhibian.coding.terms.model import LinkModel
from zhibian.coding.terms.names import NameTable, TargetCode, build_names
from zhibian.coding.terms.parts import clean, load_splitter
from zhibian.coding.terms.spelling import build_spelling
from zhibian.coding.terms.types import Floats, TermEncoder
from zhibian.problems import InputError, Problem
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set
from zhibian.terminology.crosswalk import load_crosswalk
from zhibian.terminology.tables import read_text

NHSA = "nhsa-2.0"
# Editions of which the terminology has the names: those it can convert from.
EDITIONS = (
    "icd10-clinical-2.0",
    "icd10-clinical-1.0",
    "icd10-beijing-7.0",
    "icd10-nhsa-1.0",
    "icd9cm3-clinical-3.0",
    "icd9cm3-clinical-2.0",
    "icd9cm3-beijing-8.0",
    "icd9cm3-nhsa-1.0",
)
# Editions of which it has the names alone.
NAME_LISTS = ("icd10-beijing-6.0.1", "icd9cm3-beijing-6.0.1")
CODE_SETS = (ICD10_NHSA, ICD9CM3_NHSA, *EDITIONS, *NAME_LISTS)

_FILE_REMEDY = "每行写 编码<TAB>名称，UTF-8 编码"
# Names of the code sets are shorter; a longer one is cut, which changes only how its
# last words are compared.
_NAME_TOKENS = 28
_INDEX_CHUNK = 2048

# Vectors, token vectors in 127ths and token weights of names.
EncodedNames = tuple[Floats, np.ndarray[tuple[int, int, int], np.dtype[np.int8]], Floats]


def target_codes(rules: Path, code_set: str) -> list[TargetCode]:
    """Return the codes of a code set of the terminology.

    Raises
    ------
    InputError
        There is no such code set, or its table is damaged.
    """
    if code_set in EDITIONS:
        edition = load_crosswalk(rules, f"{code_set}-to-{NHSA}")
        names = {code: name for code, (name, _) in edition.entries.items()}
        names |= {code: one.name for code, one in edition.open.items()}
        return [TargetCode(code, name) for code, name in sorted(names.items()) if name]
    if code_set not in CODE_SETS:
        message = f"没有编码表 {code_set}；可用：{'、'.join(CODE_SETS)}"
        remedy = "改用所列标识，或用 --code-set-file 指定编码文件"
        raise InputError(code_set, [Problem("--code-set", "code_set_unknown", message, remedy)])
    entries_of = load_code_set(rules, code_set).entries
    return [TargetCode(e.code, e.name, e.grey) for e in entries_of.values()]


def target_codes_of_file(path: Path) -> list[TargetCode]:
    """Return the codes of a file with lines ``code<TAB>name``; further columns are ignored.

    Raises
    ------
    InputError
        The file can't be read, or a line lacks its name: all such lines are told.
    """
    lines = read_text(path, _FILE_REMEDY).splitlines()
    rows = [(n, line.split("\t")) for n, line in enumerate(lines, start=1) if line.strip()]
    wrong = [n for n, cells in rows if len(cells) < 2 or not cells[0].strip()]
    if wrong or not rows:
        empty = Problem(path.name, "file_empty", "文件中没有编码", _FILE_REMEDY)
        message = "该行没有编码和名称两列"
        problems = [Problem(f"第 {n} 行", "row_width", message, _FILE_REMEDY) for n in wrong]
        raise InputError(path.name, problems or [empty])
    return [TargetCode(c[0].strip(), c[1].strip()) for _, c in rows if c[1].strip()]


def load_comparer(
    rules: Path,
    codes: Sequence[TargetCode],
    aliases: Iterable[tuple[str, str]],
    labels: Labels,
    encoder: TermEncoder | None,
    cache: Path | None,
    tell: Callable[[str], None] = lambda _: None,
) -> Comparer:
    """Prepare the comparison of terms with a code set.

    Parameters
    ----------
    rules
        Folder of the rule data.
    codes
        The code set.
    aliases
        ``(alias, name)``, see `named_aliases`.
    labels
        What training learned about names.
    encoder
        The encoder; None compares by spelling alone.
    cache
        Folder that keeps encoded code sets; None keeps nothing.
    tell
        Told when a long step begins.
    """
    attributes = load_attributes(rules)
    names = build_names(codes, aliases, attributes)
    meaning = None
    if encoder is not None:
        meaning = Meaning(encoder, _meaning_index(names, labels, encoder, cache, tell))
    return Comparer(
        names=names,
        spelling=build_spelling(names.spelled, names.exact),
        splitter=load_splitter(rules, names.kind),
        attributes=attributes,
        priors=_priors(names, labels),
        meaning=meaning,
    )


def load_linker(
    rules: Path,
    codes: Sequence[TargetCode],
    model: LinkModel,
    encoder: TermEncoder | None,
    cache: Path | None,
    tell: Callable[[str], None] = lambda _: None,
) -> TermLinker:
    """Prepare a linker; parameters as `load_comparer`, with the model that was read.

    Raises
    ------
    InputError
        The model was trained with other attributes than those of the rules.
    """
    comparer = load_comparer(rules, codes, named_aliases(rules), model.labels, encoder, cache, tell)
    ranker = model.rankers[(comparer.names.kind, encoder is not None)]
    if ranker.columns != columns(comparer.attributes.groups, meaning=encoder is not None):
        message = "重排模型的特征与属性词表不一致"
        remedy = "恢复 rules/linking/attributes.yaml，或用 zhibian train link --rankers-only 重训"
        raise InputError(model.version, [Problem("ranker", "model_mismatch", message, remedy)])
    return TermLinker(comparer, ranker)


def named_aliases(rules: Path) -> Iterator[tuple[str, str]]:
    """Yield ``(alias, official name)`` of all alias tables: names carry over to other sets."""
    for kind, code_set in (("diagnosis", ICD10_NHSA), ("procedure", ICD9CM3_NHSA)):
        official = load_code_set(rules, code_set)
        for alias, code in read_aliases(rules / ALIASES / kind):
            if code in official:
                yield alias, official.name(code)


def _priors(names: NameTable, labels: Labels) -> Floats:
    rows = [labels.places.get(name, -1) for name in names.spelled]
    return np.array([np.log1p(labels.counts[r]) if r >= 0 else np.nan for r in rows], np.float32)


def is_encoded(codes: Sequence[TargetCode], encoder: TermEncoder, cache: Path) -> bool:
    """Tell whether the names of a code set have been encoded and kept."""
    spelled = dict.fromkeys(clean(one.name) for one in codes)
    return _kept(tuple(name for name in spelled if name), encoder, cache).is_file()


def _kept(spelled: Sequence[str], encoder: TermEncoder, cache: Path) -> Path:
    key = hashlib.sha256("\n".join((encoder.fingerprint, *spelled)).encode()).hexdigest()
    return cache / f"names-{key[:32]}.npz"


def _meaning_index(
    names: NameTable,
    labels: Labels,
    encoder: TermEncoder,
    cache: Path | None,
    tell: Callable[[str], None],
) -> MeaningIndex:
    kept = _kept(names.spelled, encoder, cache) if cache else None
    encoded = _read_names(kept, len(names)) if kept else None
    if encoded is None:
        encoded = _encode_names(names, encoder, tell)
        if kept is not None:
            _keep_names(kept, encoded, tell)
    return build_meaning(*encoded, names.spelled, labels)


def _read_names(kept: Path, count: int) -> EncodedNames | None:
    """Return encoded names that were kept, or None: a damaged file is made again."""
    try:
        with np.load(kept, allow_pickle=False) as stored:
            vectors = stored["vectors"].astype(np.float32)
            tokens, weights = stored["tokens"], stored["weights"].astype(np.float32)
    except (OSError, ValueError, KeyError, BadZipFile):
        return None
    return (vectors, tokens, weights) if len(vectors) == len(tokens) == count else None


def _keep_names(kept: Path, encoded: EncodedNames, tell: Callable[[str], None]) -> None:
    vectors, tokens, weights = encoded
    half = np.float16
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and moved: a second run at the same time does no harm.
        with TemporaryDirectory(dir=kept.parent) as scratch:
            unfinished = Path(scratch) / kept.name
            np.savez(
                unfinished,
                vectors=vectors.astype(half),
                tokens=tokens,
                weights=weights.astype(half),
            )
            unfinished.replace(kept)
    except OSError:
        tell(f"不能写入缓存文件夹 {kept.parent}，下次仍需重新编码；可用 ZHIBIAN_CACHE 另行指定")


def _encode_names(
    names: NameTable, encoder: TermEncoder, tell: Callable[[str], None]
) -> EncodedNames:
    order = sorted(range(len(names)), key=lambda i: len(names.spelled[i]))
    first = encoder.encode([names.spelled[order[0]]])
    vectors = np.zeros((len(names), first.vectors.shape[1]), np.float32)
    tokens = np.zeros((len(names), _NAME_TOKENS, first.tokens.shape[2]), np.int8)
    weights = np.zeros((len(names), _NAME_TOKENS), np.float32)
    if len(order) > _INDEX_CHUNK:
        tell(f"首次使用该编码表：编码 {len(order):,} 个名称，一两分钟，结果留在缓存中")
    for start in range(0, len(order), _INDEX_CHUNK):
        if start and start % (4 * _INDEX_CHUNK) == 0:
            tell(f"已编码 {start:,} 个名称")
        rows = order[start : start + _INDEX_CHUNK]
        encoded = encoder.encode([names.spelled[row] for row in rows])
        width = min(_NAME_TOKENS, encoded.tokens.shape[1])
        vectors[rows] = encoded.vectors
        tokens[rows, :width] = pack_tokens(encoded)[:, :width]
        weights[rows, :width] = encoded.weights[:, :width]
    return vectors, tokens, weights
