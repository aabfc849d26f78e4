"""The report of a run (评测报告): one HTML file in Chinese and English, and plots for notebooks."""
