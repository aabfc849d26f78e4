"""Neutral questions to the clinician (临床询问单), to print or to fill in."""
