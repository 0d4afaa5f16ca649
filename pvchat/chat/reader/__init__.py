"""A question's text in, a `Query` out; what the questions before it were, and what was found for them, counts too.

Start with `read.py`. It walks this way:

    text       words.py: names masked, slips mended, other languages; timewords.py: times by the clock taken out
    words      network.py: a trained network tells what is asked (heads) and what each word is (tags)
    labels     rules.py: what it leaves out; sound
    slots      slots.py: plain values, that stand for people and conditions
    Query      decode.py: heads, slots and the turns before, by which pronouns and "and Ben?" are resolved

A question about many videos is read, and joined to the question before, by `archive.py`: its places are cut out by
`scopes.py`, its days by `dates.py`, what it asks is put in a library's terms by `units.py`. What a language model says
is read here too: its words, and what it states of whom (`statements.py`).
"""
