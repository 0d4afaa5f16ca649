"""The browser app, `pvchat serve`: enroll a person from one clip, chat about clips, manage people.

How a question is answered: an event of Gradio calls `ChatTab.pose` (chat_tab.py). It calls `Backend.pose` and
`Backend.answer` (backend.py: what the app can do, without Gradio), which ask the one `PVChat` in memory (engine.py).
The answer becomes a `Turn` of the browser's `Session` (conversation.py, sessions.py). turncard.py makes HTML of it, and
conversation.js puts that into the page.

    start here      server.py: options are checked; page, HTTP API (api/) and file links are bound to one web server
    every request   middleware.py and login.py decide who is answered; calls.py resumes a call whose connection was
                    lost; heartbeats.py notices that a page was closed; uploads.py restricts Gradio's file handling
    actions         backend.py, with correcting.py and merges.py; person_choices.py: who is picked in a dropdown
    one browser     sessions.py and conversation.py; forgetting.py removes from it people who are forgotten
    background      analysing.py: clips; jobs.py: trainings, scans, evaluations; progress.py: progress and time left
    the page        page.py, and one class for each tab, whose public
                    methods are its events: enroll_tab.py, chat_tab.py (with hearing.py), people_tab.py,
                    library_tab.py (with inbox_tab.py), live_tab.py, evaluate_tab.py, settings_tab.py;
                    page_events.py: what they share; endpoints.py: for clients and MCP
    HTML, files     cards.py, turncard.py, jobcards.py, librarycards.py, timeline.py, evidence.py, export.py, wording.py
    in the browser  staying.js (calls outlive a lost connection) first; address.js (tab and clip in the
                    page's address), upload.js, microphone.js, conversation.js, timeline.js, page.js, settings.js
"""
