import re
from importlib.resources import files
from types import SimpleNamespace

import pytest

from assistant.errors import QuestionError
from ui.texts import LANGUAGES, texts, texts_for

PLACES = [
    *files("ui").joinpath("templates").iterdir(),
    *files("ui").joinpath("static").iterdir(),
    *(each for each in files("ui").iterdir() if each.name.endswith(".py")),
]


def request(header="", cookie="", query=""):
    return SimpleNamespace(
        query_params={"lang": query} if query else {},
        cookies={"lang": cookie} if cookie else {},
        headers={"accept-language": header} if header else {},
    )


def values(text):
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_in_every_language_with_the_same_values(language):
    english, other = texts("en").texts, texts(language).texts
    assert list(english) == list(other)
    assert all(values(english[key]) == values(other[key]) for key in english)
    assert [key for key in other if not other[key].strip()] in ([], ["spoken_no_sources"])


def test_no_text_is_left_that_nothing_shows():
    written = "".join(place.read_text("utf-8") for place in PLACES)
    unused = {
        key
        for key in texts("en").texts
        if not re.search(rf"[\"'`]{re.escape(re.sub('_(one|about)$', '', key))}[\"'`]", written)
        and not key.startswith(("theme_", "says_"))
    }
    assert unused == set()


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (request(), "en"),
        (request("fr-CA,fr;q=0.9,en;q=0.8"), "fr"),
        (request("de-DE,de;q=0.9,fr;q=0.8,en;q=0.7"), "fr"),
        (request("en-US,en;q=0.9,fr;q=0.8"), "en"),
        (request("de"), "en"),
        (request("fr", cookie="en"), "en"),
        (request("en", cookie="en", query="fr"), "fr"),
        (request("fr", query="xx", cookie="../../etc"), "fr"),
    ],
)
def test_the_language_is_the_one_chosen_or_else_the_one_that_the_browser_prefers(asked, language):
    assert texts_for(asked).language == language


def test_one_takes_the_singular_where_there_is_one():
    assert texts("en")("found", count=1) == "One document"
    assert texts("fr")("found", count=2) == "2 documents"


@pytest.mark.parametrize(
    ("date", "english", "french"),
    [
        ("2025-02-11", "February 2025", "février 2025"),
        ("2025-12", "December 2025", "décembre 2025"),
        ("2025", "2025", "2025"),
    ],
)
def test_a_date_is_given_as_month_and_year(date, english, french):
    assert texts("en").month(date) == english
    assert texts("fr").month(date) == french


def notices():
    """Give what the assistant says of its answers, from where it says it."""
    from assistant import writer
    from assistant.answerers.verify import left_out

    instead = "; this is the built-in answer instead."
    return [
        writer._SOURCES_DIFFER,
        writer._NOT_BORNE_OUT,
        "Not found in the documents: Who came? Who left?",
        f"The chat model did not answer within 0.5 seconds{instead}",
        f"The chat model failed (APIError){instead}",
        f"The chat model gave no usable answer{instead}",
        f"The chat model named none of the passages it was given{instead}",
        left_out(1),
        left_out(3),
    ]


def problems():
    from fakes import a_desk

    from ui.desk import Way
    from ui.errors import BusyError, ClosingError, sentence
    from ui.turns import respond

    class Documentless:
        def stream(self, question):
            raise QuestionError(
                "there is no document with the id x; those there are: summit ingest --list"
            )

    asked = ("", "why " * 2000, "Who came?")
    desk = a_desk(Documentless())
    limits = BusyError("visitor_rate", 9), BusyError("queue", 9), ClosingError(9)
    return [
        *(failure.message for text in asked for failure in respond(desk, Way.CHAT, text)),
        *map(sentence, limits),
    ]


@pytest.mark.parametrize("message", [*notices(), *problems()])
def test_what_the_assistant_says_of_an_answer_is_said_in_french_too(message):
    assert texts("en").said(message) == message
    french = texts("fr").said(message)
    assert french != message
    assert values(french) == set()


def test_what_is_not_known_is_left_as_it_is():
    assert texts("fr").said("") == ""
    assert texts("fr").said("Something else.") == "Something else."


def test_what_a_visitor_wrote_stays_as_it_was():
    said = texts("fr").said("Not found in the documents: Who {came}?\nWhen?")
    assert said == "Absent des documents : Who {came}?\nWhen?"
