"""The command line.

In: the words of a terminal. Out: answers on stdout, everything else on stderr, and an exit code.
Open `main.py` first: it reads the words and runs one command. A command is the module of its name (`ask.py`,
`people.py` …): `register` adds its options, `run` does it. `options.py` has the options that several commands share,
`console.py` writes text, tables, JSON and errors; `showcase.py` is what `demo` shows, `examination.py` what `doctor`
finds, `inbox.py` what `library inbox` does.
"""
