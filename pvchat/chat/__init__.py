"""From a question to an answer: text in, values in between, text out.

In: a question, who is there (identity) and what was seen (perception). Out: a sentence, and a `Finding` behind it.

    text + earlier turns --reader/--> Query --run.py over a Timeline--> Finding --say/--> text

Start with `query.py` (what is asked) and `timeline.py` (what is known, and what was found): two files of dataclasses,
in which no sentence is read or made. `question.py` has a question read and says what must be known of a clip for it;
`writer.py` goes the whole way for `ask`.

    a clip's table    clip_timeline.py (out of `identity/evidence.py`), sounds.py; speakers/claims.py adds
    run               run.py, over conditions.py and spans.py; window.py: which part
    many videos       archive.py, out of which comes an `ArchiveFinding`
    words of all      english.py (with wording.json)

What the trained model or a pretrained base says itself (`speakers/`) is held against the rows and the finding.
"""
