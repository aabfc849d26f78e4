"""Codes that a whole record speaks for (全文分类): features, parts, blending, the model folder."""
