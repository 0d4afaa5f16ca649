"""Training: recipes for the files we fit, losses, and the base model's training."""
