"""Batch evaluation: a manifest of people, clips and questions in; predictions, metrics and a report out.

Start with `run.py`. A question is an `Item` of the manifest. A worker analyses the item's clip, asks each system, and
writes its `Reply` as a row of predictions.jsonl. Row and item together are an `Answered`, which the metrics count.

    questions      manifest.py; layouts.py reads our layout, the paper's, and data sets of `pvchat augment`
    predictions    worker.py: clip by clip, by the systems that are compared (systems.py), as the options of a run
                   say, in parallel by `pvchat.pool`
    metrics        outcome.py, when all is answered, with settings and versions: scores.py, metrics/
    report         report.py
"""
