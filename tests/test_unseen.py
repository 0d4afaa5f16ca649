"""What no camera sees is answered by "I can't tell", whatever noun it is asked by; what is measured is still told."""

from __future__ import annotations

import pytest
from test_aspects import ask

UNSEEN = (
    "What is Ana's shoe size?", "What is Ana's blood type?", "Which football club does Ana support?",
    "How clever is Ana?", "What is Ana's hobby?", "What pets has Ana got?",
    "How fast can Ana run?", "What's Ana's star sign?", "What plans does Ana have?",
    "Which newspaper does Ana read at home?", "What is Ana allergic to?", "What is Ana worried about?",
    "How strong is Ana?", "What kind of person is Ana?", "What car does Ana drive?",
    "Is Ana a vegetarian?", "Does Ana know Ben from school?", "What did Ana dream?",
    "Which of them is the boss?", "Is Ana older than Ben?", "How did Ana get here?",
    "What is Ana's opinion of Ben?", "Can Ana play the piano?", "How healthy is Ana?",
    "How often does Ana go to the gym?", "What does Ana do for a living?", "What does Ana have for lunch?",
    "What is Ana guilty of?", "Where does Ana work?", "Where is Ana going after this?", "Where did Ana grow up?",
    "What brand is Ana's jacket?", "How much did Ana's shirt cost?", "Is Ana left-handed?",
    "Which party does Ana vote for?", "What's Ana's relationship to Ben?", "What is Ana's ring size?",
    "What is Ana's net worth?", "What's Ana's IQ?", "Which bank does Ana use?", "What is Ana's political view?",
    "What is Ana's middle initial?", "Which bus did Ana take?", "Where does Ana keep the keys?",
    "Where did Ana buy that coat?", "What is Ana known for?", "What does Ana study?", "What is Ana's secret?",
    "How much does Ana earn an hour?", "What size is Ana's dress?", "Which medicine does Ana take?",
    "What is the title of Ana's book?", "Who does Ana miss?", "Does Ana own a boat?", "Does Ana snore?",
    "Is Ana good at maths?", "How good is Ana at chess?", "What is Ana proud of?", "What is Ana's skill?",
    "When is Ana's birthday?", "Whose brother is Ana?", "What was Ana's mistake?", "What fabric is Ana's shirt?",
    "What does Ana smell of?", "What's in Ana's bag?", "What is inside Ana's red suitcase?",
    "What colour are Ana's eyes?", "What eye colour does Ana have?", "Does Ana have blue eyes?",
    "Are Ana's eyes green?", "What about Ana's eyes?",
    "What are Ana's eyes like?", "Who has blue eyes?", "Is Ana in pain?", "Does Ana need a doctor?",
)  # fmt: skip
SEEN = (
    "What is Ana's hairstyle?", "What is Ana's shirt like?", "Which clothes is Ana in?", "What's Ana's pose?",
    "What is Ana's position in the frame?", "How is Ana's hair?", "What gestures does Ana make?",
    "What is Ana's top?", "Which colour is Ana's jacket?", "What accessories does Ana have?",
    "What is Ana's location?", "How would you describe Ana?", "What surrounds Ana?", "How is Ana moving?",
    "What is Ana's facial expression?", "What are Ana and Ben up to?", "What is the colour of Ana's hair?",
    "What's Ana's jacket like?", "What is Ana's hair like?", "Which side is Ana on?",
    "Which garments does Ana have on?", "What's Ana's current activity?", "What is Ana's clothing style?",
    "What colours is Ana in?", "Where does Ana sit?", "Where did Ana appear?", "What movements is Ana making?",
    "What's Ana's outfit today?", "What sort of place is Ana in?", "How does Ana look today?",
    "What's in Ana's hands?", "What is in Ana's left hand?",
)  # fmt: skip


@pytest.mark.parametrize("text", UNSEEN)
def test_nothing_seen_answers_what_no_camera_sees(text: str) -> None:
    answer = ask(text)
    assert "can't tell" in answer, answer
    assert "yellow jacket" not in answer or "whether" in answer, answer


@pytest.mark.parametrize("text", UNSEEN[:12])
def test_nor_anything_about_somebody_who_is_not_there(text: str) -> None:
    assert "not in this video" in ask(text, "app")


@pytest.mark.parametrize("text", SEEN)
def test_what_is_measured_is_told(text: str) -> None:
    assert "can't tell" not in ask(text), ask(text)
