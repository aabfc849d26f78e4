"""Write encoder and heads of a record classifier for serving (导出 ONNX)."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from zhibian.training.attention import LabelAttention

_OPSET = 17


class _Hidden(nn.Module):
    """An encoder that returns its last hidden state alone."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        found: Tensor = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state
        return found


def export_encoder(encoder: nn.Module, target: Path) -> None:
    """Write an encoder at 8 bits, quantised a channel.

    Parameters
    ----------
    encoder
        A Hugging Face encoder.
    target
        The ONNX file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    example = torch.ones(2, 5, dtype=torch.long)
    axes = {0: "segments", 1: "positions"}
    with TemporaryDirectory() as scratch, torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        full = Path(scratch) / "full.onnx"
        torch.onnx.export(
            _Hidden(encoder.eval().to("cpu")),
            (example, example),
            str(full),
            input_names=["input_ids", "attention_mask"],
            output_names=["hidden"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "hidden": axes},
            opset_version=_OPSET,
            dynamo=False,
        )
        quantize_dynamic(full, target, weight_type=QuantType.QInt8, per_channel=True)


def export_heads(network: LabelAttention, target: Path) -> None:
    """Write the heads; they are small and stay at 32 bits.

    Parameters
    ----------
    network
        The trained heads.
    target
        The ONNX file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    network.eval().to("cpu")
    hidden = torch.zeros(7, network.names.shape[1])
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (hidden, torch.zeros(7, dtype=torch.long)),
            str(target),
            input_names=["hidden", "sections"],
            output_names=["principal", "others", "attention"],
            dynamic_axes={
                "hidden": {0: "pieces"},
                "sections": {0: "pieces"},
                "attention": {1: "pieces"},
            },
            opset_version=_OPSET,
            dynamo=False,
        )
