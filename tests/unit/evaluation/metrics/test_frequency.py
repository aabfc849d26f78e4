"""How often the fit part has a code, and the bands."""

from __future__ import annotations

from tests.unit.evaluation.metrics.outcomes import coded

from zhibian.evaluation.metrics.frequency import count_codes, load_bands, with_seen


def block(principal: str, others: list[str], procedures: list[str]) -> dict[str, object]:
    return {
        "principal": {"code": principal},
        "others": [{"code": code} for code in others],
        "procedures": [{"code": code} for code in procedures],
    }


def test_a_record_counts_once_for_a_code_however_often_it_stands_there() -> None:
    counts = count_codes(
        [
            block("J15.900", ["I10.x00", "I10.x00"], ["36.0601", "36.0601"]),
            block("I10.x00", [], []),
        ]
    )
    assert counts == {"J15.900": 1, "I10.x00": 2, "36.0601": 1}


def test_codes_that_the_fit_part_lacks_were_seen_never() -> None:
    outcome = coded(gold="J15.900", others=(["I10.x00"], []), procedures=(["36.0601"], []))
    found = with_seen(outcome, {"J15.900": 3, "36.0601": 25})
    assert found.principal.seen == 3
    assert [code.seen for code in found.others_gold] == [0]
    assert [code.seen for code in found.procedures_gold] == [25]


def test_every_count_is_of_one_band() -> None:
    bands = load_bands()
    for seen in range(200):
        assert sum(band.holds(seen) for band in bands) == 1
