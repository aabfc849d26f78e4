"""Metrics (评测指标): functions of sums over records, so that resampling is one matrix product."""
