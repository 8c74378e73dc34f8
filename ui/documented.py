"""The schema of what programs use: what can go wrong, and who may ask, on each operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.contract import Problem
from ui.guard import TOKEN_NEEDED
from ui.openai_contract import Failed
from ui.problems import MEDIA_TYPE
from ui.problems import Problem as Told

if TYPE_CHECKING:
    from fastapi import FastAPI

_RETRY = {
    "Retry-After": {
        "description": "Seconds after which to ask again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_MEANT: dict[int, tuple[str, str, dict[str, str]]] = {
    400: (
        "The question is empty, or there is no such document.",
        "The question is empty; ask something, such as: Why did the UK not sign?",
        {},
    ),
    401: ("The token is missing or wrong.", TOKEN_NEEDED, {}),
    404: (
        "There is no such document.",
        "There is no document with the id none; those there are: /api/documents.",
        {},
    ),
    413: (
        "The question or the whole request is too long.",
        "The question has 2,345 characters; ask it in at most 2,000.",
        {},
    ),
    422: (
        "The request is not as described here.",
        "question is missing in the body.",
        {"field": "question"},
    ),
    429: (
        "A limit on questions is reached.",
        "Too many questions come from you at the moment; ask again in 12 s.",
        {"limit": "visitor_rate"},
    ),
    503: (
        "The server stops, or cannot answer at the moment.",
        "The server is stopping; ask again in 10 s.",
        {"limit": "grace"},
    ),
}
_TEMPORARY = {429, 503}
_FASTAPIS = "HTTPValidationError"
Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """Document what can go wrong below /api."""
    return {each: _response(each, MEDIA_TYPE, Problem) for each in statuses}


def failures(*statuses: int) -> Responses:
    """Document what can go wrong below /v1, where errors look as OpenAI's do."""
    return {each: _response(each, "application/json", Failed) for each in statuses}


def complete(app: FastAPI) -> None:
    """Have the schema of an application hold our errors in the place of FastAPI's."""
    generate = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            _put_ours(generate())
        return app.openapi_schema or {}

    app.openapi = whole  # type: ignore[method-assign]


def _put_ours(schema: dict[str, Any]) -> None:
    """Take FastAPI's own error away, which it documents where we document none with its status."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            if _FASTAPIS in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    models = schema["components"]["schemas"]
    for theirs in (_FASTAPIS, "ValidationError"):
        models.pop(theirs, None)
    for ours in (Problem, Failed):
        own = ours.model_json_schema(ref_template="#/components/schemas/{model}")
        models.update({**own.pop("$defs", {}), ours.__name__: own})


def _response(status: int, media_type: str, model: type[Problem | Failed]) -> dict[str, Any]:
    description, detail, members = _MEANT[status]
    told = Told(status, detail, members=members)
    example = told.to_dict() if model is Problem else told.to_openai()
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    documented: dict[str, Any] = {
        "description": description,
        "content": {media_type: {"schema": schema, "example": example}},
    }
    if status in _TEMPORARY:
        documented["headers"] = _RETRY
    return documented
