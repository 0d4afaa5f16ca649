"""The command line: one module a command, which registers itself with the parser.

In: words. Out: answers on stdout, everything else on stderr, an exit code. Start with `main.py`.
"""
