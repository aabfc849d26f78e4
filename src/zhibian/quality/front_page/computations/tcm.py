"""Diagnoses of Chinese medicine against each other and against fees (中医诊断与费用)."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters

# Of the dictionary diag_type: 中医主病诊断, 中医主证诊断.
_DISEASE, _SYNDROME = "3", "4"
_TREATMENT, _PATENT, _HERBS = "D22", "D24", "D25"


def tcm_agrees(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether diagnoses of Chinese medicine come in pairs and agree with fees (中医诊断, K49).

    Parameters
    ----------
    pages
        ``tcm_diag_type`` of the settlement list and the fees D22, D24, D25.
    parameters
        ``test``: ``pair``, disease (主病) and syndrome (主证) go together; ``diagnosis``, who is
        charged for treatment or herbs has a diagnosis; ``fee``, who has a diagnosis is charged.
        Each is unknown where its ground is missing: no diagnosis, or no fee.
    """
    kinds = pages.text("tcm_diag_type")
    frame = pl.DataFrame(
        {"kinds": kinds, **{f: pages.number(f) for f in (_TREATMENT, _PATENT, _HERBS)}}
    )
    disease = pl.col("kinds").list.contains(_DISEASE).fill_null(value=False)
    syndrome = pl.col("kinds").list.contains(_SYNDROME).fill_null(value=False)
    diagnosed = disease | syndrome
    charged = pl.sum_horizontal(_TREATMENT, _HERBS) > 0
    unpaid = pl.all_horizontal(pl.col(_TREATMENT, _PATENT, _HERBS) == 0)
    answers = {
        "pair": pl.when(diagnosed).then(disease == syndrome),
        "diagnosis": pl.when(charged).then(diagnosed),
        "fee": pl.when(diagnosed).then(~unpaid),
    }
    return frame.select(right=answers[str(parameters["test"])])["right"]


COMPUTATIONS = (
    Computation("tcm_agrees", Kind.CONDITION, tcm_agrees, ("tcm_diag_type",), frozenset({"test"})),
)
