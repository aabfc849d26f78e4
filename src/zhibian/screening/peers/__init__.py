"""Departments and physicians against their peers (同行比较)."""
