"""Questions and answers about the samples: four types, yes and no in balance.

In: samples with measured facts. Out: rows of question, answer and truth. Start with `rows.py`:

    together.py    before that: strangers get names and stand beside the subject
    cast.py        who is which track, and looks alike in all samples of her clip
    measured.py    what was measured, as phrases; teacher.py: whoever says more; captions.py: phrases out of a
                   model's sentences; sides.py: left and right
    templates.py   how it is asked and framed, and what an answer says of who is there
"""
