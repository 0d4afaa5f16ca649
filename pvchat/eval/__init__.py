"""Batch evaluation: a manifest of people, clips and questions in; predictions, metrics and a report out."""
