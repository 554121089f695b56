"""A number, a day, a version or a default above the excerpts, in the languages that questions are asked in."""

from __future__ import annotations

import re

import pytest

from rag import chunking, folding
from rag.ask import answer, questions
from rag.types import Document, Hit


def told(question: str, text: str) -> str:
    """The fact above the excerpts; "" if there is none."""
    hits = [Hit(one, 1.0) for one in chunking.split(Document("notes", "a", text, kind="markdown"))]
    found = answer(question, hits)
    return found.text if found.trace["style"] == "fact" else ""


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (
            "Auf welchem Port läuft der Server?",
            "Der Server läuft auf Port 4321. Er schreibt ein Protokoll in 3 Dateien.",
            "4321",
        ),
        (
            "welche node version brauche ich mindestens",
            "Installiere zuerst Node. Die minimal unterstützte Version von Node ist `v22.12.0`. Danach startest du.",
            "v22.12.0",
        ),
        (
            "Wie viele Einträge hat eine Datei höchstens?",
            "Eine Datei hat höchstens 45000 Einträge. Danach beginnt eine neue.",
            "45000 Einträge",
        ),
        (
            "Wie lange dauert die Einrichtung?",
            "Die Einrichtung dauert zwischen 30 und 60 Sekunden. Dann öffnet sich das Fenster.",
            "30 und 60 Sekunden",
        ),
        (
            "Was kostet ein Abo im Monat?",
            "Ein Abo kostet 12 € im Monat. Man kann es kündigen.",
            "12 €",
        ),
        (
            "Wann beginnt die Sitzung?",
            "Die Sitzung beginnt am 13. Mai 2026 im Saal.",
            "13. Mai 2026",
        ),
        (
            "Quel port utilise le serveur ?",
            "Le serveur utilise le port 4321. Il écrit un journal.",
            "4321",
        ),
        (
            "combien d'urls max par fichier sitemap",
            "Un fichier sitemap contient au maximum 45000 urls par fichier. Ensuite un autre commence.",
            "45000 urls",
        ),
        (
            "quelle version de node minimum",
            "La version minimum de Node est `v22.12.0`. Installez-la.",
            "v22.12.0",
        ),
        (
            "Combien de temps dure l'installation ?",
            "L'installation dure entre 30 et 60 secondes. Ensuite la fenêtre s'ouvre.",
            "30 et 60 secondes",
        ),
        (
            "Combien coûte un abonnement par mois ?",
            "Un abonnement coûte 12 € par mois. On peut le résilier.",
            "12 €",
        ),
        (
            "Quand commence la réunion ?",
            "La réunion commence le 13 mai 2026 dans la salle.",
            "13 mai 2026",
        ),
        (
            "quel port par defaut",
            "Le port par défaut est `4321`. On peut le changer.",
            "4321",
        ),
        (
            "¿Cuál es la versión mínima de Node?",
            "La versión mínima de Node es `v22.12.0`. Instálala.",
            "v22.12.0",
        ),
        (
            "cuanto tarda en crearse el espacio de trabajo",
            "El espacio de trabajo puede tardar entre 30 y 60 segundos en crearse. Si todo va bien, verás el proyecto.",
            "30 y 60 segundos",
        ),
        (
            "¿Qué puerto usa el servidor?",
            "El servidor usa el puerto 4321. Escribe un registro.",
            "4321",
        ),
        (
            "¿Cuántas entradas tiene un archivo como máximo?",
            "Un archivo tiene como máximo 45000 entradas. Luego empieza otro.",
            "45000 entradas",
        ),
        (
            "¿Cuánto cuesta una suscripción al mes?",
            "Una suscripción cuesta 12 € al mes. Se puede cancelar.",
            "12 €",
        ),
        (
            "¿Cuándo empieza la reunión?",
            "La reunión empieza el 13 de mayo de 2026 en la sala.",
            "13 de mayo de 2026",
        ),
        (
            "cual es el puerto por defecto",
            "El puerto por defecto es `4321`. Se puede cambiar.",
            "4321",
        ),
        (
            "Quanto dura l'installazione?",
            "L'installazione dura tra 30 e 60 secondi. Poi si apre la finestra.",
            "30 e 60 secondi",
        ),
        (
            "Quanto costa un abbonamento al mese?",
            "Un abbonamento costa 12 € al mese. Si può disdire.",
            "12 €",
        ),
        (
            "Quante voci ha un file al massimo?",
            "Un file ha al massimo 45000 voci. Poi ne comincia un altro.",
            "45000 voci",
        ),
        (
            "Quale porta usa il server?",
            "Il server usa la porta 4321. Scrive un registro.",
            "4321",
        ),
        (
            "qual è la versione minima di node",
            "La versione minima di Node è `v22.12.0`. Installala.",
            "v22.12.0",
        ),
        (
            "Hoe lang duurt de installatie?",
            "De installatie duurt 30 tot 60 seconden. Daarna opent het venster.",
            "30 tot 60 seconden",
        ),
        (
            "Hoeveel kost een abonnement per maand?",
            "Een abonnement kost 12 € per maand. Je kunt het opzeggen.",
            "12 €",
        ),
        (
            "Welke poort gebruikt de server?",
            "De server gebruikt poort 4321. Hij schrijft een log.",
            "4321",
        ),
        (
            "Quanto tempo demora a instalação?",
            "A instalação demora 30 a 60 segundos. Depois abre a janela.",
            "30 a 60 segundos",
        ),
        (
            "Quanto custa uma assinatura por mês?",
            "Uma assinatura custa 12 € por mês. Pode cancelar.",
            "12 €",
        ),
        (
            "Which port does the server use?",
            "The server uses port 4321. It writes a log in 3 files.",
            "4321",
        ),
        (
            "which node version do i need at least",
            "The minimum version of Node you need is `v22.12.0`. Install it.",
            "v22.12.0",
        ),
        ("Quanto é a caução?", "O aluguer custa 7,50 EUR por ano. A caução é de 5 EUR.", "5 EUR"),
        ("Hoeveel is de contributie?", "De contributie bedraagt 285 euro per jaar.", "285 euro"),
    ],
)
def test_the_fact_that_was_asked_for_in_its_language(question: str, text: str, expected: str) -> None:
    assert told(question, text) == expected


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Wie lange dauert die Einrichtung?", "Die Einrichtung hat 3 Schritte und braucht 2 Dateien."),
        ("Combien de temps dure l'installation ?", "L'installation a 3 étapes et demande 2 fichiers."),
        ("¿Cuánto cuesta una suscripción al mes?", "Una suscripción al mes tiene 30 días y 2 cuentas."),
        (
            "Combien de personnes utilisent le serveur par mois ?",
            "Le serveur redémarre 3 fois par mois. Les personnes qui utilisent le serveur écrivent 2 lettres.",
        ),
        ("Quel port utilise le serveur ?", "Le serveur utilise un port. Il a 3 fichiers."),
        ("cuántas personas usan el servidor", "Las personas usan el servidor desde hace 3 años."),
        ("welche version brauche ich für preact", "Für Preact brauchst du 3 Dateien und 2 Ordner."),
        (
            "which version has the export",
            "Before 3.2.0 there was no export of versions. The export came with 3.4.1 and 3.4.2.",
        ),
    ],
)
def test_no_other_number_is_one(question: str, text: str) -> None:
    assert told(question, text) == ""


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("was kostet das Hosting im Monat", "number"),
        ("was sind server islands", "thing"),
        ("was muss ich eintragen", "thing"),
        ("was the bridge built in 1900?", "yes or no"),
        ("quel est le port du serveur", "number"),
        ("cual es el limite de tamaño", "number"),
        ("¿Cuántas entradas caben como máximo?", "number"),
        ("cómo cambio el puerto", "how"),
    ],
)
def test_what_is_asked_for(question: str, wanted: str) -> None:
    assert questions.wants(question) == wanted


def test_accents_may_be_left_out() -> None:
    pattern = re.compile(folding.loosely(r"\b(?:par défaut|[éè]t[ée]\]?|größe)\b"))
    assert all(pattern.fullmatch(word) for word in ("par défaut", "par defaut", "été", "ete", "größe", "grosse"))
    assert not pattern.fullmatch("par difaut")
