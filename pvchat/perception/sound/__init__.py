"""What is heard in a clip, when somebody asks for it: stretches of speech, their words, whose mouth goes with them.

In: a clip's path and its analysis. Out: a `Sound`, which becomes a part of the analysis. Start with `listening.py`
(sound, speech, words, voices, music); `mouths.py` tells who speaks. The frozen networks are `experts/voiceactivity.py`,
`whisper.py`, `voiceprint.py` and `music.py`; what they cost and why it is these: docs/adr/0039-sound.md and
0052-known-by-voice.md.
"""
