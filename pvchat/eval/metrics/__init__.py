"""Measures over predictions, each with its count and a bootstrap interval over clips."""
