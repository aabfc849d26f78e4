"""Procedures (手术操作): from what the record says was done to ordered ICD-9-CM-3 codes."""
