"""Tariffs out of the tables that regions publish (公布表): read, checked, rebuilt."""
