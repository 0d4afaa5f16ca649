# `just check` is what must pass before a change goes in.
python := "python3"

check: lint types fast

lint:
    ruff check .
    ruff format --check .

types:
    mypy

# no weights, nothing slow
fast:
    {{python}} -m pytest -q -m "not weights and not slow"

test:
    {{python}} -m pytest

# print docs/help.md anew from the command line
help:
    {{python}} -m pytest -q tests/test_cli.py --update-help

demo:
    {{python}} -m pvchat demo

ci:
    .ci/run
