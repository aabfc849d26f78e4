"""The network of the term encoder (术语编码网络): one pass, one vector and many token vectors.

The pooled vector finds candidates among all names. The token vectors compare a term
with one name token by token (late interaction, Khattab and Zaharia 2020, ColBERT): the
worth of a second network that reads both together, at the price of a matrix product.
A learned weight a token lets words such as 未特指的 count for little.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import BertModel

TOKEN_WIDTH = 64


class TermNetwork(nn.Module):
    """A BERT encoder with a head for token vectors and one for token weights.

    Parameters
    ----------
    bert
        Any Hugging Face ``BertModel``.
    width
        Length of a token vector.
    """

    def __init__(self, bert: BertModel, width: int = TOKEN_WIDTH) -> None:
        super().__init__()
        self.bert = bert
        self.token_head = nn.Linear(bert.config.hidden_size, width, bias=False)
        self.weight_head = nn.Linear(bert.config.hidden_size, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode terms.

        Parameters
        ----------
        input_ids, attention_mask
            Integers of shape (terms, positions).

        Returns
        -------
        tuple of Tensor
            Unit vectors (terms, hidden); unit token vectors (terms, positions, width),
            zero at padding; token weights (terms, positions) that add to one a term.
        """
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.read(hidden, attention_mask)

    def read(self, hidden: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what `forward` does, from the states of the last layer.

        Parameters
        ----------
        hidden
            States (terms, positions, hidden).
        attention_mask
            Which of them are tokens (terms, positions).
        """
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        tokens = nn.functional.normalize(self.token_head(hidden), dim=-1) * mask
        raised = self.weight_head(hidden).squeeze(-1).float()
        weights = torch.softmax(raised.masked_fill(attention_mask == 0, -1e4), dim=-1)
        return nn.functional.normalize(pooled, dim=-1), tokens, weights


def coverage(name_tokens: Tensor, name_weights: Tensor, term_tokens: Tensor) -> Tensor:
    """Tell how well each term says each name: weighted mean of best token matches.

    Parameters
    ----------
    name_tokens, name_weights
        Token vectors (names, n, width) and weights (names, n).
    term_tokens
        Token vectors (terms, t, width).

    Returns
    -------
    Tensor
        Shape (terms, names).
    """
    near = torch.einsum("mnd,btd->bmnt", name_tokens, term_tokens)
    return (near.amax(-1) * name_weights).sum(-1)
