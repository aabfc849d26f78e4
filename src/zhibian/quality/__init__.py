"""Missed and unsupported codes, clinician queries (漏报、无依据编码、临床询问)."""
