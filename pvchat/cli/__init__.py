"""The command line: one module a command.

In: words. Out: answers on stdout, everything else on stderr, an exit code. Start with `parser.py`.
"""
