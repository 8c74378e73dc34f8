"""What is answered: text whose every sentence carries citations, or that nothing answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

BUILT_IN = "built-in"  # `Answer.answerer` where no chat model wrote it


class State(StrEnum):
    """How far the documents answer the question."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    FALSE_PREMISE = "false_premise"


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact quotation: `document.text[start:end] == quote`.

    `publisher`, `date` and `url` are those of the source behind the quoted sentence where the
    document names one, else the document's own.
    """

    marker: int
    document_id: str
    title: str
    publisher: str
    date: str
    url: str
    quote: str
    start: int
    end: int

    def to_dict(self) -> dict[str, Any]:
        """Give the citation as the JSON contract has it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer and the markers of the citations that carry it.

    `direct` is where in the text the words stand that answer the question, (start, end) in
    characters, where they are known. `about` is the name that it is about, where the question asks
    about several and it is about one of them.
    """

    text: str
    markers: tuple[int, ...] = ()
    direct: tuple[int, int] | None = None
    about: str = ""

    def __str__(self) -> str:
        marks = "".join(f"[{marker}]" for marker in self.markers)
        return f"{self.text} {marks}" if marks else self.text


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    `standalone_question` is the question as it was understood, `closest` are the nearest
    passages where nothing answers, `suggestions` questions that could be asked instead or next;
    `notice` says what the reader should know about how the answer came about, `confidence`, from
    0 to 1, is what abstention was decided by, and `seconds` is how long the answer took, without
    the suggestions.
    """

    question: str
    standalone_question: str
    state: State
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    closest: tuple[Citation, ...]
    answerer: str
    confidence: float
    seconds: float
    notice: str = ""
    suggestions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The answer in plain text with markers `[1]`, `[2]`…."""
        return " ".join(str(statement) for statement in self.statements)

    @property
    def quoted(self) -> tuple[Citation, ...]:
        """The citations and the closest passages, in this order."""
        return (*self.citations, *self.closest)

    @property
    def beside(self) -> tuple[Statement, ...]:
        """The statements that no row of the comparison holds: all where nothing is compared."""
        compared = bool(self.comparison)
        return tuple(each for each in self.statements if not (compared and each.about))

    @property
    def comparison(self) -> tuple[tuple[str, tuple[Statement, ...]], ...]:
        """The names that the question compares or lists, each with the statements about it.

        They come in the order of the question. Empty unless there are statements about two of
        them; statements about none are in `beside`.
        """
        names = dict.fromkeys(each.about for each in self.statements if each.about)
        rows = tuple(
            (name, tuple(each for each in self.statements if each.about == name))
            for name in sorted(names, key=self.standalone_question.find)
        )
        return rows if len(rows) > 1 else ()

    @property
    def abstained(self) -> bool:
        """Whether the question as put is left unanswered."""
        return self.state in {State.NOT_FOUND, State.FALSE_PREMISE}

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as the JSON contract has it."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "answer": self.text,
            "state": self.state.value,
            "abstained": self.abstained,
            "comparison": [
                {"about": name, "answer": " ".join(map(str, statements))}
                for name, statements in self.comparison
            ],
            "citations": [citation.to_dict() for citation in self.citations],
            "closest": [citation.to_dict() for citation in self.closest],
            "suggestions": list(self.suggestions),
            "answerer": self.answerer,
            "confidence": round(self.confidence, 3),
            "notice": self.notice,
            "seconds": round(self.seconds, 4),
        }
