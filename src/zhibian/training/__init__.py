"""Training of the shipped weights (模型训练): data sets, splits, encoder, re-ranker."""
