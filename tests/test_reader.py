"""Questions of every kind and the queries that they are read as; what nothing can answer is refused.

The questions of docs/questions.md, which are asked by test_questions_page.py, aren't repeated here.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from make_asked import query_of, read_question
from make_conditions import ALONE, FALLS, GLASSES, GONE, HAT, KITCHEN, SITS, STANDS, TALKS, WITH
from make_queries import ANA, BEN, BOTH, CLEO, MAN, NAMES, NOBODY, WOMAN, at, choice, polar, refused, what

from pvchat.chat.english import wording
from pvchat.chat.query import EVERYBODY, And, During, Event, Has, Not, Number, Or, Query, Rank, Whom
from pvchat.chat.question import Conversation, type_of
from pvchat.chat.reader.network import likeliest_path
from pvchat.chat.reader.words import canonical, find_mentions, known_phrases, worded
from pvchat.errors import SettingsError

STREET, ON_BED = Has("place", "street"), Has("near", "on a bed")
OUT_OF_BED, SITS_DOWN = Or((Not(ON_BED), STANDS)), Has("posture", "sitting down")
BETWEEN = Has("beside", "between", of=Whom(("Ana", "Ben"), "all"))
APART = And((Not(WITH),))
READ: dict[str, Query] = {
    # who is there
    "Is Ana in this video?": polar(ANA), "is ana there": polar(ANA), "Can you see Ben?": polar(BEN),
    "Are Ana and Ben there?": polar(BOTH), "Is anyone I know there?": polar(Whom(known=True)),
    "Is everybody known?": polar(Whom(quantifier="none", known=False)),
    "Is Ana only with Ben at the end?": Query(
        "exists", ANA, And((Has("with", of=BEN), Not(Has("with", of=Whom(besides=("Ben",)))))),
        form="polar", during=During(start_s=-1, unit="edge"),
    ),
    "Do three people talk at once?": polar(where=TALKS, number=Number("exactly", 3)),
    "Who did Ana see first?": Query("who", where=Has("with", of=ANA), rank=Rank("time")),
    "Who is there?": Query("who"),
    "Who is not in this video?": Query("who", where=GONE),
    "How many people are there now?": Query("count"),
    "How many women are there at the moment?": Query("count", WOMAN),
    # who somebody is
    "Is that the same person as Ana?": polar(ANA),
    "Is Ana the same person as Ben?": refused("unseen", Whom(("Ana", "Ben"))),
    "It's not Ben, it's Ana.": polar(ANA),
    "No, that isn’t Ben but Ana": polar(ANA),
    "Is it Ana from Spy x Family?": polar(ANA),
    "What is the man's name?": Query("who", MAN),
    "What is the name of the woman?": Query("who", WOMAN),
    "Whose tie is it?": Query("who", where=Has("worn", "tie")),
    "Who is the person you don't know?": Query("describe", Whom(known=False)),
    "Who is the stranger?": Query("describe", Whom(known=False)),
    "Why isn't Ana there?": Query("why", ANA),
    "Why do you think Ana isn't there?": Query("why", ANA),
    "Why is Ana missing?": Query("why", ANA),
    # coming in is not being there
    "Does Ana come in?": polar(ANA, Has("enters")),
    "Did Ben walk in?": polar(BEN, Has("enters")),
    # in the order in which they are seen
    "Name them from left to right": Query("order", rank=Rank("left")),
    "List the people right to left": Query("order", rank=Rank("right")),
    "From left to right, who is second?": Query("who", Whom(nth=2)),
    "Who is on the right-hand side?": Query("who", where=Has("side", "right")),
    "In what order do they sit?": Query("order", where=SITS, rank=Rank("left")),
    "In what order do they come in?": Query("order"),
    "Who is at the left end of the sofa?": Query("who", where=Has("near", "on a sofa"), rank=Rank("left")),
    # which of several
    "Did Ana fall or did she sit down?": choice(ANA, Or((FALLS, SITS))),
    "Is Ana looking left, right or into the camera?": Query(
        "exists", ANA, form="choice",
        where=Or(tuple(Has("deed", f"looking {way}") for way in ("to the left", "to the right", "at the camera"))),
    ),
    "Is Ana writing or on the phone?": choice(ANA, Or((Has("deed", "writing"), Has("deed", "using a phone")))),
    # what happens
    "What happened?": Query("describe"),
    "Tell me everything": what("looks", then=Query("describe")),
    "Describe the room": what("place", then=what("thing")),
    "What happened at the end?": Query("describe", during=During(start_s=-1, unit="edge")),
    "What happened to Ana?": what("deed", ANA),
    # when
    "How often is Ana seen?": Query("how_often", ANA),
    "Is Ana there the whole time?": polar(ANA, throughout=True),
    "Who is there from start to finish?": Query("who", throughout=True),
    "What proportion of the video is Ana in?": Query("how_long", ANA, value="share"),
    "Who is there while Ana is away?": Query("who", during=at("while", ANA, GONE)),
    "What is Ana doing at 3:20?": what("deed", ANA, during=During(start_s=200, end_s=200)),
    "Who is in the second half?": Query("who", during=During(start_s=0.5, end_s=1.0, unit="share")),
    # longer, first, together
    "Are Ana and Ben together?": polar(BOTH, WITH), "Is Ana alone?": polar(ANA, ALONE),
    "When is Ana alone?": Query("when", ANA, ALONE), "Who is Ana seen with?": what("with", ANA),
    "In which order do they appear?": Query("order"),
    # looks
    "Where is Ana looking?": what("deed", ANA, value="looking"),
    "Show me Ana": Query("describe", ANA),
    "Is Ben wearing a red jacket?": polar(BEN, Has("worn", "jacket", "red")),
    "How often does Ana with the glasses smile?": Query("how_often", ANA, And((Has("deed", "smiling"), GLASSES))),
    "Is Ana eating, sitting or wearing a hat in the garden?":
        choice(ANA, And((Or((Has("deed", "eating"), SITS, HAT)), Has("place", "garden")))),
    "Who is wearing a hat?": Query("who", where=HAT),
    "What is Ana's hair like?": what("hair", ANA),
    # deeds
    "Whose lips are moving?": Query("who", where=Has("deed", "talking")),
    "Is Ana's mouth moving?": polar(ANA, Has("deed", "talking")),
    "What is Ana holding?": what("holding", ANA),
    "What is the man with glasses doing?": what("deed", Whom(such=And((Has("gender", "man"), GLASSES)))),
    # where
    "Is Ana next to Ben?": polar(ANA, Has("beside", of=BEN)),
    "Is there a cup?": polar(where=Has("thing", "cup")),
    "Who is on the right at the end?": Query("who", where=Has("side", "right"), during=During(start_s=-1, unit="edge")),
    # by words that nobody lists
    "Does Ana hang up?": polar(ANA, Has("deed", "hanging up")),
    "Does Ana look away?": polar(ANA, Has("deed", "looking away")),
    "Does Ana hang around?": polar(ANA, Has("deed", "hanging around")),
    "What colour are the masks?": what("worn", value="face mask"),
    # conditions side by side
    "Ana wears black and has long hair, right?": polar(ANA, And((Has("worn", "", "black"), Has("hair", "long hair")))),
    "Who is wearing green but not glasses?": Query("who", where=And((Has("worn", "", "green"), Not(GLASSES)))),
    "Is Ana wearing a plaid shirt?": polar(ANA, Has("worn", "plaid shirt")),
    "Does Ana wear a short-sleeved shirt?": polar(ANA, Has("worn", "short-sleeved shirt")),
    "Is Ana sitting next to Ben or standing alone?":
        choice(ANA, Or((And((SITS, Has("beside", of=BEN))), And((STANDS, ALONE))))),
    # what two do to each other, who is behind whom, how many they are, what comes last
    "Do Ana and Ben look at each other?":
        polar(where=And((Event(ANA, Has("deed", "looking", of=BEN)), Event(BEN, Has("deed", "looking", of=ANA))))),
    "Do they look at each other?": polar(where=Has("deed", "looking", of=EVERYBODY)),  # whoever is seen
    "Is Ana behind Ben?": polar(ANA, Has("beside", "behind", of=BEN)),
    "Who is behind Ana?": Query("who", where=Has("beside", "behind", of=ANA)),
    "Who's behind the man?": Query("who", where=Has("beside", "behind", of=MAN)),
    "Who is above Ana?": refused("unseen", value="above"),
    "Is it daytime?": refused("unseen", value="daytime"),
    "Does Ana wear a hat or glasses?": choice(ANA, Or((HAT, GLASSES))),
    "Is this a cartoon?": polar(where=Has("style", "drawn")),
    "Is it drawn or filmed?": what("style"),
    "Which videos are animated?": Query("when", where=Has("style", "drawn")),
    "Is the cartoon funny?": refused("unseen"),
    "How old is Ana?": refused("unseen", ANA, value="age"),
    "Who is the nurse?": refused("unseen", value="role"),
    "Is Ana Ben's sister?": refused("unseen", ANA, value="kin"),
    "How many people is Ana with?": Query("count", where=Has("with", of=ANA)),
    "Are there more than two people at once?": Query("count", where=WITH, form="polar", number=Number("more_than", 2)),
    # where somebody lies, and what is on a part of the body
    "Where does Ana lie?": what("place", ANA, Has("posture", "lying down")),
    "Where did Ana fall?": what("place", ANA, Or((FALLS, Has("posture", "lying down")))),
    "Is Ana on the carpet?": polar(ANA, Has("near", "on the floor")),
    "Did anybody fall out of bed?": polar(where=FALLS),
    "What does Ana have round her neck?": what("worn", ANA, value="neck"),
    "Does Ana have anything on her head?": what("worn", ANA, value="head"),
    "Is Ana wearing something blue on her head?": polar(ANA, Has("worn", "", "blue")),
    "What are the four men doing?": what("deed", MAN),
    "What does the man do last?": what("deed", MAN, rank=Rank("time", -1)),
    "Is she moving?": polar(where=Has("deed", "moving")),
    "Is he motionless?": polar(where=Has("deed", "keeping still")),
    "Which way does Ana look?": what("deed", ANA, value="looking"), "Is the doctor Ana?": polar(ANA),
    "What is Ana holding and what colour is it?": what("holding", ANA, then=refused("unseen", attribute="worn")),
    "Does the doctor smile?": polar(Whom(such=Has("role", "doctor")), Has("deed", "smiling")),
    "Is Ana next to the doctor?": polar(ANA, Has("beside", of=Whom(unknown=("the doctor",)))),
    "Who is the masked man?": Query("who", Whom(such=And((Has("worn", "face mask"), Has("gender", "man"))))),
    "What does Ana look like? I need it for a poster": what("looks", ANA),
    # who this is, what somebody does or wears, in the words of every day
    "Oh, who's this pretty lady?": Query("who", WOMAN),
    "Can you tell me who this young lady is?": Query("who", WOMAN),
    "Where looks Ana?": what("deed", ANA),
    "Is Ana looking at me?": polar(ANA, Has("deed", "looking at the camera")),
    "When does the man fall off?": Query("when", MAN, FALLS),
    "When doesn't Ana fall off?": Query("when", ANA, Not(FALLS)),
    "When does Ana stick out her tongue?": Query("when", ANA, Has("deed", "sticking out her tongue")),
    "Was anybody there to help Ana?": polar(where=Has("deed", "helping", of=ANA)),
    "Does Ana stand up again?": Query(
        "exists", ANA, Has("posture", "standing up"), form="polar", during=During("since", Event(ANA, Or((
            Has("deed", "falling"), Has("posture", "lying down"), Has("posture", "sitting")))))
    ),
    "What plants are there?": Query("exists", where=Has("thing", "potted plant")),
    # words that say nothing of what is asked, or how surely
    "Do you think Ana is there?": polar(ANA), "Could you check whether Ana is there?": polar(ANA),
    "Is it true that Ana is there?": polar(ANA), "Is little Ana there?": polar(ANA),
    "Is Ana clearly visible?": polar(ANA), "Who attends the meeting?": Query("who"),
    "Is Ana there for most of it?": polar(ANA, number=Number("more_than", 0.5), value="share"),
    "Who is there the shortest?": Query("who", rank=Rank("long", -1)),
    "Is there an intruder?": polar(Whom(known=False)),
    # what stands before "or" together, and what both have
    "Who is smiling and waving or talking?":
        Query("who", where=Or((And((Has("deed", "smiling"), Has("deed", "waving"))), TALKS))),
    "Is Ana in the kitchen sitting or standing?": what("posture", ANA, KITCHEN, form="choice"),
    "Who is sitting in the kitchen or in the garden?":
        Query("who", where=And((Or((KITCHEN, Has("place", "garden"))), SITS))),
    # what is asked by words that the network passes over isn't whether she is there
    "Is Ana keeping still?": polar(ANA, Has("deed", "keeping still")),
    "Does Ana stay still?": polar(ANA, Has("deed", "keeping still")),
    "Is Ana balder?": polar(ANA, Has("deed", "balder")),
    "Ana not move?": polar(ANA, Not(Has("deed", "moving"))),
    "Who is lying?": Query("who", where=Has("posture", "lying down")),
    # sides and the middle, of the picture or of the time
    "Who left side": Query("who", where=Has("side", "left")),
    "Who stands in between?": Query("who", where=Has("side", "middle")),
    "Who isn't in the first half?": Query("who", where=GONE, during=During(end_s=0.5, unit="share")),
    "Who doesn't sit at all?": Query("who", where=Not(SITS), throughout=True),
    "Is it mostly Ana or mostly Ben?": Query("compare", Whom(("Ana", "Ben")), rank=Rank("long")),
    "How much of the clip is Ana in?": Query("how_long", ANA, value="share"),
    "Is Ana still sitting when Ben sits down?": polar(ANA, SITS, during=at("while", BEN, SITS)),
    "Does the stranger talk to anybody?": polar(Whom(known=False), TALKS),
    "Nobody but Ana sits, right?": polar(Whom(("Ana",), "only"), SITS),
    "Does Ana stop sitting?": polar(ANA, And((Not(SITS),)), during=at("after", ANA, SITS)),
    "Is the woman the same as Ana?": polar(Whom(("Ana",), such=Has("gender", "woman"))),
    "Ana play what?": what("holding", ANA, Has("deed", "playing")),
    "Is Ana there, and if not, who is?": polar(ANA, then=Query("who")),
    # doubts
    "Any doubt that it's Ana?": Query("why", ANA),
    "Are you 100% sure that Ana is in it?": Query("why", ANA),
    "How likely is it that Ana is there?": Query("why", ANA),
    "What happens in the middle?": Query("describe", during=During(start_s=1 / 3, end_s=2 / 3, unit="share")),
    # two questions, or two conditions, in one
    "Where's Ben, is he alone?": what("place", BEN, then=polar(BEN, ALONE)),
    # … or one about the same people
    "Who wears a hat and is sitting?": Query("who", where=And((HAT, SITS))),
    "Who is sitting and has a beard?": Query("who", where=And((SITS, Has("hair", "beard")))),
    "Who wears a hat and is he sitting?": Query("who", where=HAT, then=polar(where=SITS)),
    "Who sits and who stands?": Query("who", where=SITS, then=Query("who", where=STANDS)),
    "When Ana sits, is Ben there?": polar(BEN, during=at("while", ANA, SITS)),
    "How many men and women are there?": Query("count", Whom(such=Or((Has("gender", "man"), Has("gender", "woman"))))),
    "was it ben?": polar(BEN),
    "Who came in?": Query("who", where=Has("enters")),
    "standers": Query("who", where=STANDS),
    "Is anyone in olive?": polar(where=Has("worn", "", "dark green")),
    # a third question
    "Is Ana there? Who sits? How many are there?": polar(ANA, then=Query("who", where=SITS, then=Query("count"))),
    # the topic first, or words in another order
    "The hat, is it Ana's?": polar(ANA, HAT),
    "The man in red, who is it?": Query("who", Whom(such=And((Has("gender", "man"), Has("worn", "", "red"))))),
    "Between which two men is Ana?": what("beside", ANA),
    "Who is Ana behind?": Query("who", where=Has("beside", "in front of", of=ANA)),
    "Ana or Ben, who is nearer to Cleo?": Query("who", Whom(("Ana", "Ben")), Has("beside", of=CLEO)),
    "Before Ben sits, what she does?": what("deed", BEN, during=at("before", BEN, SITS)),
    "Did Ana talk first and then sit down?": polar(ANA, TALKS, during=at("before", ANA, SITS)),
    "Is it inside of building?": polar(where=Has("setting", "indoors")),
    "Is neither Ana there?": polar(Whom(("Ana",), "none")),
    "Is Ana closest to Ben?": polar(ANA, Has("beside", of=BEN)),
    "Who joins Ana?": Query("who", where=Has("with", of=ANA)),
    "Did Ana get any visitors?": polar(ANA, WITH),
    "Between which people is there a fight?": Query("who", where=Has("deed", "fighting")),
    "Who says hello more often, Ana or Ben?":
        Query("compare", Whom(("Ana", "Ben")), Has("says", "hello"), form="choice", rank=Rank("often")),
    "Does Ana say it is Monday?": polar(ANA, Has("says", "it is Monday")),
    "When did Ana leave her chair?": Query("when", ANA, Has("leaves", "on a chair")),
    "Is anybody missing?": polar(where=GONE),
    "Is Ana wearing stripes?": polar(ANA, Has("worn", "stripes")),
    # a thing is nobody's name, a grandma without an article is; what is on a thing, or how somebody is, isn't told
    "Where is toothbrush?": Query("exists", where=Has("thing", "toothbrush")),
    "Where is the scarf?": Query("who", where=Has("worn", "scarf")),
    "Where is grandma?": what("place", Whom(unknown=("grandma",))),
    # one of several, some of them two together
    "Is Ana sitting, standing or lying down?": what("posture", ANA, form="choice"),
    "Is Ana looking up or down?": choice(ANA, Or((Has("deed", "looking up"), Has("deed", "looking down")))),
    "Is Ana face down or face up?": polar(ANA, Or((Has("deed", "face down"), Has("deed", "face up")))),
    "Is Ana wearing a red hat and a coat or a scarf?":
        choice(ANA, Or((And((Has("worn", "hat", "red"), Has("worn", "coat"))), Has("worn", "scarf")))),
    "Is Ana sitting to the left or to the right of Ben?":
        choice(ANA, And((Or((Has("left_of", of=BEN), Has("right_of", of=BEN))), SITS))),
    "Is he or she sitting?": polar(where=SITS),
    "When is no one there but Ana?": Query("when", Whom(("Ana",), "only")),
    "What happens when no one is there but Ana?": Query("describe", during=at("while", Whom(("Ana",), "only"))),
    "When did Ana go down?": Query("when", ANA, Has("posture", "lying down")),
    "Has Ana a cup, a phone or a book?": what("holding", ANA, form="choice"),
    "Did any nurse come in?": polar(Whom(such=Has("role", "nurse")), Has("enters")),
    "Who is the speaker?": Query("who", where=Has("speaks")),
    "Do you think Ana is the speaker?": polar(ANA, Has("speaks")),
    "Is there lightning?": polar(where=Has("thing", "lightning")),
    "Can you see the storm?": polar(where=Has("thing", "storm")),
    # a fall told by the noun; to sit down isn't to sit
    "Was there a fall?": polar(where=FALLS),
    "When was the fall?": Query("when", where=FALLS),
    "Does Ben get up again?": Query(
        "exists", BEN, Has("posture", "standing up"), form="polar", during=During("since", Event(BEN, Or((
            Has("deed", "falling"), Has("posture", "lying down"), SITS))))
    ),
    "Is Ben sitting down?": polar(BEN, SITS),
    "Who appears in the last scene?": Query("who", during=During(start_s=-1, unit="shot")),
    # without, except, only, neither
    "Does Ana sit without Ben?": polar(ANA, And((SITS, Not(Has("with", of=BEN))))),
    "Is Ana ever shown without Ben?": polar(ANA, And((Not(Has("with", of=BEN)),))),
    "When is Ben on screen without Ana?": Query("when", BEN, Not(Has("with", of=ANA))),
    "Were Ana and Ben ever together without Cleo?": Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    "Are Ana and Ben together but not with Cleo?": Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    "How long were Ana and Ben together without Cleo?": Query("how_long", BOTH, Not(Has("with", of=CLEO))),
    "Who's got a hat but no glasses?": Query("who", where=And((HAT, Not(GLASSES)))),
    "Leaving Ana out, who is talking?": Query("who", Whom(besides=("Ana",)), TALKS),
    "Only Ana is wearing a hat, isn't she?": polar(Whom(("Ana",), "only"), HAT),
    "Neither Ana nor Ben is sitting, right?": polar(Whom(("Ana", "Ben"), "none"), SITS),
    # the light is nobody's clothes
    "Who is there while it is dark?": Query("who", during=at("while", where=Has("light", "dark"))),
    "Does Ana leave before it gets dark?": polar(ANA, Has("leaves"), during=at("before", where=Has("light", "dark"))),
    "Who is there when the lights go out?": Query("who", during=at("while", where=Has("light", "dark"))),
    # who is left out by the looks
    "Is everybody sitting except the man in the hat?":
        polar(Whom(quantifier="all", such=Not(And((Has("gender", "man"), HAT)))), SITS),
    # going is a moment; being gone while something happens isn't what comes first
    "Does anybody leave?": polar(where=Has("leaves")),
    "Was Ben gone when Ana clapped?": polar(BEN, GONE, during=at("while", ANA, Has("deed", "clapping"))),
    # what is dark may be the light, not what is worn
    "Is it dark outside?": polar(where=And((Has("light", "dark"), Has("setting", "outdoors")))),
    "Who wears a dark coat?": Query("who", where=Has("worn", "coat", "dark")),
    # nothing but a time; more words than the network takes
    "Was somebody gone?": polar(where=And((GONE,))),
    # what a garment is on is no garment
    "Who has a stethoscope round her neck?": Query("who", where=Has("worn", "stethoscope")),
    # a deed that is measured is never refused, nor passed over
    "Is Ana reading?": polar(ANA, Has("deed", "reading")),
    "Is anyone laughing?": polar(where=Has("deed", "laughing")),
    "Who opened the door?": Query("who", where=Has("deed", "opening a door")),
    "Can Ana be seen?": polar(ANA),
    # towards whom
    "Is Ana hugging Ben?": polar(ANA, Has("deed", "hugging", of=BEN)),
    "Is Ana waving at Ben?": polar(ANA, Has("deed", "waving", of=BEN)),
    "Is Ana talking next to Ben?": polar(ANA, And((TALKS, Has("beside", of=BEN)))),
    # each of two with a condition
    "Is Ana sitting and Ben talking?": polar(ANA, SITS, then=polar(BEN, TALKS)),
    "When is Ana sitting and Ben talking?": Query("when", where=And((Event(ANA, SITS), Event(BEN, TALKS)))),
    # … with those whom a relation is with; both of those named together
    "Is Ana sitting and Cleo next to Ben?": polar(ANA, SITS, then=polar(CLEO, Has("beside", of=BEN))),
    "Is Ana sitting and Cleo next to her?": polar(ANA, SITS, then=polar(CLEO, Has("beside", of=ANA))),
    "Are Ana and Ben sitting and Cleo talking?": polar(BOTH, SITS, then=polar(CLEO, TALKS)),
    "Is Cleo standing while Ana sits and Ben claps?":
        polar(CLEO, STANDS, during=at("while", where=And((Event(ANA, SITS), Event(BEN, Has("deed", "clapping")))))),
    # a verb that nothing reads says more than that somebody is there
    "Did Ana come with Ben?": polar(ANA, Has("with", of=BEN)),
    "Did Ana meet Ben?": polar(ANA, Has("with", of=BEN)),
    "Have Ana and Ben met?": polar(BOTH, WITH),
    "Who dances with Ana?": Query("who", where=And((Has("deed", "dancing"), Has("with", of=ANA)))),
    "Is Cleo left of Ana or of Ben?": polar(CLEO, Has("left_of", of=Whom(("Ana", "Ben"), "either"))),
    # music as a time; who is there, not in which order they come; things; a time that goes on to the end
    "When music plays, who claps?": Query("who", where=Has("deed", "clapping"), during=at("while", where=Has("music"))),
    "Who claps when there is music?":
        Query("who", where=Has("deed", "clapping"), during=at("while", where=Has("music"))),
    "Who is there after the music starts?": Query("who", during=at("since", where=Has("music"))),
    "Who is there when the music stops?": Query("who", during=at("after", where=Has("music"))),
    "who was there before Ana came": Query("who", during=at("before", ANA)),
    "Do you see a dog or a ball?": polar(where=Or((Has("thing", "dog"), Has("thing", "sports ball")))),
    "Who was never in the corridor?": Query("who", where=Not(Has("place", "corridor")), throughout=True),
    "When Ana comes back does she still wear the hat?": polar(ANA, HAT, during=at("while", ANA, nth=2)),
    # a garment's colour; words that say nothing
    "Is the man in the black hat Ben?": polar(BEN, And((Has("gender", "man"), Has("worn", "hat", "black")))),
    # ever
    "When are Ana and Ben but not Cleo there?": Query("when", BOTH, Not(Has("with", of=CLEO))),
    "Does Ana ever stop talking?": polar(ANA, And((Not(TALKS),))),
    "Is there a moment with nobody in the room?": Query("when", NOBODY, form="polar"),
    # more, longer, the second
    "Are there more people standing than sitting?":
        Query("compare", Whom(such=STANDS), form="polar", versus=Whom(such=SITS)),
    "Are there fewer women than men?": Query("compare", MAN, form="polar", versus=WOMAN),
    "Who of Ana and Ben gets more screen time?": Query("compare", Whom(("Ana", "Ben")), rank=Rank("long")),
    "Who talks second most?": Query("who", where=Has("speaks"), rank=Rank("long", 2)),
    "Who comes in third?": Query("who", rank=Rank("time", 3)),
    "Who is in the picture at least twice?": Query("who", rank=Rank("often"), number=Number("at_least", 2)),
    # at the same time
    "Who talks at the same time as Ana?": Query("who", Whom(besides=("Ana",)), TALKS, during=at("while", ANA, TALKS)),
    "What is going on while both Ana and Ben are sitting?": Query("describe", during=at("while", BOTH, SITS)),
    "Is there a third person?": Query("count", form="polar", number=Number("at_least", 3)),
    "Is there a second man?": Query("count", MAN, form="polar", number=Number("at_least", 2)),
    "For how long are three people sitting at once?":
        Query("how_long", where=SITS, value="people", number=Number("at_least", 3)),
    "While Ana was visiting, was Ben on his feet?": polar(BEN, STANDS, during=at("while", ANA)),
    "For how long are two people there together?": Query("how_long", value="people", number=Number("at_least", 2)),
    # one by name and one by looks
    "Who is in view for longer, the woman or Ben?": Query("compare", WOMAN, rank=Rank("long"), versus=BEN),
    "The man in the brown hat, who else is in the picture with him?":
        Query("who", where=Has("with", of=Whom(such=And((Has("gender", "man"), Has("worn", "hat", "brown")))))),
    "What's the woman called?": Query("who", WOMAN),
    # both are of a place, though only one was tagged
    "Which characters turn up both in the café and out on the street?":
        Query("who", where=And((Has("place", "restaurant"), Has("place", "street")))),
    # he, within one question
    "What does Ana do when she comes back?": what("deed", ANA, during=at("while", ANA, nth=2)),
    "Does Ben get up before he leaves?":
        Query("order", BEN, Has("posture", "standing up"), form="polar", during=at("before", BEN, GONE)),
    # a statement before a question; two parts of the video
    "Ana was talking. Who was sitting next to her?": Query("who", where=And((SITS, Has("beside", of=ANA)))),
    "Is Ana there after the first minute, and who is talking at the end?":
        polar(ANA, during=During(start_s=60), then=Query("who", where=TALKS, during=During(start_s=-1, unit="edge"))),
    # the scene
    "Is the light on?": polar(where=Has("light", "bright")),
    # between, on the table, by name
    "Did Ana come after Ben?": Query("order", ANA, form="polar", during=During("after"), versus=BEN),
    "Who is between Ana and Ben?": Query("who", where=BETWEEN),
    "Is Cleo between Ana and Ben?": polar(CLEO, BETWEEN),
    "Is it just Ana who talks?": polar(Whom(("Ana",), "only"), TALKS),
    "Is the woman sitting next to Ben Ana?": polar(ANA, And((Has("gender", "woman"), SITS, Has("beside", of=BEN)))),
    # what narrows a question: a place, a time, what comes and goes
    "What does Ana wear in the street?": what("worn", ANA, STREET),
    "Was Ana in the street?": polar(ANA, STREET),
    "Is Ana sitting in the kitchen?": polar(ANA, And((SITS, KITCHEN))),
    "What did Ben do in the kitchen?": what("deed", BEN, KITCHEN),
    "What is Ana wearing while she is in the street?": what("worn", ANA, during=at("while", ANA, STREET)),
    "Who left the kitchen?": Query("who", where=Has("leaves", "kitchen")),
    "Did Ana leave the kitchen?": polar(ANA, Has("leaves", "kitchen")),
    "Does Ana take her dress off?":
        polar(ANA, And((Not(Has("worn", "dress")),)), during=at("after", ANA, Has("worn", "dress"))),
    "Is Ana sitting or standing in the kitchen?": what("posture", ANA, KITCHEN, form="choice"),
    "Is Ana in the kitchen or in the street?": choice(ANA, Or((KITCHEN, STREET))),
    "Who don't you know?": Query("who", Whom(known=False)),
    "Who is Ana?": Query("who", ANA),
    "Was Ana only in the kitchen?": polar(ANA, KITCHEN, throughout=True),
    "Does Ana wear the hat only in the kitchen?": Query("when", ANA, HAT),
    "Is Ana only there at the end?": Query("when", ANA),
    "Is Ana only sitting while Ben is there?": Query("when", ANA, SITS),
    "Who is in the second shot only?": Query("when"),
    "Is only Ana there at the end?": polar(Whom(("Ana",), "only"), during=During(start_s=-1, unit="edge")),
    "How many people does Ana sit next to?": Query("count", where=Has("beside", of=ANA)),
    "How many people did Ana meet?": refused("unseen", ANA, value="meet"),
    "Do you see anyone whatsoever?": polar(),
    "Is Ana moving?": polar(ANA, Has("deed", "moving")),
    "Is he breathing?": polar(where=Has("deed", "breathing")),
    "Is Ana steady on her feet?": refused("unseen", ANA, value="steady"),
    "Is Ana sitting upright?": polar(ANA, SITS),
    "Is Ana out of bed?": polar(ANA, OUT_OF_BED),
    "Has Ana been out of bed?": polar(ANA, OUT_OF_BED),
    "Is the bed empty?": polar(NOBODY, ON_BED),
    "Did anyone fall out of bed?": polar(where=FALLS),
    "Who visited Ana?": Query("who", where=Has("with", of=ANA)),
    "Did the resident sit down?": polar(Whom(such=Has("role", "resident")), SITS_DOWN),
    "Who is there at 0:45 but not at 0:10?": refused("unclear"),
    "Who is there at the end but not at the beginning?": refused("unclear"),
    "Who came after Ana but before Ben?": refused("unclear"),
    "Is Ana sitting in the first half but not in the second?": refused("unclear"),
    "Is anyone sitting or cooking in the kitchen?": polar(where=And((Or((SITS, Has("deed", "cooking"))), KITCHEN))),
    "When does Ana leave the sofa?": Query("when", ANA, Has("leaves", "on a sofa")),
    "Does Ana walk in?": polar(ANA, Has("enters")),
    "Does Ana go into the kitchen?": polar(ANA, Has("enters", "kitchen")),
    "Does Ana get out of the kitchen?": polar(ANA, Has("leaves", "kitchen")),
    "Is Ben there when Ana comes?": polar(BEN, during=at("while", ANA, Has("enters"))),
    "Was anybody in the kitchen?": polar(where=KITCHEN, value="people"),
    "Is this a kitchen?": polar(where=KITCHEN),
    "Is Ana only sitting?": polar(ANA, SITS, throughout=True),
    "Where is Ana most of the time?": what("place", ANA, rank=Rank("long")),
    "Is Ana mostly sitting?": polar(ANA, SITS, value="share", number=Number("more_than", 0.5)),
    "When was the light on?": Query("when", where=Has("light", "bright")),
    "Did Ana wear a hat each time?": polar(ANA, HAT, throughout=True),
    "Who carried something?": Query("who", where=Has("holding")),
    "Was Ana alone with Ben?": polar(ANA, And((Has("with", of=BEN), Not(Has("with", of=Whom(besides=("Ben",))))))),
}  # fmt: skip
REFUSED = {
    "Is Ana dead?": "unseen", "Where was Ana born?": "unseen", "What is Ana's blood type?": "unseen",
    "Is Ana a doctor?": "unseen", "Which song is it?": "sound",
    "Hello": "small_talk", "Who are you?": "small_talk",
    "Save this one as Bob.": "wish", "Forget Ana.": "wish", "Was trägt Ana?": "foreign",
    "???": "unclear", "Can you hear the sea?": "sound", "Does Ana sound angry?": "sound",
    "How does her voice sound?": "sound",
    "Do we see his face?": "unseen", "Are his arms bare?": "unseen", "What colour is the lamp?": "unseen",
    "Which one has the broken arm?": "unseen", "How many people, not counting the reflection?": "unseen",
    "Are there spectators to be seen?": "unseen",
    "Was anyone there on Saturday?": "unseen", "What happened in December?": "unseen", "Was it Sunday?": "unseen",
    "Are the two strangers the same person?": "unseen",
    "Who is the shortest?": "unseen", "Is Ana taller than Ben?": "unseen", "Are most of them men?": "unseen",
    "Is anything on the table?": None, "Ana ok?": "unseen", "at 0:10": "unclear", "Can Ana read?": "unseen",
    "Can Ana see Ben?": "unseen", "Was Ana in both rooms?": "unseen", "Is Ana following Ben?": "unseen",
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_question_is_read_as_what_it_asks(text: str) -> None:
    assert query_of(text, NAMES) == READ[text]


@pytest.mark.parametrize("text", ["You are wrong.", "That is wrong!", "That answer is wrong"])
def test_who_says_that_an_answer_is_wrong_is_told_how_to_correct_it(text: str) -> None:
    query = query_of(text, NAMES)
    assert "people not NAME CLIP" in wording(query.refusal or "", query.value)


@pytest.mark.parametrize("text", REFUSED)
def test_what_nothing_can_answer_is_refused(text: str) -> None:
    query = query_of(text, NAMES)
    assert (query.select, query.refusal) == ("refuse", REFUSED[text])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Is Ana in this video?", "existence"), ("What is she wearing?", "appearance"), ("Is Ana sitting?", "action"),
        ("Where is Ana?", "location"), ("Describe Ana.", "other"), ("How old is Ana?", "other"),
    ],
)  # fmt: skip
def test_a_question_has_one_of_five_types(text: str, kind: str) -> None:
    assert type_of(text) == kind


def test_names_are_found_as_people_write_them() -> None:
    names = ("Ana María", "Dr. Lina", "José")
    for text, name in (("is ana maria there?", "Ana María"), ("Where's Lina?", "Dr. Lina"), ("Jose's hat?", "José")):
        assert read_question(text, names).people == (name,), text
    assert [one.end for one in find_mentions("is ana maria there", names, {})] == [len("is ana maria")]
    assert Conversation(names, {"Pepe": "José"}).read(["Is Pepe there?"])[0].people == ("José",)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("whos", "who 's"), ("wasnt", "wasn't"), ("doesnt", "doesn't"), ("hows", "how 's"), ("shes", "she 's"),
        ("cant", "can't"), ("bakc", "back"), ("glases", "glasses"), ("lef", "left"), ("wearign", "wearing"),
        ("stethscope", "stethoscope"), ("w/", "with"), ("w/o", "without"), ("dat", "that"),
        ("sleaping", "sleeping"), ("carers", "carers"), ("tattoo", "tattoo"),
    ],
)  # fmt: skip
def test_a_short_form_is_spelled_out_and_a_slip_mended(typed: str, seen: str) -> None:
    words = worded(f"so {typed}", NAMES, {})[0][1:]
    assert " ".join(word.seen for word in words) == seen


def test_what_may_be_a_name_is_no_short_form() -> None:
    for name in ("Wen", "R"):
        assert query_of(f"Is {name} there?", NAMES).whom == Whom(unknown=(name,))
    assert query_of("Whos there?", NAMES) == Query("who")


@pytest.mark.parametrize(
    ("phrase", "value"),
    [("check his phone", "using a phone"), ("opened the door", "opening a door"), ("whittling", "whittling"),
     ("uses the mobile phone", "using a phone")],
)  # fmt: skip
def test_a_phrase_is_known_with_any_article_and_the_thing_in_it_by_another_name(phrase: str, value: str) -> None:
    assert canonical("deed", phrase) == value


def test_phrases_of_the_lexicon_are_found_the_longest_first() -> None:
    assert known_phrases(["is", "she", "having", "a", "meal", "in", "dark", "blue"]) == [
        (2, 5, "deed"),
        (6, 8, "colour"),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_likeliest_path_is_the_best_of_all(seed: int) -> None:
    scores, alike = np.random.default_rng(seed).normal(size=(5, 3)), 0.7

    def total(path: tuple[int, ...]) -> float:
        same = sum(alike for one, after in pairwise(path) if one == after and one > 0)
        return float(sum(scores[word, tag] for word, tag in enumerate(path))) + same

    assert likeliest_path(scores, alike) == list(max(product(range(3), repeat=5), key=total))


def test_a_name_that_nobody_bears_is_kept_as_it_was_typed() -> None:
    assert query_of("Is Barnaby there?", NAMES).whom == Whom(unknown=("Barnaby",))
    assert query_of("Is Anna there?", NAMES).whom == Whom(unknown=("Anna",))
    assert query_of("Is Dr. Lina there?", NAMES).whom == Whom(unknown=("Dr. Lina",))
    assert query_of("Is Nurse Kelly there?", NAMES).whom == Whom(unknown=("Nurse Kelly",))
    for typed in ("codi", "Codi"):  # one slip in a short name
        assert query_of(f"where's {typed} sitting?", ("Cody", "Emre")).whom == Whom(unknown=("Codi",))
    assert query_of("Who is there?", ()).whom == EVERYBODY
    for asked in ("is zoltan here", "where's zoltan", "did zoltan fall?", "who is zoltan?", "what about zoltan?"):
        assert query_of(asked, NAMES).whom.unknown == ("Zoltan",), asked
    assert query_of("Is April there?", NAMES).whom == Whom(unknown=("April",))  # no month here


def test_a_name_in_lower_case_behind_a_title_or_with_a_slip_is_hers() -> None:
    assert query_of("is he michael", ("Michael",)).whom == Whom(("Michael",))
    assert query_of("Is Dr. Ana there?", NAMES).whom == ANA
    assert query_of("Is Natsha there?", ("Natasha", "Ben")).whom == Whom(("Natasha",))
    assert query_of("Is Norah there?", ("Nora",)).whom == Whom(unknown=("Norah",))  # another name


@pytest.mark.parametrize("text", [None, 3, "a" * 100_000])
def test_what_is_no_text_or_too_long_is_an_error(text: object) -> None:
    with pytest.raises(SettingsError):
        Conversation(NAMES).read([text])  # type: ignore[list-item]


OF_THE_VIDEO: dict[str, Query] = {
    "is Ana": polar(ANA), "are Ana and Ben": polar(BOTH), "where is Ana": what("place", ANA),
    "what is Ana wearing": what("worn", ANA), "what is Ana doing": what("deed", ANA),
    "what does Ana look like": what("looks", ANA), "who is": Query("who"), "how many people are": Query("count"),
    "when is Ana": Query("when", ANA), "how long is Ana": Query("how_long", ANA), "is Ana alone": polar(ANA, ALONE),
    "is Ana wearing glasses": polar(ANA, GLASSES), "is Ana sitting": polar(ANA, SITS),
}  # fmt: skip


@pytest.mark.parametrize("said", ["in this video?", "in the video", "in this clip?", "in the clip", "in the film?"])
@pytest.mark.parametrize("asked", OF_THE_VIDEO)
def test_naming_the_video_changes_nothing(asked: str, said: str) -> None:
    assert query_of(f"{asked} {said}", NAMES) == OF_THE_VIDEO[asked]
    assert query_of(f"{asked[0].upper()}{asked[1:]} {said}", NAMES) == OF_THE_VIDEO[asked]
