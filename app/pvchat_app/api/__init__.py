"""The HTTP API, `/api/v1`: what the page can do, for programs. Start with `build.py`; docs/api.md has examples.

In: a `Backend`. Out: a FastAPI app that is mounted beside the page.

    build.py     the FastAPI app: routes, error handling, the schema
    gate.py      tokens and what they allow; the queue of calls; errors as HTTP status and JSON
    clips.py     uploaded clips
    models.py    requests and answers as Pydantic models
    routes.py    people, clips, library;  events.py  events
"""
