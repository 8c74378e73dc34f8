from html.parser import HTMLParser

import pytest
from fakes import a_citation, an_answer

from assistant.answer import State, Statement
from assistant.feedback import Verdict
from ui.render import answer_html, spoken, web_address
from ui.texts import texts

EVIL = '<img src=x onerror=alert(1)><script>alert(2)</script>" onclick="x [a](javascript:b) ![i](http://e)'
TAGS = {"p", "button", "strong", "div", "h3", "ol", "ul", "li", "blockquote", "a", "span", "q"}
TAGS |= {"svg", "path", "form", "label", "textarea"}


def html_of(answer, spoken_here="en", **options):
    return answer_html(answer, texts(spoken_here), key="k", **options)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(str(html))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_each_source_shows_quotation_title_publisher_date_and_link():
    html = html_of(an_answer())
    for part in (
        "A quotation.",
        "A title",
        "A paper",
        "2025-02-11",
        'href="https://example.org/a"',
        'rel="noopener noreferrer nofollow"',
        'data-source="/documents/d?start=0&amp;end=12&amp;quote=',
    ):
        assert part in html


def test_each_marker_is_a_button_with_a_name_and_its_quotation_as_description():
    html = html_of(an_answer())
    assert html.count('class="marker"') == 2
    assert 'aria-label="Citation 1: A title"' in html
    assert 'aria-describedby="k-quote-1"' in html
    assert '<blockquote id="k-quote-1" hidden>A quotation.</blockquote>' in html


def test_nothing_of_a_document_question_or_model_becomes_markup():
    citation = a_citation(title=EVIL, quote=EVIL, publisher=EVIL, date=EVIL, document_id=EVIL)
    evil = an_answer(
        question=EVIL,
        standalone_question=EVIL + "?",
        statements=(Statement(EVIL, (1,), (2, 9)),),
        citations=(citation,),
        notice=EVIL,
        suggestions=(EVIL,),
        answerer=EVIL,
    )
    found = Elements(html_of(evil, answer_id=EVIL))
    assert set(found.tags) <= TAGS
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert "<script>alert(2)</script>" in found.text


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "data:text/html,x", "//e.example", "", "http://[", "ftp://e"),
        # What no browser can follow.
        *(
            "http://www.<b>owl</b",
            "http://a b/",
            "http://1.2.3.400/",
            "https://a:99999/",
            "http://",
        ),
    ],
)
def test_only_addresses_of_the_web_become_links(url):
    assert web_address(url) == ""
    assert "<a " not in html_of(an_answer(citations=(a_citation(url=url),)))


@pytest.mark.parametrize(
    ("answer", "english", "french"),
    [
        (an_answer(), "Quoted from the sources", "Cité des sources"),
        (
            an_answer(answerer="m"),
            "Written by m, checked against the sources",
            "Rédigé par m, vérifié dans les sources",
        ),
        (an_answer(state=State.PARTIAL), "Partly in the sources", "En partie dans les sources"),
        (an_answer(state=State.NOT_FOUND), "Not in the sources", "Absent des sources"),
        (
            an_answer(state=State.FALSE_PREMISE),
            "The question rests on something that the sources contradict",
            "La question repose sur un point que les sources contredisent",
        ),
    ],
)
def test_the_state_is_said_in_both_languages(answer, english, french):
    assert english in Elements(html_of(answer)).text
    assert french in Elements(html_of(answer, "fr")).text


def test_an_abstention_shows_the_closest_passages_with_their_quotations():
    html = html_of(an_answer(state=State.NOT_FOUND, citations=(), closest=(a_citation(),)))
    assert "Closest passages" in html
    assert '<blockquote id="k-quote-1">A quotation.</blockquote>' in html


def test_the_words_that_answer_are_set_off():
    html = html_of(an_answer(statements=(Statement("It met in Paris.", (1,), (10, 15)),)))
    assert "It met in <strong>Paris</strong>." in html


def test_how_a_follow_up_was_read_is_shown_with_a_button_to_correct_it():
    html = html_of(an_answer(standalone_question="Q of Paris?"))
    assert "<q>Q of Paris?</q>" in html
    assert 'data-do="correct" data-question="Q of Paris?"' in html
    assert "Read as" not in html_of(an_answer())


def test_nothing_can_be_done_with_an_answer_that_is_still_growing():
    assert "data-do" not in html_of(an_answer(citations=(), statements=()), done=False)


def test_an_answer_that_was_not_kept_says_so_and_has_neither_thumbs_nor_link():
    html = html_of(an_answer())
    assert "could not be saved" in html
    assert 'data-do="good"' not in html
    assert "/answers/" not in html
    kept = html_of(an_answer(), answer_id="abc")
    assert "could not be saved" not in kept
    assert 'href="/answers/abc"' in kept


def test_the_thumb_that_was_given_is_pressed():
    html = html_of(an_answer(), answer_id="abc", verdict=Verdict.DOWN)
    assert 'data-do="bad" aria-pressed="true"' in html
    assert 'data-do="good" aria-pressed="false"' in html


def test_the_language_of_the_text_is_told_to_screen_readers():
    assert '<div class="text" lang="de">' in html_of(an_answer(), language="de")


def test_a_screen_reader_hears_whole_sentences_and_no_markers():
    assert spoken(an_answer(), texts("en")) == (
        "Quoted from the sources. First. Second. One source."
    )
    two = an_answer(citations=(a_citation(), a_citation(marker=2)))
    assert spoken(two, texts("fr")) == "Cité des sources. First. Second. 2 sources."
    nothing = an_answer(state=State.NOT_FOUND, citations=())
    assert spoken(nothing, texts("en")) == (
        "Not in the sources. The documents do not answer this question."
    )


COMPARED = an_answer(
    standalone_question="The UK or the US?",
    statements=(
        Statement("It wanted more.", (1,), about="US"),
        Statement(EVIL, (1,), about="UK"),
        Statement("Both stayed away.", (1,)),
    ),
)


def test_a_comparison_is_a_table_and_what_is_about_none_stands_below_it():
    found = Elements(html_of(COMPARED))
    assert [found.tags.count(each) for each in ("table", "tr", "th", "td")] == [1, 3, 4, 2]
    html = html_of(COMPARED)
    rows = [html.index(each) for each in ('<th scope="row" dir="auto">UK<', ">US<", "Both stayed")]
    assert rows == sorted(rows)
    assert "<script" not in html
    assert html.count('class="marker"') == 3


def test_a_comparison_is_spoken_with_the_name_before_each_sentence():
    said = spoken(COMPARED, texts("en"))
    assert said.index(f"UK: {EVIL}") < said.index("US: It wanted more.") < said.index("Both")


def test_what_compares_nothing_is_no_table():
    assert "<table" not in html_of(an_answer(statements=(Statement("First.", (1,), about="UK"),)))
