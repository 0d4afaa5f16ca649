"""One-shot augmentation: one clip to a four-type question-answer data set (the paper's section 3.1)."""
