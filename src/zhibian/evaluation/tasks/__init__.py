"""Evaluation tasks (评测任务): one versioned YAML a task, and how each kind is read and scored."""
