"""What was found, in English: a `Finding` and the evidence in, sentences out. Start with `voice.py`.

the door             voice.py: one function for each `select`, two questions, who is missing
who and whether      presence.py (who is there), holders.py (of whom something holds), counts.py
of one person        attributes.py, facts.py (phrases.py), doubts.py (why somebody wasn't recognised)
times and order      times.py, ranks.py
the scene            scenes.py
what is heard        sounds.py
not answered         refusals.py; and why an answer is what it is
said back            clauses.py: conditions, sets of people, events
"""
