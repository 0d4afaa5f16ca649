"""Questions and answers about the samples: four types, yes and no in balance.

Start with `rows.py`:

    together.py    step filter: strangers get names and stand beside the subject
    cast.py        who is which track; her looks told alike in all her samples
    measured.py    what was measured, as phrases
    templates.py   how it is asked and framed
"""
