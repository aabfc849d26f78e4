"""Write a trained encoder for serving (导出 ONNX): one int8 file and its tokenizer.

Inputs of a layer are quantised as a whole, and a few of their columns are ten times larger
than the rest, which would leave these a handful of steps. Columns are therefore evened out
against the weights first (SmoothQuant, Xiao and others 2023): errors of cosines shrink to
less than half.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn

from zhibian.training.network import TermNetwork
from zhibian.training.packed import padded

WEIGHTS = "encoder.onnx"
TOKENIZER = "tokenizer.json"

# Share of the unevenness that goes to the weights; they are quantised a channel.
_TO_WEIGHTS = 0.65
_LEAST = 1e-3
_CHUNK = 32


class EvenedLinear(nn.Module):
    """A linear layer whose input columns are divided, and its weights multiplied, by a scale.

    Parameters
    ----------
    linear
        The layer.
    greatest
        Greatest absolute value of each input column.
    """

    def __init__(self, linear: nn.Linear, greatest: Tensor) -> None:
        super().__init__()
        weight = linear.weight.detach()
        own = weight.abs().amax(0).clamp(min=_LEAST)
        scale = greatest.clamp(min=_LEAST) ** _TO_WEIGHTS / own ** (1 - _TO_WEIGHTS)
        self.inverse = nn.Parameter(1 / scale)
        self.linear = copy.deepcopy(linear)
        self.linear.weight = nn.Parameter(weight * scale)

    def forward(self, values: Tensor) -> Tensor:
        """Return what the layer returns."""
        result: Tensor = self.linear(values * self.inverse)
        return result


def evened(network: TermNetwork, tokenizer: Tokenizer, texts: Sequence[str]) -> TermNetwork:
    """Return a copy whose layers are evened out, as measured on some texts."""
    found = copy.deepcopy(network)
    greatest: dict[str, Tensor] = {}
    layers = {
        name: layer
        for name, layer in found.bert.encoder.named_modules()
        if isinstance(layer, nn.Linear)
    }

    def watch(name: str) -> None:
        def seen(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            most = given[0].flatten(0, -2).abs().amax(0)
            greatest[name] = torch.maximum(greatest.get(name, most), most)

        layers[name].register_forward_pre_hook(seen)

    for name in layers:
        watch(name)
    with torch.no_grad():
        for start in range(0, len(texts), _CHUNK):
            found(*padded(tokenizer, texts[start : start + _CHUNK]))
    for name, layer in layers.items():
        layer._forward_pre_hooks.clear()
        above, _, last = name.rpartition(".")
        setattr(found.bert.encoder.get_submodule(above), last, EvenedLinear(layer, greatest[name]))
    return found


def export_onnx(network: TermNetwork, tokenizer: Path, texts: Sequence[str], folder: Path) -> Path:
    """Write ``encoder.onnx`` (int8) and ``tokenizer.json`` into a folder.

    Parameters
    ----------
    network
        The trained network.
    tokenizer
        ``tokenizer.json`` of its base model.
    texts
        A few hundred texts such as it will read, to measure its layers on.
    folder
        Where to write.

    Returns
    -------
    Path
        The ONNX file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().to("cpu").float()
    served = evened(network, Tokenizer.from_file(str(tokenizer)), texts)
    example = torch.ones(2, 5, dtype=torch.long)
    with TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        with torch.no_grad():
            torch.onnx.export(
                served,
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
