"""The command line: one module a command, which registers itself with the parser.

In: words. Out: answers on stdout, everything else on stderr, an exit code. Start with `main.py`:

    shared          options.py (words that several commands know), console.py (what is written where)
    at first        demo.py (showcase.py is what it shows), doctor.py (examination.py is what it finds), models.py
    every day       enroll.py, ask.py, transcribe.py, library.py, people.py, index.py, serve.py, encryption.py
    in the study    augment.py, train.py, eval.py
"""
