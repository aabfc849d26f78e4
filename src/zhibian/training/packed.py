"""Run an encoder over texts without padding (无填充编码): what makes training on a CPU short.

Clinical terms have four to forty tokens. Padded to the longest of a batch most of the
work is spent on nothing, so everything but attention runs over the tokens that exist.
The lowest layers stay as they are while the others learn; what they make of a text is
computed once and kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Packing:
    """Where the tokens of several texts lie (排列).

    Attributes
    ----------
    lengths
        Tokens a text.
    places
        Cell of every token in the padded grid, row by row (tokens,).
    mask
        Which cells hold a token (texts, positions).
    """

    lengths: tuple[int, ...]
    places: Tensor
    mask: Tensor

    def spread(self, packed: Tensor) -> Tensor:
        """Return rows of tokens as a padded grid (texts, positions, width)."""
        texts, positions = self.mask.shape
        grid = packed.new_zeros(texts * positions, packed.shape[-1])
        return grid.index_copy(0, self.places, packed).view(texts, positions, -1)

    def gather(self, grid: Tensor) -> Tensor:
        """Return a padded grid as rows of tokens (tokens, width)."""
        return grid.reshape(-1, grid.shape[-1])[self.places]


def packing(lengths: Sequence[int], device: str) -> Packing:
    """Lay out texts of some lengths."""
    positions = torch.arange(max(lengths), device=device)
    mask = positions[None, :] < torch.tensor(lengths, device=device)[:, None]
    return Packing(tuple(lengths), mask.flatten().nonzero().squeeze(1), mask)


def run_layer(layer: nn.Module, hidden: Tensor, packed: Packing) -> Tensor:
    """Run one layer of a ``BertModel`` over packed tokens; dropout is taken as zero."""
    own = layer.attention.self
    texts, positions = packed.mask.shape
    heads, width = own.num_attention_heads, own.attention_head_size

    def split(values: Tensor) -> Tensor:
        return packed.spread(values).view(texts, positions, heads, width).transpose(1, 2)

    query, key, value = split(own.query(hidden)), split(own.key(hidden)), split(own.value(hidden))
    near = query @ key.transpose(2, 3) / math.sqrt(width)
    near = near.masked_fill(~packed.mask[:, None, None, :], -1e4)
    mixed = near.softmax(-1).to(value.dtype) @ value
    context = packed.gather(mixed.transpose(1, 2).reshape(texts, positions, heads * width))
    out = layer.attention.output
    attended = out.LayerNorm(out.dense(context) + hidden)
    raised = layer.intermediate.intermediate_act_fn(layer.intermediate.dense(attended))
    return layer.output.LayerNorm(layer.output.dense(raised) + attended)


def padded(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return token numbers and mask of texts (texts, positions), as a served model reads them."""
    rows = [e.ids for e in tokenizer.encode_batch(list(texts))]
    width, pad = max(map(len, rows)), int(tokenizer.token_to_id("<pad>") or 0)
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask


class LowerLayers:
    """What the frozen layers make of texts, computed once (冻结层的输出缓存).

    Parameters
    ----------
    bert
        The encoder before training.
    tokenizer
        Its tokenizer.
    frozen
        How many of its lowest layers stay as they are.
    longest
        Tokens a text is cut to.
    device
        ``cpu`` or ``cuda``.
    """

    def __init__(
        self, bert: BertModel, tokenizer: Tokenizer, *, frozen: int, longest: int, device: str
    ) -> None:
        self._bert, self._tokenizer = bert, tokenizer
        self._frozen, self._longest, self._device = frozen, longest, device
        self._kept: dict[str, Tensor] = {}

    def states(self, texts: Sequence[str]) -> tuple[Tensor, Packing]:
        """Return the packed states of texts, and where they lie."""
        new = sorted({t for t in texts if t not in self._kept}, key=len)
        for start in range(0, len(new), _CHUNK):
            self._add(new[start : start + _CHUNK])
        found = [self._kept[text] for text in texts]
        return torch.cat(found), packing([len(one) for one in found], self._device)

    def finish(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return padded states of the last layer and their mask: (texts, positions, hidden)."""
        hidden, packed = self.states(texts)
        for layer in self._bert.encoder.layer[self._frozen :]:
            hidden = run_layer(layer, hidden, packed)
        return packed.spread(hidden.float()), packed.mask

    def _add(self, texts: Sequence[str]) -> None:
        encoded = [e.ids for e in self._tokenizer.encode_batch(list(texts))]
        cut = [i if len(i) <= self._longest else [*i[: self._longest - 1], i[-1]] for i in encoded]
        packed = packing([len(ids) for ids in cut], self._device)
        flat = torch.tensor([i for ids in cut for i in ids], device=self._device)
        where = torch.tensor([p for ids in cut for p in range(len(ids))], device=self._device)
        own = self._bert.embeddings
        with torch.no_grad(), torch.autocast(self._device, dtype=torch.bfloat16):
            kinds = own.token_type_embeddings.weight[0]
            hidden = own.LayerNorm(
                own.word_embeddings(flat) + own.position_embeddings(where) + kinds
            )
            for layer in self._bert.encoder.layer[: self._frozen]:
                hidden = run_layer(layer, hidden, packed)
        for text, one in zip(texts, hidden.bfloat16().split(packed.lengths), strict=True):
            self._kept[text] = one.clone()
