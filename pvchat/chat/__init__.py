"""From a question to an answer.

In: a question, who is there (identity) and what was seen (perception). Out: text, checked sentence by sentence. Start
with `writer.py`, which walks the way:

    a question read      questions.py (question.py): wordings.py (synonyms.py), listed.py, timewords.py, names.py,
                         ellipses.py, whom.py, foreign.py, scene.py (cuts.py), things.py, questiontypes.py (by
                         sentences.py, minilm.py where no rule does), unknown_names.py, replies.py;
                         paraphrases.py where what is asked stays in doubt
    what of somebody     aspects.py (aspect.py): order.py, screentime.py, meetings.py, absences.py, inshots.py,
                         comparisons.py, lineup.py, crowd.py, headcounts.py, whodoes.py, often.py, predicates.py;
                         unseen.py: nothing
    of which part        window.py
    what is known        needs.py says what must be measured, evidence.py puts it together
    gaps filled          claims.py: describe.py asks the trained model (trained.py, views.py, personstates.py,
                         lines.py), extraction.py, choices.py find phrases, calibration.py how far to believe them
    plain sentences      answers.py: existence.py, properties.py, holders.py; verbs.py;
                         timing.py, spans.py; byplace.py, standing.py; traits.py; whys.py, grounds.py
    found, and said      query.py (what is asked), timeline.py (what is known), finding.py (what was found); say/
    worded otherwise     language.py, held against them by guard.py
    our model speaks     answerer.py: brief.py is what it is told, backed.py and verdict.py what it may say
    a base speaks        narrator.py: shown.py, heard.py, basejudge.py, basestates.py
    shared               models.py (which model answers), viewed.py, english.py, vocabulary.py
"""
