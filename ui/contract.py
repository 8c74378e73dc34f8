"""What programs send to the HTTP API and get from it, as its schema tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.answer import State  # noqa: TC001 - pydantic reads the annotations when it runs

if TYPE_CHECKING:
    from index.search import Hit

_UK = "Why did the UK not sign the Paris statement?"
_TITLE = "Why the United Kingdom did not sign the Paris statement"
_DOCUMENT = "why-the-uk-did-not-sign"
_QUOTE = (
    "The United Kingdom refused to sign the leaders' statement of the AI Action Summit in Paris on "
    "11 February 2025 because, its government said, the text was too vague on global governance "
    "and did not deal well enough with national security."
)
_FROM = {"title": _TITLE, "publisher": "Tech Monitor", "date": "2025-02"}
_URL = "https://techmonitor.ai/digital-economy/ai-and-automation/uk-us-global-ai-declaration"


def _check_unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("half of a surrogate pair is no text; send valid Unicode") from error
    return text


Text = Annotated[str, AfterValidator(_check_unicode)]


class _Part(BaseModel):
    """A part of the contract, with an example where it stands by itself."""

    example: ClassVar[dict[str, Any]] = {}
    model_config = ConfigDict(
        frozen=True,
        json_schema_extra=lambda schema, kind: (
            schema.update(examples=[kind.example]) if kind.example else None
        ),
    )


class Question(_Part):
    """A question, with what was said before it."""

    example = {"question": _UK}
    model_config = ConfigDict(extra="forbid")

    question: Text = Field(description="What is asked, in English or French.")
    history: list[tuple[Text, Text]] = Field(
        default=[],
        description="The turns before, oldest first, each as [question, answer]. They help to "
        "understand the question and are never a source of the answer.",
    )
    document: Text = Field(
        default="", description="Id of the document to answer from alone; empty: from all."
    )


class Citation(_Part):
    """An exact quotation: characters `start` to `end` of the document's text are the quote."""

    marker: int = Field(description="The number in the answer's text that stands for it: [1].")
    document_id: str = Field(description="Id of the document that is quoted.")
    title: str = Field(description="Title of the document.")
    publisher: str = Field(description="Who published the source behind the sentence, if known.")
    date: str = Field(description="When, in ISO 8601 as far as it is known: 2025-02.")
    url: str = Field(description="Address of that source, as the document gives it.")
    quote: str = Field(description="The words quoted.")
    start: int = Field(description="Where they begin in the document's text, in characters.")
    end: int = Field(description="Where they end.")


class Compared(_Part):
    """What the answer says about one of the names that the question compares."""

    about: str = Field(description="The name.")
    answer: str = Field(description="The sentences about it, with their markers.")


class Answer(_Part):
    """The answer to one question: what `summit ask --json` prints."""

    example = {
        "question": _UK,
        "standalone_question": _UK,
        "answer": f"{_QUOTE} [1]",
        "state": "answered",
        "abstained": False,
        "comparison": [],
        "citations": [
            {
                "marker": 1,
                "document_id": _DOCUMENT,
                **_FROM,
                "url": _URL,
                "quote": _QUOTE,
                "start": 0,
                "end": len(_QUOTE),
            }
        ],
        "closest": [],
        "suggestions": [],
        "answerer": "built-in",
        "confidence": 0.88,
        "notice": "",
        "seconds": 0.1,
    }

    question: str = Field(description="The question, its white space folded.")
    standalone_question: str = Field(description="The question as it was understood.")
    answer: str = Field(description="Plain text; every sentence is followed by its markers.")
    state: State = Field(
        description="answered; partial: some of it; not_found: the documents are silent; "
        "false_premise: they contradict what the question takes for granted."
    )
    abstained: bool = Field(description="Whether the question as put is left unanswered.")
    comparison: list[Compared] = Field(
        description="Where the question compares or lists names: what is said about each."
    )
    citations: list[Citation] = Field(description="What the answer quotes, by marker.")
    closest: list[Citation] = Field(description="The nearest passages, where nothing answers.")
    suggestions: list[str] = Field(description="Questions that could be asked instead or next.")
    answerer: str = Field(description="The chat model that wrote it, or built-in.")
    confidence: float = Field(
        ge=0, le=1, description="The estimated probability that the documents answer."
    )
    notice: str = Field(description="What the reader should know about how it came about.")
    seconds: float = Field(ge=0, description="How long it took, without the suggestions.")


class Entry(_Part):
    """A document in the list."""

    id: str = Field(description="What addresses name it by.")
    title: str
    publisher: str = Field(description="Empty where it is not known, as in the other fields.")
    date: str = Field(description="In ISO 8601 as far as it is known.")
    language: str = Field(description="Code of the language of its text, such as en.")
    url: str
    topics: list[str]


class Documents(_Part):
    """Some of the documents that answers come from, by title."""

    example = {
        "total": 71,
        "offset": 0,
        "limit": 1,
        "documents": [
            {"id": _DOCUMENT, **_FROM, "language": "en", "url": _URL, "topics": ["declaration"]}
        ],
    }

    total: int = Field(ge=0, description="How many documents there are.")
    offset: int = Field(ge=0, description="How many are passed over before these.")
    limit: int = Field(ge=1, description="How many are given at most.")
    documents: list[Entry]


class Section(_Part):
    """The text under one heading: from `start` to `end` of the document's text."""

    heading: str
    start: int
    end: int
    page: int | None = Field(description="The page it begins on, where the document has pages.")


class Source(_Part):
    """A page that a document was written from."""

    publisher: str
    title: str
    date: str = Field(description="In ISO 8601 as far as it is known, or undated.")
    url: str


class Document(Entry):
    """A document in full; offsets count characters of `text`."""

    example = {
        "id": _DOCUMENT,
        **_FROM,
        "language": "en",
        "url": _URL,
        "topics": ["declaration"],
        "text": _QUOTE,
        "sections": [{"heading": "", "start": 0, "end": len(_QUOTE), "page": 1}],
        "sources": [{**_FROM, "url": _URL}],
    }

    text: str
    sections: list[Section]
    sources: list[Source]


class Passage(_Part):
    """Neighbouring sentences of a document: from `start` to `end` of its text."""

    document_id: str
    title: str = Field(description="Title of the document.")
    heading: str = Field(description="The heading it stands under; empty where there is none.")
    text: str
    start: int
    end: int
    score: float = Field(description="How near it is to what was searched for; the more the nearer")

    @classmethod
    def of(cls, hit: Hit) -> Passage:
        """Give what a search found."""
        passage = hit.passage
        return cls(
            document_id=passage.document_id,
            title=passage.title,
            heading=passage.heading,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            score=round(hit.score, 4),
        )


class Found(_Part):
    """The passages found, best first."""

    example = {
        "passages": [
            {
                "document_id": _DOCUMENT,
                "title": _TITLE,
                "heading": "",
                "text": _QUOTE,
                "start": 0,
                "end": len(_QUOTE),
                "score": 0.71,
            }
        ]
    }

    passages: list[Passage]


class Health(_Part):
    """That the server is alive."""

    example = {"status": "ok"}

    status: str = Field(description="ok")


class Ready(_Part):
    """That the server takes questions."""

    example = {"status": "ready", "documents": 71, "answerer": "built-in", "version": "0.1.0"}

    status: str = Field(description="ready")
    documents: int = Field(description="How many documents answers come from.")
    answerer: str = Field(description="The chat model that writes the answers, or built-in.")
    version: str = Field(description="The version of Summit Assistant.")


class Problem(_Part):
    """What is wrong with a request, as in RFC 9457; never a trace of the server's insides."""

    example = {
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many questions come from you at the moment; ask again in 12 s.",
        "limit": "visitor_rate",
    }

    title: str = Field(description="What HTTP calls the status.")
    status: int
    detail: str = Field(description="One sentence that says what is wrong and how to mend it.")
    limit: str = Field(default="", description="The setting that is the limit, in a 429 or 503.")
    field: str = Field(default="", description="The field that is not as asked for, in a 422.")
