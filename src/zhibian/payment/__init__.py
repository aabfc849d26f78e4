"""Tariffs and payment deviation (支付标准与支付偏差)."""
