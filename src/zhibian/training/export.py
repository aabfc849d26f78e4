"""Write a trained encoder for serving (导出 ONNX): one int8 file and its tokenizer."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from zhibian.training.network import TermNetwork

WEIGHTS = "encoder.onnx"
TOKENIZER = "tokenizer.json"


def export_onnx(network: TermNetwork, tokenizer: Path, folder: Path) -> Path:
    """Write ``encoder.onnx`` (int8) and ``tokenizer.json`` into a folder.

    Weights are quantised a channel; the network keeps its rank order (MODELS.md: cosine
    0.998 to full precision), the file a quarter of its size.

    Parameters
    ----------
    network
        The trained network.
    tokenizer
        ``tokenizer.json`` of its base model.
    folder
        Where to write.

    Returns
    -------
    Path
        The ONNX file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().to("cpu").float()
    example = torch.ones(2, 5, dtype=torch.long)
    with TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        with torch.no_grad():
            torch.onnx.export(
                network,
                (example, example),
                str(full),
                input_names=["input_ids", "attention_mask"],
                output_names=["vectors", "tokens", "weights"],
                dynamic_axes={
                    "input_ids": {0: "terms", 1: "positions"},
                    "attention_mask": {0: "terms", 1: "positions"},
                    "vectors": {0: "terms"},
                    "tokens": {0: "terms", 1: "positions"},
                    "weights": {0: "terms", 1: "positions"},
                },
                opset_version=17,
                dynamo=False,
            )
        target = folder / WEIGHTS
        quantize_dynamic(full, target, weight_type=QuantType.QInt8, per_channel=True)
    shutil.copyfile(tokenizer, folder / TOKENIZER)
    return target
