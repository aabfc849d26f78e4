"""Many threads on one pack: no result and no trace takes anything from another case."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from zhibian.grouping import Grouping, group, load_codebook, load_scheme
from zhibian.grouping.witness import witnesses

THREADS = 16


def test_traces_of_sixteen_threads_never_mix(rules: Path) -> None:
    pack, codebook = load_scheme(rules, "chs-drg-2.0"), load_codebook(rules)
    # A case for every fourth group of the edition, so that rules of every category are asked.
    cases = [r.case for r in witnesses(pack, codebook) if r.case is not None][::4]
    alone = [group(case, pack, codebook) for case in cases]
    start = Barrier(THREADS)

    def work(number: int) -> list[tuple[int, Grouping]]:
        start.wait()
        # Each thread goes through the cases in an order of its own.
        order = [(number * 41 + i) % len(cases) for i in range(len(cases))]
        return [(i, group(cases[i], pack, codebook)) for i in order]

    with ThreadPoolExecutor(THREADS) as threads:
        results = [pair for done in threads.map(work, range(THREADS)) for pair in done]

    assert len(results) == THREADS * len(cases)
    assert all(alone[i] == result for i, result in results)
    assert len({result.trace for _, result in results}) > len(cases) // 2
