"""The browser app: `pvchat serve`. Enroll from one clip, chat about clips, manage people. On top of `pvchat.service`.

A question goes this way: `ChatTab.pose` (chat_tab.py, an event of Gradio's) → `Desk.pose` and `Desk.answer` (desk.py:
what the page can do, without Gradio) → the one `PVChat.ask` in memory (engine.py) → a `Turn` of the browser's `Session`
(conversation.py, sessions.py) → its HTML (turncard.py) → conversation.js, which puts it into the page.

    server.py       options checked; page, HTTP API (api/) and file links bound to one web server: open this first
    every request   middleware.py and login.py keep strangers out, calls.py goes on with what was cut, visits.py notices
                    who left, uploads.py narrows what Gradio does with files
    what is done    desk.py, with correcting.py, merges.py; picks.py says whom a page means
    one browser     sessions.py, conversation.py; forgetting.py takes out of it whoever is forgotten
    in background   looking.py: a look at a clip; jobs.py: trainings, scans, evaluations;
                    progress.py: how far all that is, and how long it takes
    the page        page.py and a class a tab, whose methods are its events: enroll_tab.py, chat_tab.py (its
                    sound: hearing.py), people_tab.py, library_tab.py (inbox_tab.py), live_tab.py, evaluate_tab.py,
                    settings_tab.py; page_events.py what they share; endpoints.py for clients and MCP
    HTML, files     cards.py, turncard.py, jobcards.py, librarycards.py, timeline.py, evidence.py, export.py,
                    wording.py
"""
