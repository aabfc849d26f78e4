"""Split composite terms into parts (复合术语切分).

One line of a record often holds several diagnoses. The parts serve as further queries
for candidates; which codes are kept is decided later, over the whole term.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from zhibian.coding.terms.types import Kind
from zhibian.documents.normalise import normalise
from zhibian.terminology.tables import read_yaml

FILE = Path("linking") / "parts.yaml"
_REMEDY = "恢复随程序发布的 rules 文件夹，或用 ZHIBIAN_RULES 指定"


@dataclass(frozen=True, slots=True)
class Splitter:
    """Where terms are split (切分规则).

    Attributes
    ----------
    cut
        Marks and joints at which a term is cut.
    leading, trailing
        What is taken off both ends of a part: numbers, sides, doubt.
    rewritten, rewrites
        Words of the wards and the words of the code sets for them.
    shortest, most
        Characters a part has at least; parts a term has at most.
    """

    cut: re.Pattern[str]
    leading: re.Pattern[str]
    trailing: re.Pattern[str]
    rewritten: re.Pattern[str]
    rewrites: Mapping[str, str]
    shortest: int
    most: int

    def core(self, text: str) -> str:
        """Return a normalised text without what does not bear on the code, in its words."""
        bare = self.trailing.sub("", self.leading.sub("", text, count=1), count=1)
        official = self.rewritten.sub(lambda match: self.rewrites[match.group()], bare)
        return official if len(official) >= self.shortest else text

    def parts(self, text: str) -> tuple[str, ...]:
        """Return the parts of a normalised text, or nothing when it is not composite."""
        pieces = [self.core(p.strip()) for p in self.cut.split(text)]
        kept = tuple(dict.fromkeys(p for p in pieces if len(p) >= self.shortest and p != text))
        return kept[: self.most]


def clean(term: str) -> str:
    """Return a term as it is compared: normalised, without quotes and needless spaces."""
    return " ".join(normalise(term).replace('"', " ").split())


def load_splitter(rules: Path, kind: Kind) -> Splitter:
    """Read the rules of splitting for diagnoses or procedures.

    Raises
    ------
    InputError
        The file is absent or no mapping.
    """
    content = read_yaml(rules / FILE, _REMEDY)
    marks = f"[{re.escape(content['marks'])}]+"
    joints = []
    for joint in content["joints"]:
        unless = "".join(map(re.escape, joint["unless"]))
        joints.append(re.escape(joint["word"]) + (f"(?![{unless}])" if unless else ""))
    rewrites: dict[str, str] = content["rewrites"][kind]
    longest_first = sorted(rewrites, key=len, reverse=True)
    return Splitter(
        cut=re.compile("|".join([marks, *joints])),
        leading=re.compile(content["leading"]),
        trailing=re.compile(content["trailing"]),
        rewritten=re.compile("|".join(map(re.escape, longest_first))),
        rewrites=MappingProxyType(rewrites),
        shortest=int(content["shortest"]),
        most=int(content["most"]),
    )
