"""From a question to an answer.

In: a question, who is there (identity) and what was seen (perception). Out: text, checked sentence by sentence. The
way: `questions.py` (reading) → `evidence.py` (what is known) → `claims.py` (gaps filled by the trained model,
`describe.py`) → `answers.py` (plain sentences) → `guard.py` (checking). Start with `writer.py`, which walks it.
"""
