"""Batch evaluation: a manifest of people, clips and questions in; predictions, metrics and a report out.

Start with `run.py`, which walks the way; a run that was stopped goes on where it was:

    asked        manifest.py (layouts/ reads others'), options.py; subsets.py: parts of it
    answered     pool.py: clips over workers, each a worker.py with the systems/ that are compared
    kept         journal.py, provenance.py: where numbers come from
    measured     outcome.py (needs the whole run), scores.py: table.py (rows beside the truth), slices.py, metrics/;
                 judge.py asks a model
    shown        summary.py, report/; comparison.py: two runs
"""
