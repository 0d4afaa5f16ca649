"""Questions and answers about the samples: four types, yes and no in balance.

Start with `rows.py`. `views.py` knows which track shows the subject, and her looks; `templates.py` how it is asked and
framed.
"""
