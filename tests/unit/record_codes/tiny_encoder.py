"""A random two-layer encoder whose pieces are the characters of the invented admissions."""

from __future__ import annotations

import json
from pathlib import Path

import tokenizers
import torch
import transformers
from tests.unit.record_codes.invented import invented_cases


def write_tiny_encoder(folder: Path) -> Path:
    """Write it as a Hugging Face folder and return the folder."""
    text = json.dumps(invented_cases(), ensure_ascii=False)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(set(text))]
    numbers = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(numbers, "[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex("."), "isolated")
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.BertConfig(
        vocab_size=len(pieces), intermediate_size=64, max_position_embeddings=96, **shape
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder
