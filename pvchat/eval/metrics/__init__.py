"""Measures over predictions, each with its count and a bootstrap interval over clips.

In: rows with predictions and the truth. Out: numbers:

decisions.py    who is there; spans.py: and when
wording.py      texts beside reference texts; rubric.py: by stated rules
bootstrap.py    the intervals
"""
