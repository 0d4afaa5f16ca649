"""Word lists that reading a question and guarding an answer share: function words, pronouns, the mask for names."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set; above the constants because they are made with it."""
    return frozenset(text.split())


MASK = "Alex"  # stands for any name, for the rules and the encoder alike
FUNCTION_WORDS = word_set(
    """a about after again all also am an and any are as at be because been before being both but by can could did do
    does either else even every few for from get had has have he her here hers him his how i if in into is it its
    just let like may me might more most must my neither no nor not of off on one only or other our out over own
    please same shall she should show so some such tell than that the their them then there these they this those
    though to together too under until up us very was we were what when where whether which while who whom whose why
    will with within without would yes yet you your"""
)
BEFORE_NOUN = word_set(
    """a an the this that these those some any no every each my your his her their our its another one two three red
    pink white yellow big small i you he she we they it"""
)
OPENERS = word_set(
    """is are was were does do did has have can could will would should see spot find recognise recognize detect notice
    and or nor not either neither both with about of to by like describe beside besides than except for where's
    who's what's how's where's behind near show after before"""
)
PREDICATES = word_set(
    """is are was were be been has does in here there on at and or too also present visible appear appears show shows
    seen shown both wear wears look looks do hold located dressed anywhere positioned together again"""
)
TITLES = word_set(
    """dr doctor nurse mr mrs ms miss mister madam sir prof professor sister brother matron captain officer uncle aunt
    auntie grandma grandpa granny grandmother grandfather mama papa"""
)  # before a name; never a name's first word by itself
