"""A question and the conversation before it become a question that stands alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.comparison import ASKING, ONE_NAME, questions_by_name
from assistant.errors import LongQuestionError, QuestionError
from corpus.text import storable
from index.terms import content_words, fold, is_alias

MAX_QUESTION_CHARACTERS = 2_000
MAX_PARTS = 3

_ABOUT = re.compile(
    r"^(?:and|but|so|ok|okay|then)?[\s,]*(?:what about|how about|what of|and|et)"
    r"\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"(?:and|but|so|then|et|mais)\b", re.IGNORECASE)
_LEANING = re.compile(
    r"\b(?:it|its|he|him|his|she|her|hers|they|them|their|theirs|this|that|these|those|there|"
    r"the same|one|ones|il|elle|ils|elles)\b",
    re.IGNORECASE,
)
_NAME = re.compile(rf"(?<![\w.]){ONE_NAME}")
_NEXT_CLAUSE = re.compile(
    r",?\s+(?:and|et)\s+(?=(?:when|how|what|why|who|where|which|quand|comment|pourquoi|qui|où)\b)",
    re.IGNORECASE,
)
_FEW_WORDS = 4
_LOOKED_BACK = 10  # turns


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the (question, answer) pairs before it, oldest first.

    With the id of a `document`, the answer is to come from that one alone.
    """

    text: str
    history: tuple[tuple[str, str], ...] = ()
    document: str = ""

    @classmethod
    def of(
        cls,
        text: str,
        history: tuple[tuple[str, str], ...] = (),
        document: str = "",
        most: int = MAX_QUESTION_CHARACTERS,
    ) -> Question:
        """Check a question, fold its white space and mend what is no Unicode.

        Raises:
            QuestionError: it is empty.
            LongQuestionError: it is longer than `most` characters.
        """
        folded = storable(" ".join(text.split()))
        if not any(map(str.isalnum, folded)):
            raise QuestionError(
                "the question is empty; ask something, such as: Why did the UK not sign?"
            )
        if len(folded) > most:
            raise LongQuestionError(
                f"the question has {len(folded):,} characters; ask it in at most {most:,}"
            )
        said = tuple((storable(asked), storable(answered)) for asked, answered in history)
        return cls(folded, said, storable(document))


def standalone(question: Question) -> str:
    """Give the question with what it leaves out taken from the question before it.

    “And the US?” after “Why did the UK not sign?” becomes “Why did the US not sign?”; a
    question that leans on a pronoun or is very short has the topic of the one before added.
    """
    history = question.history[-_LOOKED_BACK:]
    about = _ABOUT.match(question.text)
    other = re.sub(r"['’]s$", "", about["rest"].rstrip("?!. ")) if about else ""
    renames = len(other.split()) <= _FEW_WORDS and (bool(_names(other)) or is_alias(other))
    leans = bool(about and not _names(other)) or _leans(question.text)
    if not history or not (renames or leans):
        return question.text
    # What came before may itself lean on what came before it.
    previous = standalone(Question(history[-1][0].strip(), history[:-1]))
    return _with_other_name(previous, other) if renames else _with_topic(question.text, previous)


def asked_before(question: Question) -> list[str]:
    """Give the last questions of the conversation, each standing alone, oldest first."""
    history = question.history[-_LOOKED_BACK:]
    return [
        standalone(Question(text, history[:number])) for number, (text, _) in enumerate(history)
    ]


def parts(text: str) -> dict[str, str]:
    """Give the questions that a question asks at once, each standing alone; itself where it is one.

    “When was it planned, and who came?” asks two; “Why did the UK and the US not sign?” asks of
    two names, and so does “UK vs US reasons”. There are at most `MAX_PARTS`. With each comes the
    name that it asks about, or an empty string.
    """
    clauses = [each.strip(" ,;") for each in _NEXT_CLAUSE.split(text)]
    if 1 < len(clauses) <= MAX_PARTS and all(len(each.split()) > 1 for each in clauses):
        first, *others = clauses
        return dict.fromkeys([first, *(_after(first, each) for each in others)], "")
    by_name = questions_by_name(text)
    return {question: name for name, question in by_name.items()} or {text: ""}


def _after(first: str, clause: str) -> str:
    """Give a second clause with the topic of the first, where it is short or leans on it."""
    if len(clause.split()) <= _FEW_WORDS:
        return _with_topic(clause, first)
    return standalone(Question(clause, ((first, ""),)))


def _leans(text: str) -> bool:
    """Whether a question makes sense only after the one before it.

    It does when a pronoun comes before any name, or when it names nothing and begins with “and”
    or is very short.
    """
    names = _names(text)
    pronoun = _LEANING.search(text)
    if pronoun:
        return not any(text.find(name) < pronoun.start() for name in names)
    return not names and (bool(_GOES_ON.match(text)) or len(text.split()) <= _FEW_WORDS)


def _with_topic(text: str, previous: str) -> str:
    """Give a question with the words of the one before that carry meaning, as they were written."""
    meaning = set(content_words(previous))
    found = dict.fromkeys(re.findall(r"\w+", previous))
    topic = " ".join(word for word in found if fold(word) in meaning)
    return f"{text.rstrip('?!. ')} ({topic})?"


def _with_other_name(previous: str, name: str) -> str:
    names = _names(previous)
    if not names:
        return f"{previous.rstrip('?!. ')} ({name})?"
    old = names[0]
    article = "the "
    before, after = (each.lower().startswith(article) for each in (old, name))
    # “The UK” and “the US” are countries with an article, “the Paris” is the beginning of a thing.
    if before and not after and (name.isupper() or not old[len(article) :].isupper()):
        old = old[len(article) :]
    elif after and not before and not name[len(article) :].isupper():
        name = name[len(article) :]
    return previous.replace(old, name, 1)


def _names(text: str) -> list[str]:
    """Give the proper names of a question, in order, question words left out."""
    names = []
    for match in _NAME.finditer(text):
        parts = match.group().split()
        while parts and parts[0].lower() in ASKING:
            parts.pop(0)
        if parts and parts[-1][0].isupper():
            names.append(" ".join(parts))
    return names
