"""The verdicts of a chat model by ragas' metrics; importing this needs the extra `judge`."""

from __future__ import annotations

import asyncio
import json
import math
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.utils.json import parse_json_markdown
from pydantic import BaseModel, ValidationError
from ragas.llms import InstructorBaseRagasLLM
from ragas.metrics.collections import AnswerCorrectness, Faithfulness
from ragas.metrics.collections.answer_correctness.util import ClassificationWithReason
from ragas.metrics.collections.faithfulness.util import NLIStatementOutput

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from langchain_core.language_models import BaseChatModel
    from ragas.metrics.result import MetricResult

Reply = TypeVar("Reply", bound=BaseModel)
_SHOWN = 80


class VerdictError(Exception):
    """The chat model gave no verdict that can be used; the message says what it did instead."""


class LangChainLLM(InstructorBaseRagasLLM):
    """Lets a LangChain chat model answer the prompts of one of ragas' metrics for one answer.

    The prompts hold the JSON schema and examples, so that plain text can be asked for and read
    here: every provider can do that. One failed request is one error; ragas' own adapters try
    again and again, and report to its makers.
    """

    def __init__(self, model: BaseChatModel, timeout: float) -> None:
        self._model = model
        self._timeout = timeout
        self._statements = 0

    def generate(self, prompt: str, response_model: type[Reply]) -> Reply:
        """Do as `agenerate` does, where no event loop runs."""
        return asyncio.run(self.agenerate(prompt, response_model))

    async def agenerate(self, prompt: str, response_model: type[Reply]) -> Reply:
        """Give the model's reply to a prompt, as an object of the class asked for.

        Raises:
            VerdictError: it was not done in time, failed, or what it gave cannot be used.
        """
        reply = _read(await self._ask(prompt), response_model)
        self._check(reply)
        return reply

    async def _ask(self, prompt: str) -> str:
        try:
            # The client's own timeout starts anew at each byte; this one is for the whole reply.
            async with asyncio.timeout(self._timeout):
                return str((await self._model.ainvoke(prompt)).text)
        except TimeoutError as error:
            raise VerdictError(f"did not answer within {self._timeout:g} seconds") from error
        except Exception as error:  # every provider raises errors of its own
            status = getattr(error, "status_code", None)
            which = f"{type(error).__name__}, HTTP {status}" if status else type(error).__name__
            raise VerdictError(f"failed ({which})") from error

    def _check(self, reply: BaseModel) -> None:
        """Refuse what ragas would count as a perfect score, or as one of fewer statements."""
        if isinstance(reply, NLIStatementOutput):
            given = [each.verdict for each in reply.statements]
            if len(given) != self._statements:
                raise VerdictError(f"gave {len(given)} verdicts on {self._statements} statements")
            if not set(given) <= {0, 1}:
                raise VerdictError("gave a verdict that is neither 0 nor 1")
        elif isinstance(reply, ClassificationWithReason):
            classified = len(reply.TP) + len(reply.FP)
            if classified < self._statements:
                raise VerdictError(f"classified {classified} of {self._statements} statements")
        else:
            statements = len(getattr(reply, "statements", []))
            if not statements:
                raise VerdictError("found no statements to judge")
            # The first are the answer's; a second request is for those of the reference.
            self._statements = self._statements or statements


async def faithfulness(llm: LangChainLLM, question: str, answer: str, contexts: list[str]) -> float:
    """Give the share of the answer's statements that the contexts bear out.

    Raises:
        VerdictError: the model gave no usable verdict.
    """
    return await _score(
        Faithfulness(llm=llm).ascore(
            user_input=question, response=answer, retrieved_contexts=contexts
        )
    )


async def correctness(llm: LangChainLLM, question: str, answer: str, reference: str) -> float:
    """Give the F1 score of the answer's statements against those of the reference.

    Raises:
        VerdictError: the model gave no usable verdict.
    """
    by_facts_alone = [1.0, 0.0]  # and not by the likeness of embeddings
    return await _score(
        AnswerCorrectness(llm=llm, weights=by_facts_alone).ascore(
            user_input=question, response=answer, reference=reference
        )
    )


async def _score(result: Awaitable[MetricResult]) -> float:
    try:
        value = float((await result).value)
    except ValueError as error:
        raise VerdictError(f"could not be asked: {error}") from error
    if math.isnan(value):
        raise VerdictError("gave no verdict")
    return value


def _read(text: str, response_model: type[Reply]) -> Reply:
    try:
        return response_model.model_validate(parse_json_markdown(text, parser=_first_value))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise VerdictError(
            f"gave JSON of another form ({where + ': ' if where else ''}{first['msg'].lower()})"
        ) from error
    except (ValueError, RecursionError) as error:
        raise VerdictError(f"gave no JSON but {text[:_SHOWN]!r}") from error


def _first_value(text: str) -> Any:
    """Read JSON, whatever is said after it.

    LangChain's own parser mends what was cut off, and the verdicts that are lost go unseen.
    """
    return json.JSONDecoder().raw_decode(text.strip())[0]
