"""What asks for nothing that can be seen: one kind sentence that says what can be asked; in other languages too."""

from __future__ import annotations

import re

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.claims import asks
from pvchat.chat.evidence import Evidence
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question
from pvchat.schemas import Garment, Ground, PersonFacts, PersonPresence, SceneFacts, Why

NAMES = ["Ana", "Ben"]


def present() -> list[PersonPresence]:
    return [PersonPresence(name, "present", 0.9, [], track) for track, name in enumerate(NAMES)]


def ask(text: str, previous: Question | None = None) -> str:
    question = read_question(text, NAMES, previous=previous)
    seen = Evidence({name: PersonFacts(pose="sitting") for name in NAMES})
    return plain_answer(question, question.about(present()), seen)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("Thanks!", "You're welcome"), ("thank you very much", "You're welcome"), ("Why?", "I can't say why"),
        ("And why?", "I can't say why"), ("You are stupid", "I'm sorry"), ("That was useless.", "I'm sorry"),
        ("Tell me a joke", "I'm no good at that"), ("Hello", "Hello"), ("Who are you?", "I'm PVChat"),
        ("Are you Ana?", "I'm PVChat"),
        ("What is on the roof?", "I can't tell that"), ("Is it raining?", "I can't tell that"),
        ("What is the weather like?", "I can't tell that"), ("Is there a dragon?", "I can't tell that"),
        ("Danke!", "You're welcome"), ("merci beaucoup", "You're welcome"), ("Hola", "Hello"), ("Guten Tag", "Hello"),
        ("What colour is the door?", "I can't tell that"), ("Where is the patient?", "I can't tell that"),
        ("What is the nurse doing?", "I can't tell that"), ("Where is my wife?", "I can't tell that"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("follows", [False, True])
def test_one_kind_sentence_and_nobody_is_described(text: str, begins: str, follows: bool) -> None:
    previous = read_question("Is Ana here?", NAMES) if follows and not begins.startswith("I can't tell") else None
    answer = ask(text, previous)
    assert answer.startswith(begins)
    assert "who is in this video" in answer
    assert len(re.findall(r"[.!?](?=\s|$)", answer)) == 1
    assert not re.search(r"\b(Ana|Ben|sits)\b", answer)


@pytest.mark.parametrize("text", ["Are you sure?", "really?", "How do you know that?", "How sure are you?"])
def test_how_sure_it_is_stands_beside_the_answers(text: str) -> None:
    for previous in (None, read_question("What is Ana wearing?", NAMES)):
        assert ask(text, previous).startswith("How sure I am stands beside each answer as a probability")
    assert ask("Are you sure that Ana is here?").startswith("Yes, Ana is in this video")


@pytest.mark.parametrize(
    ("text", "length", "said"),
    [
        ("How long is this video?", 75.0, "This is a video of about 1 minute 15 seconds."),
        ("How many seconds does the video last?", 2.0, "This is a video of about 2 seconds."),
        ("What is the length of this clip?", 1.0, "This is a photo, or a video of about a second."),
        ("Is it a photo or a video?", 1.0, "This is a photo, or a video of about a second."),
        ("Is this a photo?", 9.0, "This is a video of about 9 seconds."),
        ("Is this a hospital?", 9.0, "I can't tell whether this is a hospital. This is in an office."),
        ("Is it an office?", 9.0, "Yes, this is in an office."),
    ],
)
def test_what_the_clip_itself_is(text: str, length: float, said: str) -> None:
    question = read_question(text, NAMES, previous=read_question("Is Ana here?", NAMES))
    seen = Evidence({"Ana": PersonFacts(pose="sitting")}, scene=SceneFacts("an office", "indoors"), duration_s=length)
    assert plain_answer(question, question.about(present()), seen) == said


@pytest.mark.parametrize("text", ["Describe the video.", "What is happening?", "Tell me about them."])
def test_questions_about_the_clip_are_answered_as_before(text: str) -> None:
    assert "sit" in ask(text)
    assert ask("What do you see?") == "Ana and Ben are in this video."


@pytest.mark.parametrize("text", ["Thanks, is Ana here?", "Cool, and Ben?", "Hello, who is here?"])
def test_politeness_beside_a_question_hides_no_question(text: str) -> None:
    assert read_question(text, NAMES).reply == ""


@pytest.mark.parametrize("between", ["Thanks!", "Tell me a joke", "Was macht Ana?"])
def test_the_subject_stays_over_small_talk(between: str) -> None:
    first = read_question("Is Ana here?", NAMES)
    aside = read_question(between, NAMES, previous=first)
    assert aside.reply
    assert read_question("and what is she wearing?", NAMES, previous=aside).people == ("Ana",)


LANGUAGES = {
    "German": (["Ist Ana in diesem Video?", "Kommt Ana im Clip vor?", "Sind Ana und Ben hier zu sehen?"],
               ["Wer ist in diesem Video?", "Wen sieht man hier?"],
               ["Was macht Ana?", "Ist Ana tot?", "Was trägt Ana?", "Wo ist Ana?", "Wer ist Ana?"], "Englisch"),
    "French": (["Est-ce qu'Ana est dans cette vidéo ?", "Ana est-elle dans la vidéo ?", "Ana est là ?"],
               ["Qui est dans la vidéo ?", "Qui voit-on ici ?"],
               ["Que porte Ana ?", "Ana est-elle morte ?", "Où est Ana ?", "Qui est Ana ?"], "anglais"),
    "Spanish": (["¿Está Ana en este vídeo?", "¿Aparece Ana aquí?", "Ana está en el video?"],
                ["¿Quién está en el vídeo?", "¿Quiénes aparecen aquí?"],
                ["¿Qué lleva Ana?", "¿Está muerta Ana?", "¿Dónde está Ana?"], "inglés"),
    "Italian": (["Ana è nel video?", "C'è Ana in questo video?", "Si vede Ana qui?"],
                ["Chi c'è nel video?", "Chi si vede qui?"],
                ["Cosa indossa Ana?", "Ana è morta?", "Dove è Ana?"], "inglese"),
    "Portuguese": (["A Ana está no vídeo?", "Ana aparece neste vídeo?"],
                   ["Quem está neste vídeo?", "Quem aparece aqui?"],
                   ["O que Ana está vestindo?", "A Ana está morta?", "Onde está a Ana?"], "inglês"),
    "Chinese": (["Ana在这个视频里吗？", "视频里有没有Ana？"], ["谁在视频里？", "这里有谁？"],
                ["Ana穿什么？", "Ana死了吗？", "Ana在做什么？"], "英文"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_there_is_read_in_other_languages(language: str) -> None:
    there, who, _, _ = LANGUAGES[language]
    for text in there:
        question = read_question(text, NAMES)
        assert (question.type, question.people[0], question.unknown) == ("existence", "Ana", ()), text
        assert ask(text).startswith("Yes, "), text
    for text in who:
        question = read_question(text, NAMES)
        assert (question.type, question.asks_who, question.unknown) == ("existence", True, ()), text
        assert ask(text).startswith("Ana and Ben are in this video"), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_questions_are_refused_kindly_in_their_language(language: str) -> None:
    _, _, others, english = LANGUAGES[language]
    for text in others:
        answer = ask(text)
        assert english in answer, f"{text}: {answer}"
        assert "Yes" not in answer
        assert asks(read_question(text, NAMES), [], Evidence()) == []


@pytest.mark.parametrize(
    "text",
    ["Is Ana here?", "Who is here?", "Describe Ana.", "Film Ana", "Ana?", "What is Ana wearing?", "Come on, is Ana in?",
     "Video of Ana?", "where ana", "ana there", "On the video, who?", "Scene?", "man with ana in a hat",
     "Man on a bike?", "come on ana", "no comment", "Ana, son of Ben?", "a war film?"],
)  # fmt: skip
def test_english_is_not_taken_for_another_language(text: str) -> None:
    question = read_question(text, NAMES)
    assert not re.search("englisch|anglais|ingl|英文", question.reply, re.IGNORECASE)


@pytest.mark.parametrize(
    "text", ["Why do you say so?", "And why do you think that?", "what makes you think so", "What is that based on?"]
)
def test_why_so_tells_what_the_answer_before_rests_on(text: str) -> None:
    jacket = Garment("jacket", "red", 0.9)
    facts = PersonFacts(clothes=[jacket], grounds={"jacket": Ground(4.0, (0.1, 0.2, 0.3, 0.9), 0.8)})
    seen = Evidence({"Ana": facts}, duration_s=20.0)
    people = [
        PersonPresence("Ana", "present", 0.998, [(2.0, 9.0)], 0),
        PersonPresence("Ben", "absent", 0.02, why=Why("other", text="Most like Ben is somebody who is more like Ana.")),
    ]

    def why(before: str) -> str:
        question = read_question(text, NAMES, previous=read_question(before, NAMES))
        return plain_answer(question, question.about(people), seen)

    ana = "Ana is recognised by what was enrolled (probability above 0.99), from 0:02 to 0:09."
    assert why("What is Ana wearing?") == f"{ana} Seen best: a red jacket at 0:04."
    assert why("Where is Ana?") == ana
    assert why("Who is there?") == ana
    assert (
        why("Is Ben there?")
        == "Ben is not recognised (probability 0.02). Most like Ben is somebody who is more like Ana."
    )
    assert why("Thanks!").startswith("I can't tell that")  # nothing was answered


def test_after_why_so_the_next_question_is_a_question() -> None:
    before = read_question("Why do you say so?", NAMES, previous=read_question("What is Ana wearing?", NAMES))
    assert before.why
    after = read_question("And Ben?", NAMES, previous=before)
    assert (after.people, after.type, after.why) == (("Ben",), "appearance", False)
    assert not read_question("and at 0:12?", NAMES, previous=before).why
    assert not read_question("Why do you say so?", NAMES).why
