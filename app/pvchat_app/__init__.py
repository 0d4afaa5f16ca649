"""The browser app: `pvchat serve`. Enroll from one clip, chat about clips, manage people. Calls `pvchat.service` only.

server.py checks the options and binds page and file route to one web server, middleware.py keeps strangers out;
engine.py holds the one PVChat in memory, loaded behind the page; sessions.py is a browser session with its uploads,
conversation (conversation.py) and files, all deleted when it ends; jobs.py runs deep enrollments in the background,
looking.py looks at clips there; desk.py does what the page can do, and knows nothing of Gradio; page.py is the page,
endpoints.py its named endpoints; enroll_tab.py, chat_tab.py (its clip: screening.py), people_tab.py and evaluate_tab.py
are a tab each; cards.py, turncard.py, jobcards.py, timeline.py, film.py, evidence.py, export.py and wording.py make
what is shown: HTML, pictures, sentences; headcount.py counts people as the answers do; streaming.py hands it out.
"""
