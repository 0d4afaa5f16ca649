"""What was found, in English: a `Finding` and its `Timeline` in, sentences out. Start with `voice.py`.

the door           voice.py: one function for each `select`, two questions, who is missing, what can't be answered, why
of whom it holds   holders.py: whether, who, how many; presence.py: who is there, why not
when, how long     numbers.py; who is longest, first, leftmost, and people held against each other
of one person      people.py; of the scene: scenes.py
what is heard      sounds.py; of many videos: archive.py, archive_moments.py
parts              clauses.py (conditions, people, times); the words: ../wording.json
"""
