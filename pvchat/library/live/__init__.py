"""Cameras that a library watches: who comes and goes, told to whoever is to know.

In: a camera's address. Out: events, deliveries, short clips. Start with `live.py`: `Live`, one camera that is watched.

    parts.py     pictures, cut into 1-second parts; of what can't be looked at in time samples are dropped
    window.py    who is there now, as in any video
    ring.py      short clips around events
    events.py    events, and rules about which are told; `library.events`
    courier.py   tells them, again and again until they are taken: by webhook, by mqtt.py
"""
