"""Codes with their names as a source of plausible choices (编码的常用程度、适用性别与年龄)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import log
from typing import NamedTuple

from zhibian.synthesis.profile import Mix, SexPrefixes
from zhibian.terminology.code_set import CodeEntry

MALE, FEMALE = 1, 2


class Fit(NamedTuple):
    """Whom a code fits: sex (0 any, 1 male, 2 female, -1 none) and ages in years, both included."""

    sex: int
    youngest: int
    oldest: int

    def __and__(self, other: Fit) -> Fit:
        """Return whom both fit."""
        sex = self.sex | other.sex if 0 in (self.sex, other.sex) or self.sex == other.sex else -1
        return Fit(sex, max(self.youngest, other.youngest), min(self.oldest, other.oldest))

    @property
    def empty(self) -> bool:
        """Whether the code fits nobody."""
        return self.sex < 0 or self.youngest > self.oldest


class Vocabulary:
    """The codes that may be filed, ranked by how common they are taken to be.

    Parameters
    ----------
    diagnoses, procedures
        Code sets; grey codes are left out.
    mix
        How codes are ranked and whom they fit.
    """

    def __init__(
        self, diagnoses: Mapping[str, CodeEntry], procedures: Mapping[str, CodeEntry], mix: Mix
    ) -> None:
        self._mix = mix
        self.diagnoses = {c: e.name for c, e in diagnoses.items() if not e.grey}
        self.procedures = {c: e.name for c, e in procedures.items() if not e.grey}
        # Whether a name is short says how common its disease is taken to be.
        self._order = {
            code: place
            for names in (self.diagnoses, self.procedures)
            for place, code in enumerate(sorted(names, key=lambda c: (len(names[c]), c)))
        }
        self._oldest = mix.age_bands[-1] - 1
        self._index = _Affinity(self.diagnoses)
        self._fits: dict[str, Fit] = {}

    def ranked(
        self, codes: Iterable[str], names: Mapping[str, str], prefixes: tuple[str, ...]
    ) -> list[str]:
        """Return codes, the commonest first.

        Parameters
        ----------
        codes
            Codes to rank; unknown and grey ones are left out.
        names
            ``diagnoses`` or ``procedures`` of this vocabulary.
        prefixes
            Prefixes of the commonest codes, the commonest first.
        """
        by_name = sorted((c for c in codes if c in names), key=self._order.__getitem__)
        head: dict[str, None] = {}
        for prefix in prefixes:
            # The national code of a subcategory (K81.000) stands before its extensions.
            under = sorted((c for c in by_name if c.startswith(prefix)), key=_is_extension)
            head.update(dict.fromkeys(under[: self._mix.codes.per_prefix]))
        return [*head, *(c for c in by_name if c not in head)]

    def first(self, codes: Iterable[str], names: Mapping[str, str]) -> str:
        """Return the commonest of some codes; empty when none may be filed."""
        return next(iter(self.ranked(codes, names, ())), "")

    def akin(self, procedure: str, diagnoses: Iterable[str]) -> list[str]:
        """Return diagnoses, those whose names share the rarest words with a procedure's first."""
        scores = self._index.scores(self.procedures[procedure])
        near: list[str] = []
        far: list[str] = []
        for code in diagnoses:
            (near if code in scores else far).append(code)
        return sorted(near, key=lambda c: -scores[c]) + far

    def fit(self, code: str, names: Mapping[str, str]) -> Fit:
        """Return whom a code fits, by its chapter and the words of its name."""
        found = self._fits.get(code)
        if found is None:
            found = self._fits[code] = self._fit(code, names[code], names is self.diagnoses)
        return found

    def _fit(self, code: str, name: str, diagnosis: bool) -> Fit:
        mix = self._mix
        of_kind = mix.sexes.diagnoses if diagnosis else mix.sexes.procedures
        fit = Fit(_sex(code, name, of_kind, mix.sexes.words), 0, self._oldest)
        ranges = [r for word, r in mix.age_words.items() if word in name]
        if diagnosis:
            ranges += [r for prefix, r in mix.age_codes.items() if code.startswith(prefix)]
        for low, high in ranges:
            fit &= Fit(0, low, min(high, self._oldest))
        return fit


def _is_extension(code: str) -> bool:
    return not code.split("+", maxsplit=1)[0].endswith("00")


def _sex(code: str, name: str, prefixes: SexPrefixes, words: SexPrefixes) -> int:
    parts = tuple(code.split("+"))
    male = any(p.startswith(prefixes.male) for p in parts) or any(w in name for w in words.male)
    female = any(p.startswith(prefixes.female) for p in parts) or any(
        w in name for w in words.female
    )
    if male and female:
        return -1
    return MALE if male else FEMALE if female else 0


class _Affinity:
    """Which names share rare pairs of characters."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._codes: dict[str, list[str]] = defaultdict(list)
        counts: Counter[str] = Counter()
        for code, name in names.items():
            pairs = _pairs(name)
            counts.update(pairs)
            for pair in pairs:
                self._codes[pair].append(code)
        self._rarity = {pair: log(len(names) / n) for pair, n in counts.items()}

    def scores(self, name: str) -> Mapping[str, float]:
        found: dict[str, float] = defaultdict(float)
        for pair in sorted(_pairs(name)):
            for code in self._codes.get(pair, ()):
                found[code] += self._rarity[pair]
        return found


def _pairs(name: str) -> set[str]:
    return {name[i : i + 2] for i in range(len(name) - 1)}
