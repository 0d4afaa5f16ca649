"""Who it is: enrolling a person, and her presence in other clips.

In: a `ClipAnalysis`. Out: a `Person`, or a `PersonPresence` each. Start with `enroll.py`, then `presence.py`.
"""
