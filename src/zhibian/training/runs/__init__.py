"""Training runs (训练运行): one configuration, searched, repeated over seeds, resumable."""
