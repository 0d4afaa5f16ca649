"""Turns a question's text into a `Query`; the questions before it, and what was found for them, count too ("and Ben?").

Start with `read.py`, which goes through these steps:

    text       words.py: names masked, typing errors mended, other languages; timewords.py: times by the clock cut out
    words      network.py: a trained network says what is asked (heads) and what each word is (tags)
    labels     rules.py: what the network leaves out; sound_rules.py: of sound
    slots      slots.py: "the lady in specs" is a woman who wears glasses
    Query      decode.py: out of heads and slots; followups.py: by the turns before who "she" is, what "and Ben?" asks

A question about many videos is read by `archive.py`: `scopes.py` cuts out its places, `dates.py` its days;
`archive_query.py` reads what is left, `units.py` puts it into a library's terms, and `archive_followups.py` adds what
it takes from the question before. `statements.py` reads what a language model
says, to compare it with what was found.
"""
