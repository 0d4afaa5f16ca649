"""From a question to an answer.

In: a question, who is there (identity) and what was seen (perception). Out: text, checked sentence by sentence.
Start with `questions.py` (reading), then `answers.py` (writing) and `guard.py` (checking).
"""
