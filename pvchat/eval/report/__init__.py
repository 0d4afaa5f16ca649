"""report.html: one self-contained page about a run, for people.

In: a finished run's folder. Out: the page beside its numbers. Start with `page.py`, which arranges it; `gallery.py`
shows the worst failures.
"""
