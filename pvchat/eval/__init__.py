"""Batch evaluation: a manifest of people, clips and questions in; predictions, metrics and a report out.

Start with `run.py`. A question is an `Item` of the manifest; a worker asks each system about it, once its clip was
looked at, and gets a `Reply`; that becomes a row of predictions.jsonl; beside its truth the row is an `Answered`, which
the metrics count.

    asked        manifest.py (layouts.py and official.py read others'), options.py
    answered     worker.py: one clip after another by what is compared (systems.py), spread by `pvchat.pool`
    kept         provenance.py: where numbers come from (rows lie in a `storage.journal`)
    measured     outcome.py, when all is answered: scores.py, metrics/
    reported     report.py
"""
