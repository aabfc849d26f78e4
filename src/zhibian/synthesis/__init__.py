"""Synthetic front pages (合成病案首页): plausible tables for load tests and demonstrations."""
