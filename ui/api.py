"""The HTTP API: questions, documents, search, and whether the server lives."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from assistant.errors import QuestionError
from ui import contract
from ui.admission import visitor_of
from ui.desk import Desk, Way
from ui.documented import problems
from ui.errors import sentence
from ui.events import event, stream_events
from ui.library import Library, Wish
from ui.problems import problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.question import Question

_MOST_LISTED = 1_000
_MOST_FOUND = 50
_EVENTS: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "string",
            "description": "With Accept: text/event-stream. An event answer as soon as the answer "
            "is there, one more with suggestions, if there are any, then done; or error, with a "
            "Problem.",
        },
        "example": 'event: answer\ndata: {"answer": "It was too vague. [1]", "suggestions": []}'
        "\n\nevent: done\ndata: {}\n\n",
    }
}


def desk_of(request: Request) -> Desk:
    """Give the desk of the server."""
    desk: Desk = request.app.state.desk
    return desk


def library_of(request: Request) -> Library:
    """Give the documents of the server."""
    library: Library = request.app.state.library
    return library


TheDesk = Annotated[Desk, Depends(desk_of)]
TheLibrary = Annotated[Library, Depends(library_of)]


def question_routes() -> APIRouter:
    """Give the routes of questions and of what answers come from."""
    router = APIRouter(prefix="/api", tags=["Questions and documents"])
    _add_questions(router)
    _add_documents(router)
    return router


def state_routes() -> APIRouter:
    """Give the routes of how the server is, which never need a token."""
    router = APIRouter(prefix="/api", tags=["The server"])

    @router.get("/health")
    async def health() -> contract.Health:
        """Say that the server is alive."""
        return contract.Health(status="ok")

    @router.get("/ready", responses=problems(503))
    def ready(desk: TheDesk, request: Request) -> contract.Ready:
        """Say whether the server takes questions, and what it answers from."""
        desk.admission.refuse_while_closing()
        desk.assistant.check()
        return contract.Ready(
            status="ready",
            documents=desk.assistant.document_count(),
            answerer=desk.assistant.answerer,
            version=request.app.version,
        )

    return router


def _add_questions(router: APIRouter) -> None:
    @router.post(
        "/ask",
        response_model=contract.Answer,
        responses={200: {"content": _EVENTS}, **problems(400, 413, 422, 429, 503)},
    )
    async def ask(asked: contract.Question, request: Request, desk: TheDesk) -> Response:
        """Answer one question, with an exact quotation for every sentence."""
        question = desk.question(asked.question, asked.history, asked.document)
        await run_in_threadpool(_check_document, desk, question.document)
        place = desk.place(visitor_of(request))
        if "text/event-stream" in request.headers.get("accept", ""):
            return await stream_events(place, _events(desk, question))
        async with place:
            answer = await run_in_threadpool(desk.invoke, question, Way.API)
        return JSONResponse(answer.to_dict())

    @router.get("/search", responses=problems(400, 413, 422, 429, 503))
    async def search(
        request: Request,
        desk: TheDesk,
        q: Annotated[str, Query(description="What to search for.", examples=["UK refusal"])],
        count: Annotated[
            int, Query(ge=1, le=_MOST_FOUND, description="How many passages to give at most.")
        ] = 10,
    ) -> contract.Found:
        """Find the passages nearest to some words, best first."""
        words = desk.question(q).text
        async with desk.place(visitor_of(request)):
            hits = await run_in_threadpool(desk.assistant.search, words, count)
        return contract.Found(passages=[contract.Passage.of(each) for each in hits])


def _add_documents(router: APIRouter) -> None:
    @router.get("/documents", responses=problems(422))
    def documents(
        library: TheLibrary,
        limit: Annotated[
            int, Query(ge=1, le=_MOST_LISTED, description="How many to give at most.")
        ] = 100,
        offset: Annotated[int, Query(ge=0, description="How many to pass over.")] = 0,
    ) -> contract.Documents:
        """List the documents that answers come from, by title."""
        cards = library.cards(Wish())
        entries = [
            contract.Entry.model_validate(each, from_attributes=True)
            for each in cards[offset : offset + limit]
        ]
        return contract.Documents(total=len(cards), offset=offset, limit=limit, documents=entries)

    @router.get("/documents/{document_id}", responses=problems(404))
    def document(
        library: TheLibrary,
        document_id: Annotated[
            str, Path(description="Id of the document.", examples=["why-the-uk-did-not-sign"])
        ],
    ) -> contract.Document:
        """Give a document in full, with its headings and the pages it was written from."""
        try:
            found = library.document(document_id)
        except KeyError as error:
            raise HTTPException(404, sentence(QuestionError(_unknown(document_id)))) from error
        return contract.Document.model_validate(asdict(found))


def _check_document(desk: Desk, document_id: str) -> None:
    if document_id:
        try:
            desk.assistant.document(document_id)
        except KeyError as error:
            raise QuestionError(_unknown(document_id)) from error


def _unknown(document_id: str) -> str:
    name = " ".join(document_id.split())
    return f"there is no document with the id {name}; those there are: /api/documents"


def _events(desk: Desk, question: Question) -> Iterator[bytes]:
    try:
        for answer in desk.stream(question, Way.API):
            yield event(answer.to_dict(), "answer")
    except Exception as error:  # noqa: BLE001 - the edge: programs get a sentence, the log the story
        yield event(problem_of(error).to_dict(), "error")
    else:
        yield event({}, "done")
