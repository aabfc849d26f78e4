"""Coding errors put into right pages at known rates (差错注入), and what they do to payment."""
