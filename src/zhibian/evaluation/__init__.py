"""Measured agreement with gold codes (编码评测)."""
