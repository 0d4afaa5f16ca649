"""Questions of every kind that users ask, in many wordings: those of training and those kept back share none.

In: a kind, names, words about what was measured. Out: the plain wording, which the rules read for certain (they are the
teacher), and the wording that the model is asked with, which they may misread.

{0} and {1} are names, {x} is what is asked for ("a red top", "sitting", "left"). A pronoun may stand for {0}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Wording:
    """One kind of question: as the rules read it, and other words of training and validation."""

    plain: str
    training: tuple[str, ...]
    kept_back: tuple[str, ...]

    def draw(self, rng: np.random.Generator, validation: bool) -> str:
        """A wording: of validation one that training never saw."""
        pool = self.kept_back if validation else (self.plain, *self.training)
        return pool[int(rng.integers(len(pool)))]


def _wording(plain: str, training: str, kept_back: str) -> Wording:
    split = (tuple(text.strip() for text in part.split("|")) for part in (training, kept_back))
    return Wording(plain, *split)


BANK: dict[str, Wording] = {
    "existence": _wording(
        "Is {0} in this video?",
        "Can you see {0}?|Does {0} appear?|Is {0} there?|Have you spotted {0}?|Do you see {0} anywhere?"
        "|Did {0} show up in the clip?|I'm looking for {0}, any luck?|Could you check whether {0} is here?"
        "|Is that {0}?|Do we get to see {0}?|Was {0} filmed?|Does the footage show {0}?|{0}?|Was {0} around?",
        "Is {0} visible in this clip?|Any sign of {0}?|Did you come across {0}?|Is {0} among these people?"
        "|Tell me if {0} is in it.|Does {0} turn up at all?",
    ),
    "existence of two": _wording(
        "Are {0} and {1} in this video?",
        "Can you see {0} and {1}?|Are both {0} and {1} there?|Do {0} and {1} appear?|Is {0} there, and {1}?"
        "|Did {0} and {1} both make it into the clip?|Are {0} and {1} shown?",
        "Do you see {0} and {1} in the footage?|Are {0} and {1} both present?|Have {0} and {1} been filmed?",
    ),
    "who": _wording(
        "Who is in this video?",
        "Who can you see?|Whom do you recognise?|Which people are there?|Who appears in the clip?|Who's that?"
        "|Who are these people?|Is anybody I know in it?|List the people.|Who is here?|Anyone familiar?",
        "Who shows up in this footage?|Who do you see here?|Can you name the people in the clip?|Who all is there?",
    ),
    "how many": _wording(
        "How many people are in this video?",
        "How many people can you see?|How many persons are there?|Count the people.|What is the number of people?"
        "|How many people appear?|How many are there?",
        "How many people do you see here?|How many people does the clip show?|Is it one person or more?",
    ),
    "who not": _wording(
        "Who is not in this video?",
        "Who is missing?|Who isn't there?|Who is absent?|Whom do you not see?",
        "Who doesn't appear in the clip?|Who of the people I know is missing here?",
    ),
    "appearance": _wording(
        "What is {0} wearing?",
        "What clothes does {0} have on?|How is {0} dressed?|What has {0} got on?|Describe the clothes of {0}."
        "|What is {0}'s outfit?|Which clothes is {0} in?|What does {0} wear?|Tell me about {0}'s clothing."
        "|What's {0} dressed in?|What did {0} put on?|How does {0} dress?|What colour are {0}'s clothes?",
        "What kind of outfit does {0} have?|What garments is {0} wearing?|{0}'s clothes, what are they?"
        "|Can you describe how {0} is dressed?|What did {0} choose to wear?|What is {0} clad in?",
    ),
    "looks": _wording(
        "What does {0} look like?",
        "How does {0} look?|Describe {0}'s appearance.|What is {0}'s hair like?|How would you describe {0}'s looks?"
        "|What do you notice about how {0} looks?",
        "Give me an idea of {0}'s looks.|What sort of appearance has {0}?",
    ),
    "action": _wording(
        "What is {0} doing?",
        "What does {0} do?|What is {0} up to?|How is {0} occupied?|What's {0} busy with?|Describe what {0} does."
        "|What happens with {0}?|How does {0} behave?|What action does {0} perform?|What is going on with {0}?"
        "|What was {0} doing?|How does {0} move?",
        "What keeps {0} busy?|How does {0} spend the time?|Which activity is {0} engaged in?"
        "|What can you say about what {0} does?|What is {0} getting up to?",
    ),
    "location": _wording(
        "Where is {0}?",
        "Where can I find {0}?|Where is {0} in the picture?|In which place is {0}?|Where does {0} stand?"
        "|Where was {0} filmed?|What place is {0} at?|Whereabouts is {0}?|Where do you see {0}?|What is around {0}?",
        "At what place is {0}?|Tell me where {0} is.|Where exactly is {0} located?|Which spot is {0} in?",
    ),
    "beside whom": _wording(
        "Who is next to {0}?",
        "Who is beside {0}?|Who is with {0}?|Whom is {0} next to?|Who stands near {0}?|Is anybody beside {0}?",
        "Who is at {0}'s side?|Next to whom is {0}?|Who is close to {0}?",
    ),
    "all": _wording(
        "Describe {0}.",
        "Tell me about {0}.|What can you say about {0}?|Give me a description of {0}.|Say something about {0}."
        "|What do you know about {0} here?|Sum up {0}.",
        "Please describe {0} for me.|What about {0} in this clip?|I want to know everything about {0}.",
    ),
    "worn": _wording(
        "Is {0} wearing {x}?",
        "Does {0} wear {x}?|Has {0} got {x} on?|Is {0} in {x}?|Is {0} dressed in {x}?|Does {0} have {x} on?",
        "Did {0} put on {x}?|Would you say {0} wears {x}?|Is it {x} that {0} wears?",
    ),
    "pose": _wording(
        "Is {0} {x}?",
        "Do you see {0} {x}?|Would you say {0} is {x}?|So {0} is {x}?|Is it true that {0} is {x}?",
        "Can you confirm that {0} is {x}?|{0} is {x}, right?",
    ),
    "deed": _wording(
        "Is {0} {x}?",
        "Do you see {0} {x}?|Would you say {0} is {x}?|So {0} is {x}?|Is it true that {0} is {x}?",
        "Can you confirm that {0} is {x}?|{0} is {x}, right?",
    ),
    "side": _wording(
        "Is {0} on the {x}?",
        "Is {0} to the {x}?|Is {0} at the {x}?|Does {0} stand on the {x}?|So {0} is on the {x}?",
        "Is it the {x} side where {0} is?|Is {0} over on the {x}?",
    ),
    "gender": _wording(
        "Is {0} a {x}?",
        "Would you say {0} is a {x}?|So {0} is a {x}?",
        "Is {0} a {x}, do you think?|{0} is a {x}, right?",
    ),
    "alone": _wording(
        "Is {0} alone?",
        "Is {0} by themselves?|Is {0} on their own?|Is nobody else there but {0}?",
        "Is {0} the only person?|Has {0} no company?",
    ),
    "beside": _wording(
        "Is {0} next to {1}?",
        "Is {0} beside {1}?|Are {0} and {1} next to each other?|Does {0} stand near {1}?|Is {0} close to {1}?",
        "Is {0} at {1}'s side?|Do {0} and {1} stand side by side?",
    ),
    "who wears": _wording(
        "Who is wearing {x}?",
        "Who wears {x}?|Who has {x} on?|Who is in {x}?",
        "Who of them is dressed in {x}?|Who put on {x}?",
    ),
    "who does": _wording(
        "Who is {x}?",
        "Which person is {x}?|Do you see who is {x}?|Is anybody {x}?",
        "Who of them is {x}?|Who do you see {x}?",
    ),
    "when": _wording(
        "When is {0} in this video?",
        "When does {0} appear?|When can I see {0}?|At what time is {0} there?|At which moments is {0} seen?",
        "From when to when is {0} there?|What times is {0} visible?",
    ),
    "how long": _wording(
        "How long is {0} in this video?",
        "For how long is {0} there?|How many seconds is {0} visible?|How long do you see {0}?"
        "|How long does {0} appear?",
        "How much time is {0} on screen?|For how many seconds can I see {0}?",
    ),
    "first": _wording(
        "When is {0} first seen?",
        "When does {0} first appear?|At what time is {0} first there?",
        "When do you see {0} first?",
    ),
    "last": _wording(
        "When is {0} last seen?",
        "When does {0} last appear?|When do you see {0} for the last time?",
        "When was {0} last there?",
    ),
    "held": _wording(
        "What is {0} holding?",
        "What has {0} in the hands?|What does {0} hold?|What is in {0}'s hands?|What is {0} carrying?",
        "Is there something in {0}'s hands?|Which thing does {0} hold?",
    ),
    "things": _wording(
        "What things are in this video?",
        "What objects can you see?|Which things are there?|What else is there?|List the objects.|What stands around?",
        "What items do you see?|Which objects does the clip show?",
    ),
    "thing": _wording(
        "Is there a {x}?",
        "Can you see a {x}?|Do you see a {x} in the video?|Is a {x} there?|Does the clip show a {x}?",
        "Have you spotted a {x}?|Would there be a {x}?",
    ),
    "unanswerable": _wording(
        "What is {0} thinking?",
        "How old is {0}?|What does {0} feel?|Why is {0} crying?|What is {0} saying?|What is {0}'s job?"
        "|Is {0} happy at work?"
        "|Why is {0} angry?|What will {0} do next?|Is {0} rich?|Who is {0} married to?|Does {0} like the food?"
        "|Where does {0} live?|What is {0}'s phone number?|Is {0} tired?|How tall is {0}?|Why is {0} running away?",
        "What is on {0}'s mind?|Is {0} in love?|How much does {0} weigh?|What did {0} have for breakfast?"
        "|Why is {0} sad?"
        "|What does {0} want?",
    ),
}
ABOUT_ONE = ("existence", "appearance", "looks", "action", "location", "beside whom", "all", "worn", "pose", "deed",
             "side", "gender", "alone", "when", "how long", "first", "last", "held", "unanswerable")  # fmt: skip
ABOUT_TWO = ("existence of two", "beside")
ABOUT_CLIP = ("who", "how many", "who not", "who wears", "who does", "things", "thing")
