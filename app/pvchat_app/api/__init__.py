"""The HTTP API, `/api/v1`: what the page does, for programs. Start with `build.py`; docs/api.md has examples.

In: a `Desk`. Out: a FastAPI app that is mounted beside the page.

    build.py     the app: routes, one shape for errors, the schema
    gate.py      who may call what (tokens), and in which turn
    clips.py     what was uploaded
    problems.py  how errors are told
    models.py    what comes with requests and answers
    routes.py    people, clips, library;  events.py  events
"""
