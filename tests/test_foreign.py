"""Questions in six languages are refused in the language of the question."""

from __future__ import annotations

import pytest
from make_asked import query_of

from pvchat.chat.query import Query

NAMES = ["Ana", "Bo"]
# by language: is somebody there, who is there, anything else
ASKED: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "German": (
        ("Ist Ana im Video zu sehen?", "Siehst du Ana?", "Kommt Ana in dem Clip vor?", "Taucht Ana auf?",
         "Ist Ana dabei?", "Kannst du Ana sehen?", "Ist Ana in der Szene?", "Sieht man Ana in diesem Film?",
         "Erkennst du Ana?", "Sind Ana und Bo im Video?", "Gibt es Ana in diesem Video?",
         "Ist hier irgendwo Ana?"),
        ("Wer ist im Video?", "Wen siehst du?", "Wer kommt in diesem Film vor?", "Wer ist da?",
         "Wen erkennst du?", "Wer ist noch zu sehen?", "Wer ist auf dem Bild?", "Wer sind diese Leute?"),
        ("Was trägt Ana?", "Wo ist Ana?", "Was macht Ana gerade?", "Ist Ana allein?", "Wie sieht Ana aus?",
         "Ist Ana tot?", "Hat Ana einen Bart?", "Sitzt Ana?", "Warum lacht Ana?", "Wie alt ist Ana?",
         "Trägt Ana eine Brille?", "Beschreibe Ana.",
         "Wann ist Ana zu sehen?", "Ist Ana nicht im Video?"),
    ),
    "French": (
        ("Est-ce qu'Ana est dans la vidéo ?", "Ana est-elle présente ?", "Vois-tu Ana ?",
         "Ana apparaît-elle dans ce clip ?", "Est-ce que tu vois Ana ?", "Peut-on voir Ana ?",
         "Y a-t-il Ana dans la vidéo ?", "Ana figure-t-elle dans cette vidéo ?",
         "Est-ce que Ana et Bo sont là ?", "Ana est là ?"),
        ("Qui est dans la vidéo ?", "Qui voit-on ?", "Qui est là ?", "Qui apparaît dans ce clip ?",
         "Qui vois-tu ?", "Qui d'autre est présent ?"),
        ("Que porte Ana ?", "Où est Ana ?", "Que fait Ana ?", "Ana est-elle seule ?", "Ana est-elle morte ?",
         "Quel âge a Ana ?", "Décris Ana.",
         "De quelle couleur est la veste d'Ana ?", "Pourquoi Ana rit ?", "Ana porte-t-elle des lunettes ?",
         "À quoi ressemble Ana ?", "Quand voit-on Ana ?"),
    ),
    "Spanish": (
        ("¿Está Ana en el vídeo?", "¿Aparece Ana?", "¿Ves a Ana?", "¿Se ve a Ana en este clip?",
         "¿Sale Ana en la película?", "¿Puedes ver a Ana?", "¿Están Ana y Bo en el video?",
         "¿Ana está presente?", "¿Reconoces a Ana?"),
        ("¿Quién está en el vídeo?", "¿Quién aparece?", "¿Quiénes son?", "¿A quién ves?",
         "¿Quién más está ahí?", "¿Quién sale en este clip?"),
        ("¿Qué lleva Ana?", "¿Dónde está Ana?", "¿Qué hace Ana?", "¿Está Ana sola?", "¿Está Ana muerta?",
         "¿Cuántos años tiene Ana?", "¿Cómo es Ana?", "¿Por qué ríe Ana?",
         "¿Lleva Ana gafas?", "¿Cuándo aparece Ana?", "¿Está Ana sentada?"),
    ),
    "Italian": (
        ("Ana è nel video?", "C'è Ana?", "Vedi Ana?", "Si vede Ana in questo video?",
         "Ana appare nel filmato?", "Ci sono Ana e Bo?", "È presente Ana?", "Riconosci Ana?"),
        ("Chi c'è nel video?", "Chi è nel video?", "Chi vedi?", "Chi si vede?", "Chi altro c'è?",
         "Chi appare in questa scena?", "Chi sono?"),
        ("Cosa indossa Ana?", "Dov'è Ana?", "Che cosa fa Ana?", "Ana è sola?", "Ana è morta?",
         "Quanti anni ha Ana?", "Descrivi Ana", "Perché ride Ana?",
         "Ana porta gli occhiali?", "Quando appare Ana?", "Ana è seduta?"),
    ),
    "Portuguese": (
        ("A Ana está no vídeo?", "Você vê Ana?", "Vês a Ana?",
         "Dá para ver Ana?", "Ana e Bo estão no vídeo?", "Ana está aqui?", "Reconhece Ana?"),
        ("Quem está no vídeo?", "Quem aparece?", "Quem é?", "Quem você vê?", "Quem mais está aí?",
         "Quem se vê neste clipe?"),
        ("O que a Ana veste?", "Onde está Ana?", "O que Ana está fazendo?", "Ana está sozinha?",
         "Ana está morta?", "Quantos anos tem Ana?", "Descreva Ana", "Por que Ana ri?",
         "Ana usa óculos?", "Quando aparece Ana?"),
    ),
    "Chinese": (
        ("Ana在视频里吗？", "视频里有Ana吗？", "你能看到Ana吗？", "Ana出现了吗？", "Ana 在这里吗？",
         "这个视频里有没有Ana？", "Ana和Bo在视频里吗？", "你看见Ana了吗？", "能看到Ana吗？"),
        ("视频里有谁？", "谁在视频里？", "你看到了谁？", "这是谁？", "还有谁？", "画面里是谁？"),
        ("Ana穿什么？", "Ana在哪里？", "Ana在做什么？", "Ana一个人吗？", "Ana死了吗？", "Ana几岁？", "描述Ana",
         "Ana为什么笑？", "Ana戴眼镜吗？", "Ana什么时候出现？", "Ana坐着吗？"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ASKED)
def test_it_is_refused_in_the_same_language(language: str) -> None:
    for text in (text for texts in ASKED[language] for text in texts):
        assert query_of(text, NAMES) == Query("refuse", refusal="foreign", value=language), text


@pytest.mark.parametrize(
    "text",
    ["Wie viele Leute sind da?", "Wie viele Personen sind im Video zu sehen?", "Combien de personnes y a-t-il ?",
     "¿Cuántas personas hay?", "¿Cuántas personas hay en el vídeo?", "¿Cuánta gente hay?",
     "Quante persone ci sono nel video?", "Quantas pessoas há no vídeo?", "视频里有几个人？", "视频里有多少人？",
     "Wie viele Leute tragen eine Brille?", "¿Cuántas personas llevan gafas?"],
)  # fmt: skip
def test_how_many_there_are_is_refused_too(text: str) -> None:
    assert query_of(text, NAMES).refusal == "foreign"
