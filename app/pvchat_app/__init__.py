"""The browser app: `pvchat serve`. Enroll from one clip, chat about clips, manage people. Calls `pvchat.service` only.

server.py checks the options and binds page and file route to one web server; middleware.py and door.py keep strangers
out, visits.py notices who left, calls.py goes on with what was cut. engine.py holds the one PVChat in memory, loaded
behind the page. sessions.py is a browser session with its uploads (uploads.py), conversation (conversation.py) and
files, all deleted when it ends; forgetting.py takes out of it whoever is forgotten. jobs.py runs deep enrollments and
evaluations (evaluation.py) in the background, pace.py tells how long they take, looking.py looks at clips there.

desk.py does what the page can do, and knows nothing of Gradio: acquaintance.py, correcting.py, joins.py; picks.py says
whom a page means. page.py is the page, endpoints.py its named endpoints. A class a tab, whose methods are its events
(page_events.py): enroll_tab.py, chat_tab.py (its clip: screening.py; what is said: hearing.py), people_tab.py,
library_tab.py (inbox_tab.py), live_tab.py, evaluate_tab.py and settings_tab.py. cards.py, turncard.py,
jobcards.py, librarycards.py, timeline.py, evidence.py, export.py and wording.py make what is shown: HTML, pictures,
sentences; progress.py hands it out while it is made.
"""
