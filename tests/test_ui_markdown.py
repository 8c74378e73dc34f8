import pytest
from fakes import a_citation, an_answer
from markdown_it import MarkdownIt

from assistant.answer import State, Statement
from assistant.conversations import KeptAnswer
from ui.markdown import answer_markdown, conversation_markdown
from ui.texts import texts

EVIL = [
    "<script>alert(1)</script>",
    "![x](https://evil.example/a.png)",
    "[click](javascript:alert(1))",
    "# heading",
    "1. list",
    "- list",
    "=== rule",
    "> quote",
    "| a | b |",
    "`code` **bold** _it_ ~~no~~",
    "https://evil.example/ www.evil.example a@evil.example",
    "line\n\n---\n\nbreak",
    "&lt;b&gt; &amp; \\*",
    ":::note {.a} $x$ ^y^ @user #tag !!",
]


def kept(answer):
    return KeptAnswer("id", "conversation", "2026-01-02T03:04:05+00:00", "", answer, ())


def markdown(answer, language="en"):
    return answer_markdown(kept(answer), texts(language))


def test_an_answer_is_given_with_question_state_and_numbered_citations():
    assert markdown(an_answer()) == (
        "## Q?\n\n"
        "First. \\[1\\] Second. \\[1\\]\n\n"
        "*Quoted from the sources.*\n\n"
        "### Sources\n\n"
        "1. **A title** · A paper, 2025-02-11 · <https://example.org/a>\n\n"
        "   > A quotation.\n"
    )


def test_an_abstention_is_given_with_the_closest_passages_in_the_language_asked_for():
    nothing = an_answer(state=State.NOT_FOUND, citations=(), closest=(a_citation(url=""),))
    assert markdown(nothing, "fr").startswith(
        "## Q?\n\nLes documents ne répondent pas à cette question.\n\n*Absent des sources.*\n\n"
        "### Passages les plus proches\n\n1. **A title**"
    )


def test_how_a_follow_up_was_read_and_notices_are_given_too():
    text = markdown(an_answer(standalone_question="Q of Paris?", notice="Mind this."))
    assert "Read as: Q of Paris?" in text
    assert "Mind this." in text


@pytest.mark.parametrize("evil", EVIL)
def test_whatever_a_text_holds_markdown_shows_it_as_it_is(evil):
    citation = a_citation(title=evil, publisher=evil, date=evil, quote=evil)
    text = markdown(
        an_answer(
            question=evil,
            standalone_question=evil + "?",
            statements=(Statement(evil, (1,)),),
            citations=(citation,),
            notice=evil,
        )
    )
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    kinds = [token.type for token in tokens] + [
        child.type for token in tokens for child in token.children or ()
    ]
    assert kinds.count("heading_open") == 2
    assert kinds.count("ordered_list_open") == 1
    assert kinds.count("link_open") <= 1
    harmful = {"html_block", "html_inline", "image", "code_inline", "hr", "table_open", "s_open"}
    assert not harmful & set(kinds)
    shown = " ".join(evil.split())
    said = [token.content for token in tokens if token.type == "inline"]
    plain = ["".join(c.content for c in t.children) for t in tokens if t.type == "inline"]
    assert said
    assert plain[0] == shown


def test_an_address_cannot_end_its_brackets():
    text = markdown(an_answer(citations=(a_citation(url="https://e.org/> <b>\n# x"),)))
    assert "<https://e.org/b#x>" in text


def test_a_conversation_holds_its_turns_in_order():
    turns = [kept(an_answer(question=f"Question {number}?")) for number in (1, 2)]
    text = conversation_markdown(turns, texts("en"))
    assert text.index("# Conversation") < text.index("Question 1?") < text.index("Question 2?")


def test_a_comparison_is_a_table():
    compared = an_answer(
        standalone_question="The UK or the US?",
        statements=(
            Statement("It wanted | more.", (1,), about="UK"),
            Statement("It wanted less.", (1,), about="US"),
            Statement("Both stayed away.", (1,)),
        ),
    )
    text = markdown(compared)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    cells = [t.content for t, n in zip(tokens[1:], tokens, strict=False) if n.type == "td_open"]
    assert cells == ["UK", "It wanted | more. \\[1\\]", "US", "It wanted less. \\[1\\]"]
    assert "\n\nBoth stayed away. \\[1\\]\n" in text
