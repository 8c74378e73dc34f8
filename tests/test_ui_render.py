from html.parser import HTMLParser

import pytest

from assistant.answer import Answer, Citation, State, Statement
from ui.render import answer_html, message_html

EVIL = '<img src=x onerror=alert(1)><script>alert(2)</script>" onclick="x [a](javascript:b) ![i](http://e)'


def citation(**fields):
    values = {
        "marker": 1,
        "document_id": "d",
        "title": "A title",
        "publisher": "A paper",
        "date": "2025-02-11",
        "url": "https://example.org/a",
        "quote": "A quotation.",
        "start": 0,
        "end": 12,
    }
    return Citation(**{**values, **fields})


def answer(**fields):
    values = {
        "question": "Q?",
        "standalone_question": "Q?",
        "state": State.ANSWERED,
        "statements": (Statement("First.", (1,)), Statement("Second.", (1,))),
        "citations": (citation(),),
        "closest": (),
        "answerer": "built-in",
        "confidence": 1.0,
        "seconds": 0.1,
    }
    return Answer(**{**values, **fields})


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_each_source_shows_quotation_title_publisher_date_and_link():
    html = answer_html(answer())
    for part in (
        "A quotation.",
        "A title",
        "A paper",
        "2025-02-11",
        'href="https://example.org/a"',
    ):
        assert part in html


def test_each_statement_carries_its_marker():
    assert answer_html(answer()).count("[1]</sup>") == 2


def test_sources_come_with_the_last_statement():
    assert "Sources" not in answer_html(answer(), 1)
    assert "Second." not in answer_html(answer(), 1)
    assert "Sources" in answer_html(answer(), 2)


def test_the_question_as_understood_is_shown_where_it_differs():
    html = answer_html(answer(standalone_question="Why did the US not sign?"))
    assert "Read as: Why did the US not sign?" in html
    assert "Read as" not in answer_html(answer())


def test_an_abstention_shows_the_closest_passages():
    html = answer_html(answer(state=State.NOT_FOUND, citations=(), closest=(citation(),)))
    assert "Closest passages" in html
    assert "Not in the sources" in html


@pytest.mark.parametrize("field", ["title", "publisher", "date", "url", "quote"])
def test_what_a_document_says_is_never_markup(field):
    found = Elements(answer_html(answer(citations=(citation(**{field: EVIL}),))))
    plain = Elements(answer_html(answer(citations=(citation(),))))
    assert set(found.tags) <= set(plain.tags)
    assert not [name for name, _ in found.attributes if name.startswith("on")]


def test_what_a_model_or_visitor_says_is_never_markup():
    evil = answer(
        statements=(Statement(EVIL, (1,)),), standalone_question=EVIL, notice=EVIL, answerer=EVIL
    )
    assert not {"img", "script"} & set(Elements(answer_html(evil)).tags)
    assert not {"img", "script"} & set(Elements(message_html(EVIL)).tags)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", ""]
)
def test_only_web_addresses_become_links(url):
    assert "a" not in Elements(answer_html(answer(citations=(citation(url=url),)))).tags
