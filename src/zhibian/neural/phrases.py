"""Put the phrase linker together (组装短语链接器), with the encoder where it can be used."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from zhibian.coding.terms.linker import TermLinker
from zhibian.coding.terms.load import is_encoded, load_linker, target_codes
from zhibian.coding.terms.model import load_link_model
from zhibian.coding.terms.phrases import FILE, CalibratedLinker, load_curves
from zhibian.coding.terms.types import Kind
from zhibian.neural.onnx_encoder import OnnxTermEncoder, load_encoder
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA

CODE_SET: dict[Kind, str] = {"diagnosis": ICD10_NHSA, "procedure": ICD9CM3_NHSA}


def load_phrase_linker(
    rules: Path,
    models: Path,
    kept: Path,
    *,
    encode: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> CalibratedLinker:
    """Return the linker of phrases; code sets and weights are loaded when first asked for.

    Encoding the names of a code set takes a minute or two, once a machine and model. Where
    that has not been done yet, phrases are linked by spelling, with scores of their own,
    unless `encode` is set.

    Parameters
    ----------
    rules
        Folder of the rule data.
    models
        Folder of all models.
    kept
        Folder that keeps encoded code sets.
    encode
        Encode a code set that has not been encoded.
    tell
        Told when a long step begins.

    Raises
    ------
    InputError
        The model is absent or damaged; here, or when it is first asked.
    """
    model = load_link_model(models)

    @cache
    def shared_encoder() -> OnnxTermEncoder:
        return load_encoder(model)

    def make(kind: Kind) -> TermLinker:
        codes = target_codes(rules, CODE_SET[kind])
        encoder = shared_encoder()
        if encode or is_encoded(codes, encoder, kept):
            return load_linker(rules, codes, model, encoder, kept, tell)
        once = "zhibian models prepare"
        tell(f"编码表 {CODE_SET[kind]} 尚未编码，短语按字面链接；运行一次 {once} 即可")
        return load_linker(rules, codes, model, None, kept, tell)

    return CalibratedLinker(model.version, make, load_curves(model.verify(FILE)))
