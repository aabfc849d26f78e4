"""Linking single terms to codes (术语链接): candidates, features, re-ranking, choice."""
