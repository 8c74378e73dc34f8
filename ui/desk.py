"""Where every question to the server is handed in, whichever way it came."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from assistant.question import Question
from ui.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from assistant.answer import Answer
    from assistant.assistant import Assistant
    from assistant.settings import Settings
    from ui.admission import Admission
    from ui.watch import Watch


class Way(StrEnum):
    """The ways in."""

    CHAT = "chat"
    WIDGET = "widget"
    API = "api"
    OPENAI = "openai"
    MCP = "mcp"


class Desk:
    """Takes questions as far as the limits allow, has them answered, and counts and logs them."""

    def __init__(
        self, assistant: Assistant, settings: Settings, admission: Admission, watch: Watch
    ) -> None:
        self.assistant = assistant
        self.settings = settings
        self.admission = admission
        self.watch = watch

    @asynccontextmanager
    async def place(self, visitor: str) -> AsyncIterator[None]:
        """Hold a place while one question of a visitor is answered.

        Raises:
            LimitError: it cannot be taken now.
        """
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.admission.place(visitor))
            except LimitError as error:
                self.watch.limited(error)
                raise
            yield

    def question(
        self, text: str, history: Sequence[tuple[str, str]] = (), document: str = ""
    ) -> Question:
        """Check a question.

        Raises:
            QuestionError: it is empty.
            LongQuestionError: it is longer than the settings allow.
        """
        return Question.of(text, tuple(history), document, self.settings.max_question)

    def invoke(self, question: Question, way: Way) -> Answer:
        """Give the answer; see `Assistant.invoke`. Blocks: a place is held meanwhile."""
        with self.watch.answering(way, question) as answered:
            answer = self.assistant.invoke(question)
            answered(answer)
        return answer

    def stream(self, question: Question, way: Way) -> Iterator[Answer]:
        """Give the answer as it grows; see `Assistant.stream`. Blocks: a place is held."""
        with self.watch.answering(way, question) as answered:
            for number, answer in enumerate(self.assistant.stream(question)):
                if not number:
                    answered(answer)
                yield answer
