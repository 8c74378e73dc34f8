import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import DESKTOP, NOWHERE, PHONE, UK, a_site, answered, question_box, served
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site():
    """A website that is allowed to show the widget."""
    with a_site() as site:
        yield site


@pytest.fixture(scope="module")
def server(shipped, site):
    """An assistant that allows this website."""
    with served(shipped.data_dir, SUMMIT_ALLOWED_ORIGINS=f"{site.origin},{site.near}") as address:
        yield address


@pytest.fixture
def visit(browser, site, server):
    """Visits a page that has the widget with these options.

    To the browser the assistant is a third party, for whose frame it keeps nothing, unless the
    site is a near one.
    """
    contexts = []

    def visit(
        body="<h1>A site</h1>", options="", size=DESKTOP, *, csp="", tag=None, at=site, near=False
    ):
        tag = f'<script src="{server}/widget.js" defer {options}></script>' if tag is None else tag
        headers = {"Content_Security_Policy": csp} if csp else {}
        address = at.show(body + tag, near=near, **headers)
        width, height = size
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.requested, page.said = [], []
        page.on("request", lambda made: page.requested.append(made.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.goto(address)
        page.wait_for_function("globalThis.SummitAssistant")
        return page

    yield visit
    for context in contexts:
        context.close()


def launcher(page):
    return page.locator("summit-assistant .launcher")


def panel(page):
    return page.locator("summit-assistant .panel")


def inside(page, number=0):
    """Give the chat in the frame, once it is there."""
    frame = page.frame_locator("summit-assistant iframe").nth(number)
    expect(frame.locator(".chat[data-ready]")).to_be_attached()
    return frame


def opened(page):
    launcher(page).click()
    frame = inside(page)
    expect(question_box(frame)).to_be_focused()
    return frame


def ask(frame, question):
    question_box(frame).fill(question)
    question_box(frame).press("Enter")
    return answered(frame)


def focused(page):
    """Give the label of what has the focus within the widget, or the name of its element."""
    return page.evaluate("""() => {
        const { activeElement } = document;
        const at = activeElement.shadowRoot?.activeElement ?? activeElement;
        return at.getAttribute("aria-label") ?? at.localName;
    }""")


def seen(frame):
    return frame.locator(".turn").count()


# Asking


def test_nothing_but_the_script_is_loaded_until_the_launcher_is_used(visit, server, site):
    page = visit()
    expect(launcher(page)).to_be_visible()
    assert page.requested == [f"{site.origin}/", f"{server}/widget.js"]
    opened(page)
    assert all(each.startswith((server, site.origin)) for each in page.requested)


def test_a_question_is_answered_and_a_citation_opens_its_source_inside(visit):
    page = visit()
    frame = opened(page)
    turn = ask(frame, UK)
    turn.locator(".marker").first.click()
    expect(frame.locator(".panel mark").first).to_be_in_viewport()
    quote = frame.locator(".sources blockquote").first.text_content()
    assert frame.locator(".panel mark").first.text_content() in quote
    assert len(page.context.pages) == 1


def test_where_the_documents_are_silent_the_widget_says_so(visit):
    frame = opened(visit())
    turn = ask(frame, NOWHERE)
    expect(turn.locator(".state-not_found")).to_be_visible()


def test_no_cookie_is_needed_and_none_is_set(visit):
    page = visit()
    frame = opened(page)
    ask(frame, UK)
    frame.get_by_role("button", name="Menu").click()
    frame.get_by_label("Language").select_option("fr")
    expect(frame.locator("html")).to_have_attribute("lang", "fr")
    expect(frame.get_by_label("Langue")).to_be_visible()
    assert page.context.cookies() == []


def test_the_conversation_is_still_there_on_the_next_page_of_the_site(visit):
    page = visit(near=True)
    ask(opened(page), UK)
    page.reload()
    frame = opened(page)
    expect(frame.locator(".turn .question")).to_have_text(UK)


def test_where_the_browser_keeps_nothing_for_frames_the_next_page_begins_anew(visit):
    page = visit()
    frame = opened(page)
    assert len(ask(frame, UK).locator(".marker").all()) > 0
    page.reload()
    assert seen(opened(page)) == 0


def test_a_link_leads_out_of_the_widget_not_within_it(visit):
    page = visit()
    frame = opened(page)
    with page.context.expect_page() as new:
        frame.get_by_role("link", name="Documents").click()
    expect(new.value.get_by_role("heading", name="Documents")).to_be_visible()
    expect(question_box(frame)).to_be_visible()


# Keyboard, screen reader, phone


def test_the_keyboard_reaches_everything_and_tab_stays_within(visit):
    page = visit('<a href="#">before</a>')
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "Ask the documents"
    page.keyboard.press("Enter")
    frame = inside(page)
    expect(question_box(frame)).to_be_focused()
    page.keyboard.type(UK)
    page.keyboard.press("Enter")
    answered(frame)
    places = []
    for _ in range(60):
        page.keyboard.press("Tab")
        page.wait_for_timeout(20)  # the focus goes from one process to another
        places.append(focused(page))
    assert set(places) == {"iframe", "Close"}
    while focused(page) != "Close":
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "iframe"


@pytest.mark.parametrize("where", ["frame", "bar"])
def test_escape_closes_and_the_focus_returns(visit, where):
    page = visit()
    opened(page)
    if where == "bar":
        panel(page).get_by_role("button", name="Close").focus()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(launcher(page)).to_be_focused()
    expect(launcher(page)).to_have_attribute("aria-expanded", "false")


def test_escape_first_closes_the_source_and_only_then_the_widget(visit):
    page = visit()
    frame = opened(page)
    ask(frame, UK).locator(".marker").first.click()
    expect(frame.locator(".panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(frame.locator(".panel")).to_be_hidden()
    expect(panel(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()


def test_focus_returns_to_what_on_the_page_opened_it(visit):
    page = visit('<button onclick="SummitAssistant.open()">Help</button>')
    page.get_by_role("button", name="Help").click()
    expect(question_box(inside(page))).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Help")).to_be_focused()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(visit, size, theme):
    page = visit("<main><h1>A site</h1></main>", f'data-theme="{theme}" data-color="#8fd400"', size)
    frame = opened(page)
    ask(frame, UK)
    names = {each["id"] for each in Axe().run(page).response["violations"]}
    assert names == set()


def test_on_a_phone_it_fills_the_screen_and_back_closes_it(visit, site):
    page = visit(size=PHONE)
    before = page.evaluate("history.length")
    opened(page)
    box = panel(page).bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, *PHONE)
    page.go_back()
    expect(panel(page)).to_be_hidden()
    assert page.url == f"{site.origin}/"
    opened(page)
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    page.wait_for_function("!history.state?.summit")
    assert page.evaluate("history.length") <= before + 1


def test_on_a_desktop_the_page_beside_it_can_be_used(visit):
    page = visit("<button onclick=\"document.title = 'used'\">Use me</button>")
    opened(page)
    page.get_by_role("button", name="Use me").click()
    assert page.title() == "used"


# On other people's pages


def test_a_site_that_is_not_allowed_gets_a_clear_message_and_no_chat(visit, server):
    with a_site() as other:
        page = visit(at=other)
        launcher(page).click()
        expect(panel(page).get_by_text("cannot be reached")).to_be_visible(timeout=20_000)
        assert not any(each.startswith(f"{server}/chat") for each in page.requested)
        assert any("SUMMIT_ALLOWED_ORIGINS" in each for each in page.said)
        assert other.origin in "".join(page.said)


def test_a_server_that_is_away_gets_a_clear_message_and_can_be_tried_again(visit):
    page = visit()
    page.route("**/widget/chat*", lambda route: route.abort())
    launcher(page).click()
    expect(panel(page).get_by_text("cannot be reached")).to_be_visible(timeout=20_000)
    expect(panel(page).locator("iframe")).to_be_hidden()
    page.unroute("**/widget/chat*")
    panel(page).get_by_role("button", name="Try again").click()
    expect(question_box(inside(page))).to_be_visible()


def test_a_server_that_goes_away_during_an_answer_leaves_the_question_and_no_answer(visit):
    page = visit()
    frame = opened(page)
    page.route("**/widget/questions", lambda route: route.abort())
    question_box(frame).fill(UK)
    question_box(frame).press("Enter")
    expect(frame.locator(".turn").get_by_text("cannot be reached")).to_be_visible()
    assert frame.locator(".text, .state").count() == 0
    page.unroute("**/widget/questions")
    frame.get_by_role("button", name="Try again").click()
    expect(answered(frame).locator(".state-answered")).to_be_visible()


def test_it_works_under_a_strict_policy_with_the_lines_that_the_demo_page_prints(
    visit, browser, server
):
    demo = browser.new_page()
    demo.goto(f"{server}/widget/demo")
    lines = demo.locator("#policy").inner_text()
    demo.close()
    page = visit(csp=f"default-src 'none'; require-trusted-types-for 'script'; {lines}")
    ask(opened(page), UK)
    assert not any("Content Security Policy" in each for each in page.said)


def test_a_policy_without_the_frame_gets_the_message(visit, server):
    page = visit(csp=f"default-src 'none'; script-src {server}")
    launcher(page).click()
    expect(panel(page).get_by_text("cannot be reached")).to_be_visible(timeout=20_000)
    assert any(f"frame-src {server}" in each for each in page.said)


def test_the_style_of_neither_side_touches_the_other(visit):
    hostile = """<style>* { color: red !important; font-size: 40px !important; display: block;
        border: 9px solid red !important; transform: rotate(9deg) } :root { --colour: red }</style>
        <button id=own class=launcher>own</button>"""
    plain = "<button id=own class=launcher>own</button>"
    looks = """() => { const style = getComputedStyle(document.querySelector(
        "summit-assistant").shadowRoot.querySelector(".launcher"));
        return ["color", "fontSize", "backgroundColor", "borderTopWidth", "transform", "position",
        "display", "width"].map((name) => style[name]); }"""
    calm = visit(plain)
    assert visit(hostile).evaluate(looks) == calm.evaluate(looks)
    own = "() => getComputedStyle(document.querySelector('#own')).cssText"
    beside = calm.evaluate(own)
    calm.evaluate("SummitAssistant.remove()")
    assert calm.evaluate(own) == beside


def test_it_survives_a_site_that_changes_its_page_without_leaving_it(visit, server):
    page = visit(near=True)
    ask(opened(page), UK)
    page.evaluate("""() => { history.pushState({}, "", "/other");
        document.body.replaceWith(Object.assign(document.createElement("body"), {id: "new"})); }""")
    expect(panel(page)).to_be_visible()
    expect(inside(page).locator(".turn .question")).to_have_text(UK)
    page.evaluate("""() => document.querySelector("summit-assistant").remove()""")
    expect(inside(page).locator(".turn .question")).to_have_text(UK)
    page.evaluate(
        """(address) => document.body.append(
        Object.assign(document.createElement("script"), {src: address}))""",
        f"{server}/widget.js",
    )
    page.wait_for_timeout(500)
    assert page.locator("summit-assistant").count() == 1


def test_two_widgets_on_one_page_have_conversations_of_their_own(visit, server):
    other = f'<script src="{server}/widget.js" defer data-position="bottom-left"></script>'
    page = visit(other, 'data-id="first"', near=True)
    for number in range(2):
        launcher(page).nth(number).click()
        inside(page, number)
    ask(page.frame_locator("summit-assistant iframe").nth(0), UK)
    assert seen(inside(page, 1)) == 0
    page.reload()
    launcher(page).nth(1).click()
    launcher(page).nth(0).click()
    counts = {seen(inside(page, number)) for number in range(2)}
    assert counts == {0, 1}


# Options and the JavaScript API


def test_the_options_are_taken(visit):
    page = visit(
        options='data-position="top-left" data-color="#ffdd00" data-theme="dark" '
        'data-language="fr" data-title="Nos dossiers" data-greeting="Bonjour <b>vous</b>" '
        'data-starters="Qui est venu ?| Combien de pays ont signé ? |"'
    )
    assert launcher(page).bounding_box()["x"] < 100
    assert launcher(page).bounding_box()["y"] < 100
    expect(launcher(page)).to_have_css("background-color", "rgb(255, 221, 0)")
    expect(launcher(page)).to_have_css("color", "rgb(0, 0, 0)")
    launcher(page).click()
    frame = inside(page)
    expect(panel(page).locator("header")).to_contain_text("Nos dossiers")
    expect(panel(page).get_by_role("button", name="Fermer")).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("lang", "fr")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    expect(frame.locator(".lead")).to_have_text("Bonjour <b>vous</b>")
    starters = frame.locator(".starters button")
    expect(starters).to_have_text(["Qui est venu ?", "Combien de pays ont signé ?"])
    expect(frame.locator(".send")).to_have_css("background-color", "rgb(255, 221, 0)")
    starters.first.click()
    expect(frame.locator(".state")).to_be_visible()
    frame.get_by_role("button", name="Nouveau").click()
    expect(frame.locator(".lead")).to_have_text("Bonjour <b>vous</b>")


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ('data-position="middle"', "bottom-right"),
        ('data-color="red; } * {"', "#1d4ed8"),
        ('data-theme="neon"', "auto, light, dark"),
        ('data-language="tlh"', "en, fr"),
        ('data-target="#1 2"', "#chat"),
    ],
)
def test_an_option_without_meaning_is_named_and_the_widget_works_without_it(visit, option, hint):
    page = visit(options=option)
    opened(page)
    name = option.split("=")[0]
    assert any(name in each and hint in each for each in page.said)


def test_it_can_be_open_with_the_page_and_leaves_the_focus_where_it_is(visit):
    page = visit("<input autofocus>", "data-open")
    inside(page)
    expect(panel(page)).to_be_visible()
    expect(page.locator("input")).to_be_focused()


def test_on_a_phone_it_does_not_open_by_itself(visit, server):
    page = visit(options="data-open", size=PHONE)
    page.wait_for_timeout(300)
    expect(panel(page)).to_be_hidden()
    assert not any("/widget/chat" in each for each in page.requested)


def test_it_can_stand_in_the_page(visit):
    page = visit('<div id="here" style="height: 700px"></div>', 'data-target="#here"')
    frame = inside(page)
    assert launcher(page).count() == 0
    assert panel(page).bounding_box()["height"] == 700
    assert ask(frame, UK).locator(".marker").count() > 0


def test_in_the_page_it_is_loaded_only_when_it_is_scrolled_to(visit, server):
    page = visit('<div style="height: 9000px"></div><div id="here"></div>', 'data-target="#here"')
    page.wait_for_timeout(500)
    assert not any("/widget/chat" in each for each in page.requested)
    page.locator("#here").scroll_into_view_if_needed()
    expect(question_box(inside(page))).to_be_visible()


def test_a_place_that_comes_later_is_found(visit):
    page = visit(options='data-target="#later"')
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('div'), {id: 'later'}))"
    )
    expect(question_box(inside(page))).to_be_visible()


def test_the_page_can_open_ask_listen_and_close(visit):
    page = visit()
    page.evaluate("""() => { window.heard = [];
        for (const name of ["open", "ready", "asked", "answered", "close"]) {
            const note = ({ detail }) => heard.push([name, detail]);
            SummitAssistant.addEventListener(name, note); } }""")
    page.evaluate("(question) => SummitAssistant.ask(question)", UK)
    turn = answered(inside(page))
    expect(turn.locator(".state-answered")).to_be_visible()
    page.evaluate("SummitAssistant.close()")
    heard = page.evaluate("heard")
    assert [name for name, _ in heard] == ["open", "ready", "asked", "answered", "close"]
    assert heard[3][1]["state"] == "answered"
    assert heard[3][1]["sources"] >= 1
    assert UK not in str(heard)
    assert all(detail["id"] == "assistant" for _, detail in heard)


def test_it_can_be_taken_away(visit):
    page = visit()
    opened(page)
    page.evaluate("SummitAssistant.remove()")
    assert page.locator("summit-assistant").count() == 0
    page.evaluate("document.body.append('changed')")
    page.wait_for_timeout(100)
    assert page.locator("summit-assistant").count() == 0


# Messages between the page and the frame


def test_the_widget_listens_to_its_own_frame_alone(visit):
    page = visit("<iframe srcdoc='<p>another</p>' id=other></iframe>")
    opened(page)
    page.evaluate("""() => { window.postMessage({ summit: "escaped" }, "*");
        document.querySelector("#other").contentWindow.eval(
            'parent.postMessage({ summit: "escaped" }, "*")'); }""")
    page.wait_for_timeout(300)
    expect(panel(page)).to_be_visible()


def test_the_frame_listens_to_the_page_around_it_alone(visit, site, server):
    page = visit()
    frame = opened(page)
    asking = {"summit": "ask", "question": UK}
    page.frames[1].evaluate("(message) => window.postMessage(message, '*')", asking)
    sibling = page.evaluate_handle("""() => { const made = document.createElement("iframe");
        made.srcdoc = "<p>sibling</p>"; document.body.append(made);
        return new Promise((done) => { made.onload = () => done(made.contentWindow); }); }""")
    sibling.evaluate("(window, message) => parent.frames[0].postMessage(message, '*')", asking)
    page.wait_for_timeout(500)
    assert seen(frame) == 0
    page.evaluate("(question) => SummitAssistant.ask(question)", UK)
    answered(frame)
    assert seen(frame) == 1


def test_a_message_that_makes_no_sense_does_no_harm(visit):
    page = visit()
    frame = opened(page)
    for message in (None, 1, "ask", {}, {"summit": "constructor"}, {"summit": "ask"}, [1]):
        page.evaluate(
            "(message) => document.querySelector('summit-assistant').shadowRoot"
            ".querySelector('iframe').contentWindow.postMessage(message, '*')",
            message,
        )
    assert ask(frame, UK).locator(".marker").count() > 0


# The demo page


@pytest.fixture
def demo(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{server}/widget/demo")
    expect(launcher(page)).to_be_visible()
    yield page
    context.close()


def test_the_demo_writes_the_tag_that_it_shows(demo, server):
    assert demo.locator("#tag").inner_text() == f'<script src="{server}/widget.js" defer></script>'
    demo.get_by_label("Position").select_option("bottom-left")
    demo.get_by_label("Title").fill('Say "hi" <b>')
    demo.get_by_label("Questions to begin with").fill("Who came?\nWho left?")
    expect(demo.locator("#tag")).to_contain_text('data-position="bottom-left"')
    tag = demo.locator("#tag").inner_text()
    assert 'data-starters="Who came?|Who left?"' in tag
    expect(launcher(demo)).to_have_attribute("aria-label", 'Say "hi" <b>')
    assert launcher(demo).bounding_box()["x"] < 100


def test_the_tag_that_the_demo_writes_works_on_a_site(demo, visit):
    demo.get_by_label("Title").fill('Say "hi" <b>')
    demo.get_by_label("Greeting").fill("Welcome & ask")
    expect(demo.locator("#tag")).to_contain_text("Welcome")
    page = visit(tag=demo.locator("#tag").inner_text())
    frame = opened(page)
    expect(panel(page).locator("header")).to_contain_text('Say "hi" <b>')
    expect(frame.locator(".lead")).to_have_text("Welcome & ask")


def test_the_demo_writes_the_setting_for_a_site(demo):
    demo.get_by_label("Address of your site").fill("https://www.museum.example/visit")
    expect(demo.locator("#setting")).to_have_text(
        "SUMMIT_ALLOWED_ORIGINS=https://www.museum.example"
    )
    demo.get_by_label("Address of your site").fill("museum")
    expect(demo.get_by_text("Write the address as")).to_be_visible()


def test_the_demo_shows_the_widget_in_the_page(demo):
    demo.get_by_label("In the page").check()
    expect(question_box(inside(demo))).to_be_visible()
    assert re.match(r'<div id="assistant"></div>\n<script', demo.locator("#tag").inner_text())
    demo.get_by_label("In the page").uncheck()
    expect(launcher(demo)).to_be_visible()


def test_axe_finds_no_violation_on_the_demo(demo):
    names = {each["id"] for each in Axe().run(demo).response["violations"]}
    assert names == set()
