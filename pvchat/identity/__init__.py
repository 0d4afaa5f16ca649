"""Who it is: enrolling a person, and her presence in other clips.

In: a `ClipAnalysis`. Out: a `Person`, or a `PersonPresence` each. Start with `enroll.py`, then `presence.py`:

    enrolling      enroll.py: who the clip is about; reasons.py: how good it is
    looking for    presence.py: measures.py (how near), same_place.py (where she was
                   enrolled), competition.py, recurring.py (in a film)
    deciding       calibration.py makes it a probability; reasons.py: why not
    together       evidence.py: who is there, how many strangers are, what was measured of all of them
    told           corrections.py: by users; voices.py
"""
