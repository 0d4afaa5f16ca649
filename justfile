# `just check` is what must pass before a change goes in.
python := "python3"

check: lint types fast

lint:
    ruff check .
    ruff format --check .

types:
    mypy

# no weights, no browser, nothing slow
fast:
    {{python}} -m pytest -q -m quick

test:
    {{python}} -m pytest

# print docs/help.md anew from the command line
help:
    {{python}} -m pytest -q tests/test_cli.py --update-help

demo:
    {{python}} -m pvchat demo

ci:
    .ci/run
