"""What is wrong with a request, as RFC 9457 has programs told: application/problem+json."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse

from ui.errors import LimitError, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> JSONResponse:
    """Give the answer that says so; `members` are what else there is to know."""
    content = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def limit_problem(error: LimitError) -> JSONResponse:
    """Say which limit is reached, and when to come back."""
    headers = {"Retry-After": str(error.seconds)}
    return problem(error.status, sentence(error), headers=headers, limit=error.limit)


def handle_problems(app: FastAPI) -> None:
    """Have an application answer so to what its routes raise."""

    @app.exception_handler(LimitError)
    def limited(request: Request, error: LimitError) -> JSONResponse:
        del request
        return limit_problem(error)
