"""Says in English what was found: a `Finding` and its `Timeline` in, sentences out. Start with `voice.py`.

the door           voice.py: one function for each `select`, two questions, who is missing, what can't be answered, why
of whom it holds   answers.py: whether, who, how many; when, how long; who is first, and people held against each other
what is known      people.py: of one person, of the scene; what is heard: sounds.py
of many videos     archive.py
how it was read    explanation.py, for `--explain` and the app
parts              clauses.py (conditions, people, times; who is there, why not); the words: ../wording.json
"""
