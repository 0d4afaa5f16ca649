"""Questions and answers about the samples: four types, yes and no in balance.

Start with `rows.py`:

    companions.py     step filter: strangers get names and are put beside the subject
    views.py          which track shows whom; the subject's looks, the same in all samples
    templates.py      how it is asked and framed
"""
