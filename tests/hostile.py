"""Files that are broken, or made to harm whoever opens them; the same ones each time."""

import io
import random
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache

from docx import Document as WordDocument
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

TEXT = "The owl hunts mice by night. It sleeps in church towers by day."
HIDDEN = "zanzibar"  # stands in files where no reader would see it
_MAIN = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp1252", "cp037", "latin-1", "iso8859-15")
_FOREIGN = {
    "shift_jis": "梟は夜に鼠を狩る。",
    "gb18030": "猫头鹰在夜间捕猎老鼠。",
    "koi8-r": "Сова охотится на мышей.",
    "cp1251": "Сова охотится на мышей.",
    "euc-kr": "올빼미는 밤에 쥐를 사냥한다.",
    "cp1255": "הינשוף צד עכברים",
    "iso2022_jp": "梟は夜に鼠を狩る。",
    "utf-7": "Die Eule jagt Mäuse.",
}
_ENDINGS = (".txt", ".md", ".html", ".pdf", ".docx")


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file by its name."""

    name: str
    data: bytes


def hostile_files(*, long=True):
    """Give every file; without `long` those alone that take no seconds to make or to give up."""
    for family in (_cut, _flipped, _pdfs, _words, _outside, _pages, _markdown, _texts, _mistaken):
        yield from family()
    if long:
        yield from _long()


@cache
def a_pdf(pages=3, **encryption):
    """Give a small PDF; `encryption` is what pypdf takes."""
    drawn, written = io.BytesIO(), io.BytesIO()
    canvas = Canvas(drawn, invariant=True)
    for _ in range(pages):
        canvas.drawString(72, 720, TEXT)
        canvas.showPage()
    canvas.save()
    if not encryption:
        return drawn.getvalue()
    writer = PdfWriter(clone_from=PdfReader(drawn))
    writer.encrypt(**encryption)
    writer.write(written)
    return written.getvalue()


@cache
def a_word():
    """Give a small Word document."""
    written, word = io.BytesIO(), WordDocument()
    word.add_heading("Owls", 1)
    word.add_paragraph(TEXT)
    word.save(written)
    return written.getvalue()


def word_with(**parts):
    """Give a Word document in which parts are replaced: document_xml for word/document.xml."""
    return packed({f"word/{name.replace('_', '.')}": data for name, data in parts.items()})


def packed(replaced):
    """Give the small Word document with some of its parts replaced or added."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(a_word())) as good, zipfile.ZipFile(written, "w", 8) as bad:
        for name in good.namelist():
            if name not in replaced:
                bad.writestr(name, good.read(name))
        for name, data in replaced.items():
            bad.writestr(name, data)
    return written.getvalue()


def _body(content, before=""):
    return f"{before}<w:document {_MAIN}><w:body>{content}</w:body></w:document>"


def _paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def _cut():
    for ending, data in ((".pdf", a_pdf()), (".docx", a_word())):
        for number in range(60):
            yield Hostile(f"cut-{number:02}{ending}", data[: len(data) * number // 60])


def _flipped():
    for ending, data in ((".pdf", a_pdf()), (".docx", a_word())):
        for number in range(60):
            draw, broken = random.Random(number), bytearray(data)
            for _ in range(1 + number):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            yield Hostile(f"flipped-{number:02}{ending}", bytes(broken))


def pdf_of(content=b"", resources="", *, more=(), filters="/FlateDecode", packed=None):
    """Give a PDF of one page; `more` are objects from number 5 on."""
    stream = zlib.compress(content) if packed is None else packed
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<{resources}>>>>".encode(),
        f"<</Length {len(stream)}/Filter {filters}>>stream\n".encode() + stream + b"\nendstream",
        *more,
    ]
    written = b"%PDF-1.7\n"
    offsets = []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (size, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table) + trailer


def _pdfs():
    for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"):
        locked = a_pdf(user_password="secret", owner_password="owner", algorithm=algorithm)
        yield Hostile(f"locked-{algorithm}.pdf", locked)
    for name in ("LZWDecode", "RunLengthDecode", "ASCIIHexDecode", "ASCII85Decode", "DCTDecode"):
        for size in (0, 1, 5_000):
            bad = pdf_of(packed=b"\x81\xff" * size, filters=f"/{name}")
            yield Hostile(f"filter-{name}-{size}.pdf", bad)
    form = "/XObject<</X 5 0 R>>"
    itself = (
        b"<</Type/XObject/Subtype/Form/Resources<</XObject<</X 5 0 R>>>>/Length 5>>"
        b"stream\n/X Do\nendstream"
    )
    yield Hostile("form-in-itself.pdf", pdf_of(b"/X Do", form, more=(itself,)))
    good = pdf_of(b"BT /F 12 Tf (A) Tj ET")
    for old, new in (
        (b"/Kids[3 0 R]", b"/Kids[2 0 R]"),
        (b"/Kids[3 0 R]", b"/Kids[3 0 R 2 0 R]"),
        (b"/Kids[3 0 R]", b"/Kids[" + b"3 0 R " * 20_000 + b"]"),
        (b"/Count 1", b"/Count 2147483647"),
        (b"/Count 1", b"/Count -1"),
        (b"/Pages 2 0 R", b"/Pages 1 0 R"),
        (b"/Parent 2 0 R", b"/Parent 3 0 R"),
        (b"/Contents 4 0 R", b"/Contents 3 0 R"),
        (b"/Contents 4 0 R", b"/Contents[" + b"4 0 R " * 20_000 + b"]"),
        (b"/Root 1 0 R", b"/Root 99 0 R"),
        (b"/Root 1 0 R", b"/Root 1 0 R/Prev 9"),
        (b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 1 0 R"),
        (b"/Size 5", b"/Size 4294967296"),
        (b"0 5\n", b"0 999999999\n"),
        (b"%PDF-1.7", b"%PDF-" + b"9" * 5_000),
        (b"/Resources<<>>", b"/Resources" + b"[" * 50_000),
        (b"/Resources<<>>", b"/Resources" + b"<</A" * 50_000),
        (b"/Resources<<>>", b"/Resources(" + b"(" * 50_000),
        (b"/Length", b"/Length 99999999999/L"),
        (b"/Length", b"/Length 4 0 R/L"),
        (b"startxref\n", b"startxref\n9999999999"),
        (b"startxref\n", b"startxref\n-"),
    ):
        assert old in good
        yield Hostile(f"pdf-{zlib.crc32(old + new):08x}.pdf", good.replace(old, new, 1))
    self_reference = good.replace(b"trailer<<", b"trailer<</Prev %d" % good.index(b"xref\n0"))
    yield Hostile("table-before-itself.pdf", self_reference)


def _words():
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE w:document [<!ENTITY a0 "ha">{laughs}]>'
    yield Hostile("laughs.docx", word_with(document_xml=_body(_paragraph("&a9;"), bomb)))
    blow = f'<!DOCTYPE w:document [<!ENTITY a "{"ha" * 50_000}">]>'
    yield Hostile("blow-up.docx", word_with(document_xml=_body(_paragraph("&a;" * 50_000), blow)))
    for number, flag in enumerate(("", ' w:val="1"', ' w:val="true"')):
        run = f"<w:r><w:rPr><w:vanish{flag}/></w:rPr><w:t>{HIDDEN}</w:t></w:r>"
        xml = _body(f"<w:p><w:r><w:t>{TEXT}</w:t></w:r>{run}</w:p>")
        yield Hostile(f"hidden-{number}.docx", word_with(document_xml=xml))
    for tag in ("w:p", "w:r", "w:tbl", "w:tc", "w:sdt", "w:hyperlink"):
        deep = _body(f"<{tag}>" * 20_000 + f"</{tag}>" * 20_000)
        yield Hostile(f"deep-{tag[2:]}.docx", word_with(document_xml=deep))
    for span in ("0", "-1", "x"):
        cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>{_paragraph("owl")}</w:tc>'
        xml = _body(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")
        yield Hostile(f"span-{span}.docx", word_with(document_xml=xml))
    for number, xml in enumerate(("", "<", "<a/>", _body(""), "\0", "<?xml version='9'?>", "]]>")):
        for part in ("document_xml", "styles_xml"):
            yield Hostile(f"part-{number}-{part}.docx", word_with(**{part: xml}))
    for number, name in enumerate(
        ("../../up.xml", "/etc/up.xml", "C:\\up.xml", "a" * 5_000, "\u202e")
    ):
        yield Hostile(f"climbs-{number}.docx", packed({name: b"<a/>"}))
    for name in ("[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels"):
        for number, data in enumerate((b"", b"<a/>", b"<a>" * 20_000, b"\xff\xfe")):
            yield Hostile(f"{zlib.crc32(name.encode()):08x}-{number}.docx", packed({name: data}))
    yield Hostile("many-parts.docx", packed({f"word/p{n}.xml": b"<a/>" for n in range(3_000)}))


def _outside():
    for number, address in enumerate(
        ("file:///etc/passwd", "http://127.0.0.1:9/", "ftp://127.0.0.1/", "/etc/hostname", "CON")
    ):
        for kind, before, inside in (("", "", "&a;"), ("% ", "%a;", "")):
            entity = f'<!DOCTYPE w:document [<!ENTITY {kind}a SYSTEM "{address}">{before}]>'
            xml = _body(_paragraph(inside), entity)
            yield Hostile(f"outside-{number}{len(kind)}.docx", word_with(document_xml=xml))


def _pages():
    for tag in ("div", "b", "table", "ul", "a", "font", "svg", "h1", "blockquote", "section"):
        for depth in (500, 5_000):
            data = f"<{tag}>" * depth + TEXT
            yield Hostile(f"deep-{tag}-{depth}.html", data.encode())
    hidden = (
        "<p hidden>{}</p>",
        "<p aria-hidden=true>{}</p>",
        "<p style='display:none'>{}</p>",
        "<p style='Display : None !important'>{}</p>",
        "<p style='visibility:hidden'>{}</p>",
        "<p style='opacity:0'>{}</p>",
        "<p style='font-size:0px'>{}</p>",
        "<div style='color:red;display:none'><p>{}</p></div>",
        "<script>{}</script>",
        "<style>{}</style>",
        "<template>{}</template>",
        "<noscript>{}</noscript>",
        "<!-- {} -->",
        "<svg><text>{}</text></svg>",
        "<img alt='' title='{}'>",
        "<meta name=description content='{}'>",
        "<input value='{}'>",
    )
    for number, each in enumerate(hidden):
        data = f"<html><body><p>{TEXT}</p>{each.format(HIDDEN)}</body></html>"
        yield Hostile(f"hidden-{number:02}.html", data.encode())
    for encoding in (
        *_FOREIGN,
        "utf-8",
        "utf-16",
        "ascii",
        "x-user-defined",
        "hex",
        "zlib",
        "idna",
    ):
        page = f"<meta charset='{encoding}'><p>{TEXT} Ünïcode".encode()
        yield Hostile(f"declared-{encoding}.html", page)
    for number, page in enumerate(
        ("<", "<!", "<![CDATA[", "</", "&#0;", "&#xFFFFFFFF;", "&#55296;", "<p " + "a=1 " * 5_000)
    ):
        yield Hostile(f"odd-{number}.html", (page + TEXT).encode())
    yield Hostile("comments.html", b"<!--" * 5_000 + TEXT.encode())
    yield Hostile("attributes.html", b"<p " + b"a" * 500_000 + b">" + TEXT.encode())


def _markdown():
    for number, mark in enumerate(
        ("> ", "- ", "[", "![", "*", "_", "`", "<", "](", "1. ", "~", "|", "&", "\\", "#", "[^a]:")
    ):
        for count in (1_000, 10_000):
            yield Hostile(f"marks-{number:02}-{count}.md", (mark * count + TEXT).encode())
    fronts = (
        "a: &a [*a]",
        "a: &a {b: *a}",
        "!!python/object/apply:os.system [id]",
        "title: !!python/name:os.system",
        "title: 2025-02-30",
        "title: " + "[" * 2_000,
        "title: " + "{a: " * 2_000,
        "sources: 1",
        "sources: [1]",
        "sources: [{key: {a: b}}]",
        "questions: {a: b}",
        "topics: {a: b}",
        "? [a, b]\n: c",
        "date: " + "9" * 5_000,
        "title: !!binary aGE=",
        "title: .inf",
        "title: \t",
        "title: 'a\n\n",
        "a: b\na: c",
        "%YAML 9.9",
        "--- a",
        "*a",
        "title: !!set {a, b}",
        "title: \x07",
        "language: ../../x",
        'title: "\\ud800"',
        'topics: ["\\ud800", "\\0"]',
        'sources: [{title: "\\udfff"}]',
    )
    for number, front in enumerate(fronts):
        yield Hostile(f"front-{number:02}.md", f"---\n{front}\n---\n{TEXT}".encode())


def _texts():
    for encoding in _ENCODINGS:
        for ending in (".txt", ".md", ".html"):
            yield Hostile(f"in-{encoding}{ending}", f"{TEXT} Ünïcode.".encode(encoding))
    for encoding, text in _FOREIGN.items():
        yield Hostile(f"in-{encoding}.txt", (text * 5).encode(encoding))
    for number in range(30):
        yield Hostile(f"noise-{number:02}.txt", random.Random(number).randbytes(2_000))
    odd = ("\u200b", "\u2060", "\ufeff", "\u202e", "\u2066", "\x1b]0;owned\x07", "\x9b31m", "\x08")
    for number, mark in enumerate((*odd, "\u0301" * 200, "\U000e0041", "\u115f", "\u00ad")):
        for ending in (".txt", ".md", ".html"):
            text = TEXT.replace(" ", f" {mark}").replace("owl", f"o{mark}wl")
            yield Hostile(f"odd-{number:02}{ending}", text.encode())
    for number, data in enumerate(
        (
            b"",
            b"\0",
            b"\0" * 5_000,
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\n" * 5_000,
            b"\x1a",
            b"\xed\xa0\x80",
        )
    ):
        for ending in (".txt", ".md", ".html"):
            yield Hostile(f"nothing-{number}{ending}", data)
        yield Hostile(f"some-{number}.txt", TEXT.encode() + data + TEXT.encode())


def _mistaken():
    contents = {
        "pdf": a_pdf(),
        "word": a_word(),
        "png": b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(500),
        "elf": b"\x7fELF" + random.Random(2).randbytes(500),
        "gzip": b"\x1f\x8b\x08" + random.Random(3).randbytes(500),
        "zip": packed({})[:500],
        "text": TEXT.encode(),
        "page": f"<html><p>{TEXT}".encode(),
    }
    for kind, data in contents.items():
        for ending in _ENDINGS:
            yield Hostile(f"{kind}-as-it-says{ending}", data)


def _long():
    once = b" " * 2**28
    for depth in range(1, 4):
        once = zlib.compress(once, 9)
        filters = "[" + "/FlateDecode" * depth + "]"
        yield Hostile(f"stream-{depth}.pdf", pdf_of(packed=once, filters=filters))
    yield Hostile("many-words.pdf", pdf_of(b"BT (owl ) Tj ET\n" * 200_000))
    yield Hostile("deep-state.pdf", pdf_of(b"q " * 500_000))
    row = f"<w:tr>{f'<w:tc>{_paragraph(chr(111))}</w:tc>' * 2_000}</w:tr>"
    yield Hostile("wide-table.docx", word_with(document_xml=_body(f"<w:tbl>{row * 10}</w:tbl>")))
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="{10**30}"/></w:tcPr>{_paragraph("owl")}</w:tc>'
    xml = _body(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")
    yield Hostile("wide-span.docx", word_with(document_xml=xml))
    for megabytes in (100, 600):
        text = _paragraph("a" * (megabytes * 2**20))
        yield Hostile(f"bomb-{megabytes}.docx", word_with(document_xml=_body(text)))
    yield Hostile("comments-many.html", b"<!--" * 100_000 + TEXT.encode())
    table = "<table>" + "<tr><td>owl</td><td>mouse</td></tr>" * 20_000
    yield Hostile("long-table.html", table.encode())
    yield Hostile("long-table.md", b"|a|b|\n|-|-|\n" + b"|owl|mouse|\n" * 20_000)
    laughs = "\n".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))
    yield Hostile("laughs.md", f"---\na0: &a0 [ha]\n{laughs}\n---\n{TEXT}".encode())
    for ending in _ENDINGS:
        yield Hostile(f"line{ending}", b"a" * (20 * 2**20))
        yield Hostile(f"words{ending}", b"owl " * (5 * 2**20))
    yield Hostile("paragraphs.txt", b"A b.\n\n" * 8_000_000)
