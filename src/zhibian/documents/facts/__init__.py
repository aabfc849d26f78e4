"""Clinical facts in the text of a record (病历中的客观事实).

Laboratory values, vital signs, scores, urine output, drugs, treatments and
findings are read with their position, so that a later rule can show the words
it rests on. What counts as a fact is data (``lexicons/facts.yaml``): spellings,
units, conversions, plausible ranges and the words that say a treatment was not
given. Nothing here decides on a diagnosis.

The text must be normalised: half-width characters, ASCII letters in upper case,
every character still at its place. Each pattern is bounded, so the time grows
linearly with the text.
"""

from zhibian.documents.facts.lexicon import FactKind, FactLexicon
from zhibian.documents.facts.lexicon_file import load_lexicon
from zhibian.documents.facts.reader import extract_facts, read_facts
from zhibian.documents.facts.types import Fact, FactReading, RejectedValue

__all__ = [
    "Fact",
    "FactKind",
    "FactLexicon",
    "FactReading",
    "RejectedValue",
    "extract_facts",
    "load_lexicon",
    "read_facts",
]
