"""Measures over predictions, each with its count and a bootstrap interval over clips:

    decisions.py    who is there, and when
    wording.py      texts beside reference texts; rubric.py: what texts say, and scores by stated rules
    bootstrap.py    the intervals

Open the last one first.
"""
