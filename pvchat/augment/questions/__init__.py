"""Questions and answers about the samples: four types, yes and no in balance.

Start with `rows.py`. `companions.py` (step filter) gives strangers names and puts them beside the subject; `views.py`
knows which track shows whom, and the subject's looks; `templates.py` how it is asked and framed.
"""
