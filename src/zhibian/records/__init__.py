"""The inpatient record and its front page (病历与病案首页): types, readers, writers."""

from zhibian.records.types import (
    Admission,
    Case,
    CodedDiagnosis,
    CodedProcedure,
    Document,
    EntryCondition,
    FrontPage,
    Sex,
)

__all__ = [
    "Admission",
    "Case",
    "CodedDiagnosis",
    "CodedProcedure",
    "Document",
    "EntryCondition",
    "FrontPage",
    "Sex",
]
