"""Kinds of tasks (任务类别): scoring, and the systems that answer; `registry` lists them."""
