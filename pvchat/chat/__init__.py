"""From a question to an answer: text is read once, becomes values, and is said once.

In: a question, who is there (identity) and what was seen (perception). Out: a sentence, and a `Finding` behind it.

    text + earlier turns --reader/--> Query --run.py over a Timeline--> Finding --say/--> text

Start with `query.py` (what is asked), `timeline.py` (what is known) and `finding.py` (what was found): three files of
values, without a word of a question or an answer. `writer.py` walks the way for `ask`; `answers.py` for training and
evaluation. `clip_timeline.py` makes the table of a clip, its gaps filled by the trained model (`speakers/claims.py`).
What the trained model or a pretrained base says itself (`speakers/`) is held against the rows and the finding.
"""
