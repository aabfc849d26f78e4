"""Filed and proposed pages of reviewed cases (已审核病例的两份首页), for a waterfall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zhibian.evaluation.kinds.page_groups import NHSA, page_groups
from zhibian.evaluation.waterfall import PagePair
from zhibian.records.types import Case
from zhibian.review.pipeline import in_nhsa_codes
from zhibian.review.report import CaseReport
from zhibian.review.reviewer import Reviewer


def page_pairs(
    reviewed: Iterable[tuple[Case, CaseReport]], reviewer: Reviewer
) -> Iterator[PagePair]:
    """Yield the filed and the proposed page of each case that has both.

    Parameters
    ----------
    reviewed
        Cases and their reviews.
    reviewer
        What they were reviewed with: scheme and tariff.
    """
    groups = page_groups(reviewer, NHSA)
    for case, report in reviewed:
        filed = in_nhsa_codes(case.coded_front_page, reviewer)
        if filed is None or report.principal is None:
            continue
        before = groups.page(
            filed.principal.code,
            [entry.code for entry in filed.others],
            [entry.code for entry in filed.procedures],
            case.admission,
        )
        after = groups.page(
            report.principal.code,
            [entry.code for entry in report.others],
            [entry.code for entry in report.procedures],
            case.admission,
        )
        if before is not None and after is not None:
            yield PagePair(before, after, groups.priced)
