"""Questions about what is heard: read, looked up, said; and subtitles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from make_analysis import make_analysis, make_track
from make_conditions import GONE, SITS, TALKS
from make_queries import ANA, BEN, BOTH, NAMES, NOBODY, at, polar, refused, what

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.query import And, During, Has, Not, Number, Or, Query, Rank, Whom
from pvchat.chat.question import Conversation
from pvchat.chat.reader.read import Known, read
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.sounds import rows_of_sound
from pvchat.chat.timeline import Entity, Row, Timeline
from pvchat.cli.transcribe import subtitles
from pvchat.identity.evidence import Evidence
from pvchat.schemas import PersonPresence, Sound, SpokenWord, Utterance
from pvchat.service.hearing import LINE_S, SpokenLine, _lines, transcript


def spoken(text: str, start_s: float, track: int | None = None, unseen: bool = False) -> Utterance:
    """A stretch of speech, half a second a word."""
    words = tuple(SpokenWord(w, start_s + 0.5 * i, start_s + 0.5 * i + 0.4) for i, w in enumerate(text.split()))
    return Utterance(start_s, start_s + 0.5 * len(words), words, track, unseen)


HEARD = Sound(
    "heard",
    (
        spoken("Good morning, Anna.", 1.0, track=1),
        spoken("Would you like a coffee?", 3.0, track=1),
        spoken("Yes, coffee please.", 8.0, track=0),
        spoken("Hello, hello?", 12.0, unseen=True),
        spoken("Coffee is ready.", 16.0),
    ),
)
TIMELINE = Timeline(
    0.0, 20.0, (Entity("Ana"), Entity("Ben"), Entity("Cleo", decision="absent"), Entity("#1", known=False)),
    (*rows_of_sound(HEARD, {0: "Ana", 1: "Ben"}),), sound="heard",
)  # fmt: skip
SURE = replace(TIMELINE, rows=tuple(row for row in TIMELINE.rows if row.entity))

PLAYING = replace(TIMELINE, rows=(
    Row("", "music", "", 2.0, 9.0), Row("Ana", "speaks", "1", 1.0, 2.0), Row("", "speaks", "2", 3.0, 4.0),
))  # fmt: skip
OFF_SCREEN = replace(
    TIMELINE,
    entities=(Entity("Ana", decision="absent"), Entity("Ben")),
    rows=tuple(
        rows_of_sound(Sound("heard", (replace(HEARD.utterances[2], track=None, unseen=True, voice=0),)), {}, {0: "Ana"})
    ),
)

SAYS, SPEAKS = "says", Has("speaks")
READ = [
    ("What are they talking about?", what("says")),
    ("When does Ana say “a coffee”?", Query("when", ANA, Has(SAYS, "a coffee"))),
    ("Does anybody speak?", polar(where=SPEAKS)),
    ("Who said hello?", Query("who", where=Has(SAYS, "hello"))),
    ("Of everybody here, who talks for the longest time?", Query("who", where=SPEAKS, rank=Rank("long"))),
    ("Who speaks first?", Query("who", where=SPEAKS, rank=Rank("time"))),
    ("Does anybody mention Ben?", polar(where=Has(SAYS, "Ben"))),
    ("Is the word budget mentioned?", polar(where=Has(SAYS, "budget"))),
    ("How long does Ana speak?", Query("how_long", ANA, SPEAKS)),
    ("How often does Ana say 'no'?", Query("how_often", ANA, Has(SAYS, "no"))),
    ("When does music play?", Query("when", where=Has("music"))),
    ("What language do they speak?", what("language")),
    ("Which languages are spoken?", what("language")),
    ("What language does Ana speak?", what("language", ANA)),
    ("Does anybody speak German?", polar(where=Has("language", "German"))),
    ("Who speaks Spanish?", Query("who", where=Has("language", "Spanish"))),
    ("What accent does Ana have?", refused("sound", ANA, value="accent")),
    ("Has Ana got a deep voice?", refused("sound", ANA)),
    ("What does the sign say?", refused("unseen")),
    ("How many people speak?", Query("count", where=SPEAKS)),
    ("Is my name mentioned?", refused("sound", value="mine")),
    ("Is it silent while Ana dances?", polar(NOBODY, SPEAKS, during=at("while", ANA, Has("deed", "dancing")))),
    ("Is Ana never silent?", polar(ANA, SPEAKS, throughout=True)),
    ("Who speaks when Ben is not there?", Query("who", where=SPEAKS, during=at("while", BEN, GONE))),
    ("Is there no music?", polar(where=Not(Has("music")))),
    ("When is there no music?", Query("when", where=Not(Has("music")))),
    ("How long is there music or talking?", Query("how_long", where=Or((Has("music"), SPEAKS)))),
    ("Who did not speak?", Query("who", where=Not(SPEAKS))),
    ("Does nobody speak?", polar(NOBODY, SPEAKS)),
    ("Who is speaking at 0:13?", Query("who", where=SPEAKS, during=During(start_s=13, end_s=13))),
    ("Is Ana talking?", polar(ANA, TALKS)),  # that is seen
    ("Did Ben say anything about the coffee?", polar(BEN, Has(SAYS, "coffee"))),
    ("What did Ben say about the coffee?", Query("when", BEN, Has(SAYS, "coffee"))),
    ("What was said about the coffee at the end?",
     Query("when", where=Has(SAYS, "coffee"), during=During(start_s=-1.0, unit="edge"))),
    ("Does anybody talk about Ana?", polar(where=Has(SAYS, "Ana"))),
    ("Does anybody mention the coffee?", polar(where=Has(SAYS, "coffee"))),
    ("What can you say about Ana?", Query("describe", ANA)),
    ("Who talks about coffee first?", Query("who", where=Has(SAYS, "coffee"), rank=Rank("time"))),
    ("Does Ben say that the coffee is ready?", polar(BEN, Has(SAYS, "coffee is ready"))),
    ("Who speaks while sitting?", Query("who", where=And((SPEAKS, SITS)))),
    ("Who mentions a letter?", Query("who", where=Has(SAYS, "letter"))),
    ("What does the letter say?", refused("unseen")),
    ("Who talks off screen?", Query("who", where=Has("speaks", "unseen"))),
    ("What does the voice say that we can't see?", what("says", where=Has("speaks", "unseen"))),
    ("What does the voice off screen say?", what("says", where=Has("speaks", "unseen"))),
    ("When do Ana and Ben talk over each other?", Query("when", ANA, SPEAKS, during=at("while", BEN, SPEAKS))),
    ("Which questions does Ana ask at the end?",
     Query("when", ANA, Has(SAYS, "?"), during=During(start_s=-1.0, unit="edge"))),
    ("Did Ana ask a question?", polar(ANA, Has(SAYS, "?"))),
    ("How many questions does Ana ask?", Query("how_often", ANA, Has(SAYS, "?"))),
    ("What does Ana say to Ben?", what("says", ANA)),
    ("What does Ana answer?", what("says", ANA)),
    ("What was said while Ana was away?", what("says", during=at("while", ANA, GONE))),
    ("Was it quiet between 4 and 8 seconds?", polar(NOBODY, SPEAKS, during=During(start_s=4, end_s=8))),
    ("Does Ana talk longer than Ben?", Query("compare", ANA, TALKS, form="polar", rank=Rank("long"), versus=BEN)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "query"), READ, ids=[text for text, _ in READ])
def test_a_question_about_sound_is_read(text, query):
    assert read(text, Known(NAMES)) == query


SAID = [
    ("What does Ben say?", TIMELINE, "Ben says from 0:01 to 0:06: “Good morning, Anna. Would you like a coffee?”"),
    ("What is being said after 0:11?", TIMELINE,
     "Somebody who isn't seen says from 0:12 to 0:13: “Hello, hello?” "
     "Somebody says from 0:16 to 0:18: “Coffee is ready.”"),
    ("What does Cleo say?", TIMELINE, "Cleo is not in this video, so I can't tell."),
    ("Who says 'Ana'?", TIMELINE, "Ben says “Ana” at 0:02 (“Good morning, Anna. Would you like a coffee?”)."),
    ("Does Ana say 'hello'?", SURE, "No, as far as I hear, Ana never says “hello”."),
    ("Does Ana say 'ready'?", TIMELINE,
     "Somebody says “ready” at 0:17 (“Coffee is ready.”), but I can't tell whether that is Ana."),
    ("What did Ben say about the coffee?", TIMELINE,
     "Ben says “coffee” at 0:05 (“Good morning, Anna. Would you like a coffee?”)."),
    ("Who talks about coffees?", TIMELINE,
     "Ana says “coffees” at 0:08 (“Yes, coffee please.”); Ben says “coffees” at 0:05 (“Good morning, Anna. Would you "
     "like a coffee?”); somebody says “coffees” at 0:16 (“Coffee is ready.”)."),
    ("Who asks a question?", TIMELINE,
     "Ben asks a question at 0:05 (“Good morning, Anna. Would you like a coffee?”); somebody who isn't seen asks a "
     "question at 0:12 (“Hello, hello?”)."),
    ("What is said at 0:09?", TIMELINE, "Ana says from 0:08 to 0:10: “Yes, coffee please.”"),
    ("Who speaks while wearing a hat?", replace(SURE, entities=(Entity("Ana"),), rows=(
        Row("Ana", "present", "", 0, 20), Row("Ana", "worn", "hat", 0, 9), Row("Ana", "speaks", "1", 8, 10))),
     "Ana is speaking and wearing a hat from 0:08 to 0:09."),
    ("What is said off screen?", TIMELINE, "Somebody who isn't seen says from 0:12 to 0:13: “Hello, hello?”"),
    ("What does Ana say without a hat?", replace(SURE, entities=(Entity("Ana"),), rows=(
        Row("Ana", "present", "", 0, 20), Row("Ana", "worn", "hat", 8, 20, holds=False), *SURE.rows)),
     "Ana says from 0:08 to 0:10: “Yes, coffee please.”"),
    ("Who spoke last?", SURE, "Ana speaks last, at 0:10, before that Ben at 0:06."),
    ("Is Ana talking?", SURE, "Yes, Ana speaks from 0:08 to 0:10."),
    ("Is Ana talking?", replace(TIMELINE, rows=(
        Row("Ana", "present", "", 0, 20), Row("Ana", "deed", "talking", 16, 18), Row("", "speaks", "1", 16, 18))),
     "Yes, Ana is talking from 0:16 to 0:18."),
    ("Do Ana and Ben talk at the same time?", SURE, "No, as far as I hear, Ana never speaks while Ben is speaking."),
    ("Does Cleo say anything?", TIMELINE, "Somebody who isn't seen speaks from 0:12 to 0:13; somebody speaks from "
     "0:16 to 0:18, but I can't tell whether that is Cleo."),
    ("Does Ana never say 'tea'?", SURE, "Yes, as far as I hear, Ana never says “tea”."),
    ("Is there music or talking?", replace(TIMELINE, rows=()),
     "No. As far as I hear, no music plays. As far as I hear, nobody speaks."),
    ("Does anybody say 'tea'?", TIMELINE, "No, as far as I hear, nobody says “tea”."),
    ("Who talks second most?", SURE, "Ana speaks second most, for about 2 seconds."),
    ("Who talks third most?", SURE, "As far as I hear, nobody speaks third most."),
    ("Who speaks first?", SURE, "Ben speaks first, at 0:01, then Ana at 0:08."),
    ("How often does Ben say 'coffee'?", SURE, "Ben says “coffee” once, at 0:05."),
    ("Does anybody speak?", SURE,
     "Yes, Ana speaks from 0:08 to 0:10; Ben speaks from 0:01 to 0:02 and from 0:03 to 0:06."),
    ("Is Ana the first to speak?", SURE, "Ben speaks first, at 0:01, then Ana at 0:08."),
    ("Did Ben speak three times?", SURE, "No, Ben speaks twice, from 0:01 to 0:02 and from 0:03 to 0:06."),
    ("Do Ana and Ben speak at the same time?", SURE, "No, as far as I hear, Ana never speaks while Ben is speaking."),
    ("Is there any sound?", replace(TIMELINE, rows=()), "Yes, this video has sound, but I hear nobody speak."),
    ("What is being said?", replace(TIMELINE, rows=()), "As far as I hear, nobody speaks."),
    ("What is being said?", replace(TIMELINE, sound="none"), "This video has no sound."),
    ("Who says 'hello'?", replace(TIMELINE, sound="unfetched"),
     "I can't listen to videos yet: fetch what hearing needs by `pvchat doctor --fetch --voice` (250 MB)."),
    ("Is there music?", TIMELINE, "No, as far as I hear, no music plays."),
    ("When does music play?", PLAYING, "Music plays from 0:02 to 0:09."),
    ("Is there no music?", PLAYING, "No, music plays from 0:02 to 0:09."),
    ("When is there no music?", PLAYING, "No music plays from 0:00 to 0:02 and from 0:09 to 0:20."),
    ("How long is there music or talking?", PLAYING, "For about 8 seconds. Music plays from 0:02 to 0:09. "
     "Ana speaks from 0:01 to 0:02; somebody speaks from 0:03 to 0:04."),
    ("How many voices are there?", PLAYING, "I hear two different voices: Ana's among them."),
    ("Is Ana in this video?", OFF_SCREEN, "I hear Ana at 0:08, but don't see Ana."),
    ("What does Ana say?", OFF_SCREEN, "Ana, by the voice, says from 0:08 to 0:10: “Yes, coffee please.”"),
    ("Does Ana speak?", OFF_SCREEN, "Yes, Ana, by the voice, speaks from 0:08 to 0:10."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "timeline", "answer"), SAID, ids=[f"{text} {i}" for i, (text, *_) in enumerate(SAID)])
def test_what_is_heard_is_said(text, timeline, answer):
    assert say(run(read(text, Known(NAMES)), timeline), timeline) == answer


@pytest.mark.parametrize(
    ("turns", "answer"),
    [
        (("What did Ben say about the morning?", "And about the coffee?"),
         "Ben says “coffee” at 0:05 (“Good morning, Anna. Would you like a coffee?”)."),
        (("Does anybody mention the coffee?", "By whom?"), "Ana says “coffee” at 0:08 (“Yes, coffee please.”); "
         "Ben says “coffee” at 0:05 (“Good morning, Anna. Would you like a coffee?”)."),
        (("What is said last?", "And who said it?"), "Ana speaks last, at 0:10, before that Ben at 0:06."),
        (("What does Ana say?", "When?"), "Ana speaks from 0:08 to 0:10."),
        (("What did Ben ask?", "And what did Ana answer?"), "Ana says from 0:08 to 0:10: “Yes, coffee please.”"),
    ],
)  # fmt: skip
def test_a_question_about_sound_goes_on(turns, answer):
    talk = Conversation(NAMES, {}, turns[:-1])
    before = [finding for _, finding in talk.turns(SURE)]
    assert say(run(talk.read([turns[-1]], SURE)[0].query, SURE, before), SURE) == answer


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        (polar(BOTH, Has(SAYS, "coffee")), "yes"),
        (polar(NOBODY, SPEAKS), "no"),
        (polar(Whom(("Ben",), "only"), Has(SAYS, "morning")), "yes"),
        (polar(BEN, SPEAKS, number=Number("more_than", 3)), "yes"),
        (polar(ANA, SPEAKS, number=Number("more_than", 3)), "no"),
        (Query("compare", BEN, SPEAKS, form="polar", rank=Rank("long"), versus=ANA), "yes"),
        (Query("order", ANA, SPEAKS, form="polar", versus=BEN), "no"),
        (polar(BEN, And((SPEAKS, SITS))), "unknown"),
    ],
)
def test_what_is_heard_is_looked_up_as_what_is_seen(query, verdict):
    assert run(query, SURE).verdict == verdict


def test_who_speaks_least():
    found = run(Query("who", where=SPEAKS, rank=Rank("long", -1)), SURE)
    assert say(found, SURE) == "Ana speaks least, for about 2 seconds; Ben for about 4 seconds."


def test_a_word_of_no_length_is_heard():
    short = replace(SURE, rows=(*SURE.rows, Row("Ana", "says", "Tea", 9.0, 9.0)))
    found = run(polar(where=Has(SAYS, "tea")), short)
    assert (found.verdict, found.names) == ("yes", ("Ana",))


def test_who_is_silent_is_not_said_to_speak():
    one = replace(SURE, entities=(Entity("Ana"), Entity("Ben"), Entity("#1")))
    told = say(run(Query("who", where=Not(SPEAKS)), one), one)
    assert told == "Somebody I don't know is not speaking; Ana and Ben are speaking."
    strange = run(polar(Whom(known=False), SPEAKS), one)
    assert say(strange, one) == "No, as far as I hear, nobody I don't know speaks."


def test_a_time_may_hang_on_what_is_heard():
    music = replace(PLAYING, rows=(*PLAYING.rows, Row("Ben", "present", "", 0.0, 20.0)))
    found = run(Query("when", BEN, during=at("while", where=Has("music"))), music)
    assert found.spans == ((2.0, 9.0),)
    assert say(found, music) == "Ben is in this video while music plays, from 0:02 to 0:09."
    silent = polar(ANA, SPEAKS, during=at("while", BEN, SPEAKS))
    assert run(silent, SURE).verdict == "no"


def test_who_speaks_is_who_stands_on_the_track():
    """A person by name, a stranger by number; of a track that is nobody's the words are nobody's."""
    analysis = replace(make_analysis(make_track(1), make_track(2, box=(0.6, 0.2, 0.8, 0.6))), sound=HEARD)
    ana = PersonPresence("Ana", "present", 1.0, [(0.0, 2.0)], track=1, tracks=(1,))
    made = timeline_from(Evidence(times=analysis.times.tolist(), duration_s=2.0), [ana], analysis)
    assert made.sound == "heard"
    assert [row.entity for row in made.rows if row.attribute == "speaks"] == ["Ana", "Ana", "", "", ""]


def test_every_word_is_transcribed_once():
    """One that was heard past the end of its stretch; stretches that overlap where speech is cut at the longest."""
    ends = Utterance(1.0, 2.0, (SpokenWord("Good", 1.0, 1.4), SpokenWord("night.", 2.0, 2.0)))
    long = Utterance(3.0, 31.0, (SpokenWord("so", 30.8, 30.9),))
    rest = Utterance(30.7, 33.0, (SpokenWord("it", 30.95, 31.0), SpokenWord("goes", 31.1, 31.4)))
    lines = transcript(replace(make_analysis(), sound=Sound("heard", (ends, long, rest))), [], "clip.mp4")
    assert [line.text for line in lines] == ["Good night.", "so", "it goes"]


def test_subtitles_are_short_and_name_who_is_known():
    long = Sound("heard", (spoken(" ".join(["word"] * 30), 0.0, track=0),))
    speech, *_ = rows_of_sound(long, {0: "Ana"})
    made = list(_lines(speech, long.utterances[0].words))
    assert len(made) == 3
    assert all(line.end_s - line.start_s <= LINE_S for line in made)
    assert " ".join(line.text for line in made).split() == ["word"] * 30
    told = subtitles([SpokenLine(3661.5, 3662.25, "Ana", "", "Hello."), SpokenLine(3663.0, 3664.0, "#1", "", "Hi.")])
    assert told == ("1\n01:01:01,500 --> 01:01:02,250\nAna: Hello.\n\n2\n01:01:03,000 --> 01:01:04,000\nHi.\n")
    assert [SpokenLine(0, 1, who, of, "").speaker for who, of in (("#1", ""), ("", "unseen"), ("", "several"))] == [
        "person 1", "not seen", "somebody"
    ]  # fmt: skip


def test_what_is_said_while_somebody_sits_is_asked_of_that_time() -> None:
    query = read("What does Ana say while Ben sits?", Known(NAMES))
    assert query.during == at("while", BEN, SITS)
