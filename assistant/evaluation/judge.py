"""Has a chat model judge the answers, beside the figures that need none and never instead."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from assistant.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.language_models import BaseChatModel

    from assistant.evaluation.score import Row

_FAITHFULNESS, _CORRECTNESS, ERROR = _FIELDS = (
    "judge_faithfulness",
    "judge_correctness",
    "judge_error",
)
_AT_ONCE = 4
_MARKERS = re.compile(r" ?(?:\[\d{1,3}\])+")


@dataclass(frozen=True, slots=True)
class Judge:
    """A chat model that judges answers.

    `name` is what its verdicts are kept under, `timeout` the seconds that one of its replies may
    take, and `at_once` how many answers it judges at the same time.
    """

    model: BaseChatModel
    name: str
    timeout: float
    at_once: int = _AT_ONCE
    on_progress: Callable[[int, int], None] = lambda _done, _total: None

    def judge(
        self, rows: Sequence[Row], on_row: Callable[[Row], None] = lambda _row: None
    ) -> list[Row]:
        """Give the rows of an evaluation with verdicts; abstentions and rows judged before stay.

        An answer gets `judge_faithfulness` and, where facts are expected of it,
        `judge_correctness`, from 0 to 1. Where the model failed or gave no usable verdict, it
        gets `judge_error`, which says why, and the others are judged all the same. Each row is
        given to `on_row` as soon as it is judged.

        Raises:
            SettingsError: the judge's packages are not installed.
        """
        require_ragas()
        # One event loop for all: a client keeps its connections from one request to the next,
        # and they die with the loop that they were opened in.
        return asyncio.run(self._all(rows, on_row))

    async def _all(self, rows: Sequence[Row], on_row: Callable[[Row], None]) -> list[Row]:
        gate = asyncio.Semaphore(self.at_once)
        total = sum(_is_open(row) for row in rows)
        done = 0

        async def one(row: Row) -> Row:
            nonlocal done
            if not _is_open(row):
                return row
            async with gate:
                judged = await self._one(row)
            done += 1
            on_row(judged)
            self.on_progress(done, total)
            return judged

        self.on_progress(0, total)
        return list(await asyncio.gather(*map(one, rows)))

    async def _one(self, row: Row) -> Row:
        from assistant.evaluation import verdicts  # noqa: PLC0415 - an extra, and it takes seconds

        question, answer = _question(row), _MARKERS.sub("", row["answer"])
        asked = {
            _FAITHFULNESS: partial(verdicts.faithfulness, contexts=_contexts(row)),
            _CORRECTNESS: partial(verdicts.correctness, reference=_reference(row)),
        }
        if not _reference(row):
            del asked[_CORRECTNESS]
        judged = {name: value for name, value in row.items() if name not in _FIELDS}
        errors = []
        for name, ask in asked.items():
            llm = verdicts.LangChainLLM(self.model, self.timeout)
            try:
                judged[name] = round(await ask(llm, question, answer), 4)
            except verdicts.VerdictError as error:
                errors.append(f"{name}: the judge {error}")
        return {**judged, ERROR: "; ".join(errors)} if errors else judged


def require_ragas() -> None:
    """Load the judge's packages.

    Raises:
        SettingsError: they are not installed, or do not fit each other.
    """
    # It would report to its makers what it is used for. It reads this once, and only this word.
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    try:
        import assistant.evaluation.verdicts  # noqa: F401, PLC0415 - an extra, and it takes seconds
    except ImportError as error:
        first_line = str(error).splitlines()[0]
        raise SettingsError(
            f"--judge cannot be used: {first_line}; install its extra: pip install '.[judge]'"
        ) from error


def _is_open(row: Row) -> bool:
    """Whether it is an answer without a verdict, or one that could not be judged before."""
    return not row["abstained"] and (ERROR in row or _FAITHFULNESS not in row)


def _question(row: Row) -> str:
    """Give the question with all that was said before, as only so it can be understood."""
    before = [text for turn in row["history"] for text in turn]
    return "\n".join([*before, row["question"]])


def _contexts(row: Row) -> list[str]:
    """Give the passages found, and what is cited from further down."""
    passages = [f"{each['title']}\n{each['text']}" for each in row["passages"]]
    quotes = [each["quote"] for each in row["citations"]]
    return passages + [each for each in quotes if not any(each in text for text in passages)]


def _reference(row: Row) -> str:
    """Give the facts that the answer should state, each in its first wording."""
    if not row["answerable"]:
        return ""
    return "\n".join(alternatives[0] for alternatives in row["facts"] if alternatives)
