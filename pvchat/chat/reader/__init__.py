"""A question's text in, a `Query` out; what the questions before it were, and what was found for them, counts too.

Start with `read.py`: names (`names.py`) are masked and times by the clock (`timewords.py`) taken out, a trained network
(`network.py`) tells what is asked and what each word is, words get their plain values and stand for people and
conditions (`slots.py`), pronouns and "and Ben?" are resolved by the turns before (`history.py`), and `decode.py` puts
the query together. Sound is read by `sound.py`, other languages by `foreign.py`; a question about many videos by
`archive.py`, its days by `dates.py`.

What a language model says is read here too: its words (`tokens.py`), and what it states of whom (`statements.py`).
"""
