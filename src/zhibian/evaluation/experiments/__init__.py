"""Experiments (实验): several runs that answer one question, written down as one YAML."""
