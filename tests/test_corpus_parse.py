"""What the parsers make of the bytes of a file."""

import io
import random
import re
import zipfile

import pytest
from docx import Document as WordDocument
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from corpus.errors import UnreadableDocumentError
from corpus.html import parse_html
from corpus.markdown import parse_markdown
from corpus.parse import PARSERS, parse_docx, parse_pdf, parse_text
from corpus.parsed import Parsed

FRONT_MATTER = """---
title: The summit
sources:
  - key: bbc
    publisher: BBC
  - key: le-monde
    publisher: Le Monde
---
"""


def lines(parsed: Parsed) -> list[str]:
    return [line for line in parsed.text.split("\n") if line]


def bodies(parsed: Parsed) -> dict[str, str]:
    return {each.heading: parsed.text[each.start : each.end].strip() for each in parsed.sections}


def referred(parsed: Parsed) -> list[tuple[str, str]]:
    """Give the last word before each reference and the reference's key."""
    assert all(0 < reference.offset <= len(parsed.text) for reference in parsed.references)
    return [
        (re.split(r"\s", parsed.text[: reference.offset])[-1], key)
        for reference in parsed.references
        for key in reference.keys
    ]


def markdown(text: str) -> Parsed:
    return parse_markdown(text.encode())


def cited(text: str) -> Parsed:
    return markdown(FRONT_MATTER + text)


def html(text: str) -> Parsed:
    return parse_html(text.encode())


def pdf_bytes(*pages: str, title: str = "") -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file)
    canvas.setTitle(title)
    for page in pages:
        for number, line in enumerate(page.split("\n")):
            canvas.drawString(72, 750 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def encrypted(pdf: bytes, user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    writer.encrypt(user_password, owner_password="owner", algorithm="AES-256")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def word_bytes(word: WordDocument) -> bytes:
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def sample_word() -> WordDocument:
    word = WordDocument()
    word.add_paragraph("Before any heading.")
    word.add_heading("Hosts", level=1)
    word.add_paragraph("France and India.")
    word.add_heading("Place", level=2)
    word.add_paragraph("The Grand Palais.")
    return word


# Plain text


def test_a_short_line_alone_in_plain_text_is_a_heading():
    parsed = parse_text(
        b"Opening words.\n\nThe hosts\n\nFrance and India.\n\nThe place\n\nParis.\n"
    )

    assert bodies(parsed) == {
        "": "Opening words.",
        "The hosts": "France and India.",
        "The place": "Paris.",
    }


def test_the_first_line_of_plain_text_is_its_title_when_it_looks_like_a_heading():
    assert parse_text(b"The summit\n\nIt met in Paris.").title == "The summit"
    assert parse_text(b"It met in Paris.\n\nThe summit\n\nIt ended.").title == ""


@pytest.mark.parametrize(
    "line",
    [
        "It ends with a full stop.",
        "This line has a great many words, far more than any heading would ever need to have",
        "2025",
    ],
)
def test_a_sentence_a_long_line_or_a_number_is_no_heading(line):
    assert bodies(parse_text(f"Start.\n\n{line}\n\nEnd.".encode())) == {
        "": f"Start.\n\n{line}\n\nEnd."
    }


def test_a_last_line_with_nothing_below_is_no_heading():
    assert bodies(parse_text(b"It met in Paris.\n\nThe end")) == {"": "It met in Paris.\n\nThe end"}


def test_wrapped_lines_of_plain_text_become_one_paragraph():
    assert parse_text(b"The summit met\r\nin the Grand\r\nPalais.").text == (
        "The summit met in the Grand Palais."
    )


def test_a_word_hyphenated_at_the_line_end_is_joined():
    assert parse_text(b"The gov-\nernment spoke.").text == "The government spoke."


@pytest.mark.parametrize("marks", [("-", "-", "-"), ("*", "*", "*"), ("1.", "2.", "3.")])
def test_a_plain_text_list_keeps_one_line_an_item(marks):
    items = [f"{mark} item {number}" for number, mark in enumerate(marks)]

    assert lines(parse_text("\n".join(items).encode())) == items


def test_list_items_with_blank_lines_between_are_no_headings():
    assert set(bodies(parse_text(b"They agreed.\n\n- on safety\n\n- on energy\n\nAll of it."))) == {
        ""
    }


# Decoding

WESTERN = "Le café à la mode, déjà très tôt à l’Élysée, coûta 5 € à l'hôte."


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", WESTERN),
        ("utf-8-sig", WESTERN),
        ("utf-16", WESTERN),
        ("cp1252", WESTERN),
        ("latin-1", "Le café à la mode, déjà très tôt."),
        ("latin-1", "café"),
        ("cp1252", "Just one naïve word stands in all of this plain English text. " * 3),
    ],
)
@pytest.mark.parametrize("parse", [parse_text, parse_markdown])
def test_text_is_decoded_whatever_its_encoding(parse, encoding, text):
    assert parse(text.encode(encoding)).text == text.strip()


def test_front_matter_is_found_behind_a_byte_order_mark():
    parsed = parse_markdown(b"\xef\xbb\xbf---\ntitle: The summit\n---\nIt met.\n")

    assert (parsed.title, parsed.text) == ("The summit", "It met.")


@pytest.mark.parametrize(
    ("encoding", "head", "text"),
    [
        ("utf-8", "", WESTERN),
        ("utf-8", "", "It met — “in Paris”"),
        ("utf-8-sig", "", WESTERN),
        ("utf-16", "", WESTERN),
        ("cp1252", "", WESTERN),
        ("cp1252", "<meta charset=windows-1252>", WESTERN),
        ("cp1251", "<meta charset=windows-1251>", "Он прошёл в Париже"),
        ("cp1252", "<meta charset=nonsense>", WESTERN),
    ],
)
def test_html_is_decoded_whatever_its_encoding(encoding, head, text):
    assert parse_html(f"{head}<p>{text}</p>".encode(encoding)).text == text


@pytest.mark.parametrize("parse", [parse_text, parse_markdown, parse_html])
@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"\x7fELF\x02\x01\x01" + bytes(64),
        bytes(range(1, 9)) * 20,
    ],
    ids=["picture", "program", "controls"],
)
# Beautiful Soup says on its own that it met bytes of no encoding.
@pytest.mark.filterwarnings("ignore")
def test_binary_data_named_as_text_is_refused(parse, data):
    with pytest.raises(UnreadableDocumentError):
        parse(data)


INVISIBLE = {
    "control": [*range(0x01, 0x09), 0x0E, 0x1B, 0x7F, 0x80, 0x9B],
    "zero-width": [0x200B, 0x2060, 0xFEFF],
    "bidi override": [*range(0x202A, 0x202F), *range(0x2066, 0x206A)],
}


@pytest.mark.parametrize("code", [code for codes in INVISIBLE.values() for code in codes], ids=hex)
def test_an_invisible_character_is_dropped_from_text(code):
    sentence = f"The summit of Par{chr(code)}is met in the Grand Palais."

    assert parse_text(sentence.encode()).text == "The summit of Paris met in the Grand Palais."


@pytest.mark.parametrize("code", [0x200B, 0x202E])
def test_an_invisible_character_is_dropped_from_every_format(code):
    broken = f"Par{chr(code)}is"
    word = WordDocument()
    word.add_heading(broken, level=1)
    word.add_paragraph(broken)
    parsed = [
        markdown(f"## {broken}\n\n{broken}\n\n    {broken}\n"),
        html(f"<h2>{broken}</h2><p>{broken}</p>"),
        parse_docx(word_bytes(word)),
    ]

    assert [set(re.findall(r"\w\S*", each.text)) for each in parsed] == [{"Paris"}] * 3
    assert [each.sections[0].heading for each in parsed] == ["Paris"] * 3


# Markdown


def test_markdown_headings_begin_sections():
    parsed = markdown("Opening.\n\n## Hosts\n\nFrance.\n\nIndia.\n\n### Place\n\nParis.\n")

    assert bodies(parsed) == {"": "Opening.", "Hosts": "France.\n\nIndia.", "Place": "Paris."}


def test_the_first_heading_of_level_one_is_the_title_and_not_repeated_in_the_text():
    parsed = markdown("# The *summit*\n\nIt met.\n\n# Later\n\nIt ended.\n")

    assert parsed.title == "The summit"
    assert lines(parsed) == ["It met.", "Later", "It ended."]


def test_the_title_of_the_front_matter_wins_over_the_heading():
    assert markdown("---\ntitle: From above\n---\n# From below\n\nText.").title == "From above"


def test_front_matter_is_metadata_and_no_text():
    parsed = markdown("---\ndate: 2025-02-11\ntopics: [india, safety]\n---\nIt met.\n")

    assert parsed.text == "It met."
    assert parsed.metadata["date"] == "2025-02-11"
    assert parsed.metadata["topics"] == ["india", "safety"]


@pytest.mark.parametrize(
    "front_matter",
    [
        "title: [",
        "date: 2025-02-30",
        "sources: BBC",
        "sources: {bbc: BBC}",
        "sources: [BBC]",
    ],
)
def test_front_matter_that_cannot_be_understood_is_refused(front_matter):
    with pytest.raises(UnreadableDocumentError, match="front matter"):
        markdown(f"---\n{front_matter}\n---\nIt met.\n")


def test_a_markdown_list_item_becomes_one_line():
    parsed = markdown("- France\n- India\n  1. Delhi\n  2. Agra\n- the\n  Union\n\nAll of them.\n")

    assert lines(parsed) == ["France", "India", "Delhi", "Agra", "the Union", "All of them."]


def test_a_markdown_table_row_becomes_one_line():
    parsed = markdown("| State | Signed |\n|---|---|\n| France | yes |\n| Britain | no |\n| | no |")

    assert lines(parsed) == ["State; Signed", "France; yes", "Britain; no", "no"]


def test_images_and_raw_html_are_dropped_from_markdown():
    parsed = markdown(
        "A <b>bold</b> word ![a hall](x.png) here.\n\n"
        "<div onclick='x()'>raw</div>\n\n<script>alert(1)</script>\n\n![](y.png)\n"
    )

    assert parsed.text == "A bold word a hall here."


def test_a_line_break_tag_in_markdown_does_not_join_words():
    assert markdown("one<br>two<br/>three\n").text.split() == ["one", "two", "three"]


def test_a_mark_that_is_no_tag_stays_text():
    assert markdown("if a <broken rule, then `<br>`\n").text == "if a <broken rule, then <br>"


def test_markdown_marks_are_dropped_and_their_words_kept():
    parsed = markdown("It is *very* **clear**: see [the text](https://a.org) and `summit`.\n")

    assert parsed.text == "It is very clear: see the text and summit."


def test_a_code_block_keeps_its_lines():
    assert lines(markdown("```sh\nmake serve\nmake test\n```\n")) == ["make serve", "make test"]


# References


def test_a_footnote_reference_to_a_source_ends_its_sentence():
    parsed = cited("## Paris[^bbc]\n\nIt met.[^bbc] It talked[^le-monde]. It ended.[^bbc]\n")

    assert referred(parsed) == [("met.", "bbc"), ("talked", "le-monde"), ("ended.", "bbc")]
    assert bodies(parsed) == {"Paris": "It met. It talked. It ended."}


def test_two_references_at_one_place_keep_their_order():
    assert referred(cited("It met.[^le-monde][^bbc]\n")) == [
        ("met.", "le-monde"),
        ("met.", "bbc"),
    ]


@pytest.mark.parametrize("after", ["", " It ended."])
def test_a_space_before_a_reference_does_not_part_it_from_its_sentence(after):
    assert referred(cited(f"It met. [^bbc]{after}\n")) == [("met.", "bbc")]


def test_a_reference_within_emphasis_quotation_or_list_keeps_its_place():
    parsed = cited("- **It met.**[^bbc]\n- It  talked.[^le-monde]\n\n> It ended.[^bbc]\n")

    assert referred(parsed) == [("met.", "bbc"), ("talked.", "le-monde"), ("ended.", "bbc")]


def test_a_reference_in_a_table_row_belongs_to_its_cell():
    parsed = cited("| State | Signed |\n|---|---|\n| France[^bbc] | yes[^le-monde] |\n")

    assert referred(parsed) == [("France", "bbc"), ("yes", "le-monde")]


def test_the_definition_of_a_source_is_left_out_of_the_text():
    parsed = cited("It met.[^bbc]\n\n[^bbc]: BBC, “The summit”, <https://bbc.co.uk>\n")

    assert parsed.text == "It met."
    assert referred(parsed) == [("met.", "bbc")]


def test_a_footnote_that_is_no_source_stays_text_and_is_no_reference():
    parsed = cited("It met.[^note]\n\n[^note]: In a hall.\n")

    assert lines(parsed) == ["It met.", "In a hall."]
    assert parsed.references == ()


def test_a_source_leaves_no_trace_in_text_that_ends_within_a_code_block():
    assert lines(cited("It met.[^bbc]\n\n```\nmake serve\n")) == ["It met.", "make serve"]


# HTML


def test_html_headings_begin_sections():
    parsed = html("<p>Opening.</p><h2>Hosts</h2><p>France.<p>India.<h3>Place</h3><div>Paris.</div>")

    assert bodies(parsed) == {"": "Opening.", "Hosts": "France.\n\nIndia.", "Place": "Paris."}


@pytest.mark.parametrize("tag", ["article", "main"])
def test_only_the_article_or_main_part_of_a_page_is_read(tag):
    page = f"<body><p>Menu</p><{tag}><p>It met.</p></{tag}><p>Adverts</p></body>"

    assert html(page).text == "It met."


def test_a_page_without_main_part_is_read_whole():
    assert lines(html("<body><p>It met.</p><div>It ended.</div></body>")) == [
        "It met.",
        "It ended.",
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        "<noscript>off</noscript>",
        "<template><p>off</p></template>",
        "<nav>menu</nav>",
        "<footer>legal <nav>menu</nav></footer>",
        "<form>search</form>",
        "<svg><title>logo</title></svg>",
        "<!-- off -->",
        "<p hidden>off <span hidden>off</span></p>",
        "<p aria-hidden=true>off</p>",
        "<img src=x.png alt=''>",
    ],
)
def test_what_a_reader_of_a_page_does_not_read_is_dropped(hidden):
    assert html(f"<p>It met.</p>{hidden}<p>It ended.</p>").text == "It met.\n\nIt ended."


def test_inline_tags_do_not_break_words():
    assert html("<p>a w<b>or</b>d, <i>a<wbr>n</i>d <a href=x>a</a> l<span>in</span>k</p>").text == (
        "a word, and a link"
    )


def test_inline_tags_do_not_break_words_of_a_heading():
    parsed = html("<h1>The 2<sup>nd</sup> sum<b>mit</b></h1><h2>H<i>ost</i>s</h2><p>India.</p>")

    assert parsed.title == "The 2nd summit"
    assert bodies(parsed) == {"Hosts": "India."}


def test_a_line_break_parts_words():
    assert html("<p>one<br>two</p>").text == "one two"


def test_an_html_list_item_becomes_one_line():
    assert lines(html("<ul><li>France<li><a>India</a><ol><li>Delhi</ol></ul><p>All.</p>")) == [
        "France",
        "India",
        "Delhi",
        "All.",
    ]


def test_an_html_table_row_becomes_one_line():
    parsed = html(
        "<table><thead><tr><th>State</th><th>Signed</th></tr></thead>"
        "<tbody><tr><td>France</td><td><b>yes</b></td></tr></tbody></table>"
    )

    assert lines(parsed) == ["State; Signed", "France; yes"]


def test_paragraphs_of_an_html_table_cell_do_not_run_together():
    row = "<tr><td><p>Fran<b>ce</b></p><p>India</p></td><td>yes<br>no</td></tr>"

    assert lines(html(f"<table>{row}</table>")) == ["France India; yes no"]


def test_a_table_within_a_table_is_read_once_and_under_its_heading():
    inner = "<table><tr><td>France</td><td>yes</td></tr></table>"
    parsed = html(f"<table><tr><td><h2>Signed</h2>{inner}</td></tr></table>")

    assert bodies(parsed) == {"Signed": "France; yes"}


def test_the_title_of_a_page_is_its_first_heading_or_else_its_title_element():
    assert html("<title>Site</title><body><h1>The summit</h1><p>It met.").title == "The summit"
    assert html("<title>Site</title><body><p>It met.").title == "Site"


@pytest.mark.parametrize("body", ["", "<body>"])
def test_the_title_element_is_no_text(body):
    assert html(f"<title>Site</title>{body}<p>It met.</p>").text == "It met."


# Word


def test_docx_headings_begin_sections():
    assert bodies(parse_docx(word_bytes(sample_word()))) == {
        "": "Before any heading.",
        "Hosts": "France and India.",
        "Place": "The Grand Palais.",
    }


def test_the_title_of_a_docx_is_its_property_or_else_its_title_paragraph():
    word = WordDocument()
    word.add_paragraph("The summit", style="Title")
    word.add_paragraph("It met.")
    parsed = parse_docx(word_bytes(word))

    assert (parsed.title, parsed.text) == ("The summit", "It met.")
    word.core_properties.title = "From the properties"
    assert parse_docx(word_bytes(word)).title == "From the properties"


def test_a_docx_table_row_becomes_one_line_in_its_place():
    word = WordDocument()
    word.add_paragraph("Before.")
    table = word.add_table(rows=2, cols=3)
    for row, texts in zip(
        table.rows, [("State", "2024", "2025"), ("France", "yes", "yes")], strict=True
    ):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    word.add_paragraph("After.")

    assert lines(parse_docx(word_bytes(word))) == [
        "Before.",
        "State; 2024; 2025",
        "France; yes; yes",
        "After.",
    ]


def test_a_merged_docx_cell_is_read_once():
    word = WordDocument()
    table = word.add_table(rows=1, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "wide"
    table.cell(0, 2).text = "narrow"

    assert parse_docx(word_bytes(word)).text == "wide; narrow"


def test_a_docx_list_item_becomes_one_line():
    word = WordDocument()
    for item in ("France", "India"):
        word.add_paragraph(item, style="List Bullet")

    assert lines(parse_docx(word_bytes(word))) == ["France", "India"]


def damaged_word() -> bytes:
    """Give a Word document whose archive is whole but whose compressed text is not."""
    data = bytearray(word_bytes(sample_word()))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo("word/document.xml").header_offset + 60
    data[start : start + 40] = b"\xff" * 40
    return bytes(data)


def other_archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "It met.")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"It met.",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        other_archive(),
        word_bytes(sample_word())[:9000],
        damaged_word(),
    ],
    ids=["empty", "text", "old Word", "other archive", "truncated", "damaged"],
)
def test_what_is_no_docx_is_refused(data):
    with pytest.raises(UnreadableDocumentError, match="Word document"):
        parse_docx(data)


# PDF


def test_the_text_of_a_pdf_is_read_page_by_page():
    parsed = parse_pdf(pdf_bytes("The summit met\nin Paris.", "", "It ended.", title="The summit"))

    assert parsed.title == "The summit"
    assert lines(parsed) == ["The summit met in Paris.", "It ended."]
    assert [
        (each.page, parsed.text[each.start : each.end].strip()) for each in parsed.sections
    ] == [
        (1, "The summit met in Paris."),
        (3, "It ended."),
    ]


def test_a_pdf_without_text_is_refused_with_a_hint_at_text_recognition():
    with pytest.raises(UnreadableDocumentError, match="OCR"):
        parse_pdf(pdf_bytes("", ""))


def test_a_pdf_with_a_password_is_refused():
    with pytest.raises(UnreadableDocumentError, match="password"):
        parse_pdf(encrypted(pdf_bytes("It met."), "secret"))


def test_a_pdf_that_opens_without_its_password_is_read():
    assert parse_pdf(encrypted(pdf_bytes("It met."), "")).text == "It met."


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_a_truncated_pdf_is_refused(share):
    data = pdf_bytes("It met.", "It ended.")

    with pytest.raises(UnreadableDocumentError):
        parse_pdf(data[: int(share * len(data))])


def test_a_pdf_with_a_damaged_stream_is_refused():
    data = pdf_bytes("It met.")
    assert b"/FlateDecode" in data

    with pytest.raises(UnreadableDocumentError):
        parse_pdf(data.replace(b"/FlateDecode", b"/FlateEncode"))


# Every format

SAMPLES = {
    ".txt": b"The hosts\n\nFrance and India.\n\nThe place\n\nParis.\n",
    ".md": FRONT_MATTER.encode()
    + b"Opening.[^bbc]\n\n## Hosts\n\n- France\n- India\n\n## Empty\n\n## Place\n\nParis.\n",
    ".html": b"<h1>Summit</h1>Opening.<h2>Hosts</h2><ul><li>India</ul><h2>Place</h2>Paris.",
    ".docx": word_bytes(sample_word()),
    ".pdf": pdf_bytes("One.", "Two."),
}


def assert_sections_hold(parsed: Parsed) -> None:
    assert parsed.sections
    previous = 0
    for section in parsed.sections:
        assert previous <= section.start < section.end <= len(parsed.text)
        assert parsed.text[section.start : section.end].strip()
        assert parsed.text[: section.start].endswith(section.heading)
        previous = section.end
    assert previous == len(parsed.text)


@pytest.mark.parametrize("suffix", SAMPLES)
def test_sections_give_their_text_without_the_heading(suffix):
    parsed = PARSERS[suffix](SAMPLES[suffix])

    assert_sections_hold(parsed)
    assert not any(heading and heading in body for heading, body in bodies(parsed).items())


def test_every_ending_has_a_parser_and_a_sample():
    assert set(PARSERS) == set(SAMPLES) | {".htm", ".markdown"}


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        *[(suffix, b"") for suffix in PARSERS],
        (".txt", b" \n\n\t"),
        (".md", b"---\ntitle: Only a title\n---\n"),
        (".md", b"<div>only raw HTML</div>\n"),
        (".html", b"<html><body><script>x()</script></body></html>"),
        (".docx", word_bytes(WordDocument())),
    ],
)
def test_a_file_that_says_nothing_is_refused(suffix, data):
    with pytest.raises(UnreadableDocumentError):
        PARSERS[suffix](data)


def as_markdown(heading: str, blocks: list[str]) -> str:
    return f"## {heading}\n\n" + "".join(f"{block}\n\n" for block in blocks)


def as_html(heading: str, blocks: list[str]) -> str:
    return f"<h2>{heading}</h2>" + "".join(f"<p>{block}</p>" for block in blocks)


@pytest.mark.parametrize(
    ("parse", "write"), [(markdown, as_markdown), (html, as_html)], ids=["markdown", "html"]
)
@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_written_under_a_heading_is_read_under_it(parse, write, seed):
    chance = random.Random(seed)
    expected = [
        (
            f"Heading {number}",
            [f"Block {chance.random()} ends." for _ in range(chance.randint(0, 3))],
        )
        for number in range(1, 7)
    ]
    expected.append(("Last", ["The end."]))
    parsed = parse("".join(write(heading, blocks) for heading, blocks in expected))

    assert_sections_hold(parsed)
    assert bodies(parsed) == {
        heading: "\n\n".join(blocks) for heading, blocks in expected if blocks
    }


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "color: red; DISPLAY : none !important",
        "visibility:hidden",
        "opacity: 0;",
        "opacity:0.0",
        "font-size:0",
        "font-size:0px",
        "display:/* a */none",
    ],
)
def test_what_a_style_hides_is_left_out(style):
    page = f"<p>Seen.</p><div style='{style}'><p>Unseen.</p></div>"
    assert parse_html(page.encode()).text == "Seen."


@pytest.mark.parametrize("style", ["display:block", "opacity:0.5", "font-size:0.9em", "opacity:1"])
def test_what_a_style_only_changes_is_kept(style):
    assert parse_html(f"<p style='{style}'>Seen.</p>".encode()).text == "Seen."


def test_hidden_text_of_a_word_document_is_left_out():
    word = WordDocument()
    paragraph = word.add_paragraph("Seen. ")
    paragraph.add_run("Unseen.").font.hidden = True
    paragraph.add_run("Seen, too.").font.hidden = False
    saved = io.BytesIO()
    word.save(saved)
    assert parse_docx(saved.getvalue()).text == "Seen. Seen, too."


def test_characters_that_nobody_sees_do_not_come_through():
    smuggled = "".join(chr(0xE0000 + ord(each)) for each in "obey")
    text = f"By night an o\u00adwl{smuggled} hunts mice\u2063 in the church towers of the town."
    assert parse_text(text.encode()).text == (
        "By night an owl hunts mice in the church towers of the town."
    )
