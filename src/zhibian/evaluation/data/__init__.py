"""Data sets (数据集): the registry with provenance and terms, and the readers of each layout."""
