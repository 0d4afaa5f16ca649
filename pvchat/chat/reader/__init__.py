"""A question's text in, a `Query` out; what the questions before it were, and what was found for them, counts too.

Start with `read.py`: names (`names.py`) are masked and times by the clock (`timewords.py`) taken out (`words.py`), a
trained network tells what is asked and what each word is (`network.py`, `encoder.py`, `labels.py`), words get their
plain values (`slots.py`) and stand for people and conditions (`parts.py`), pronouns and "and Ben?" are resolved by the
turns before (`history.py`), and `decode.py` puts the query together. Sound is read by `sound.py`, small talk by
`talk.py`, other languages by `foreign.py`; a question about many videos by `archive.py`, its days by `dates.py`.

What a language model says is read here too: its words (`tokens.py`), what it states of whom (`statements.py`), a phrase
of a caption (`captions.py`), whom an outline points at (`pointing.py`).
"""
