"""What is wrong with a request, as RFC 9457 has programs told: application/problem+json.

Below /v1 it is told as the clients of OpenAI's API expect it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from assistant.errors import LongQuestionError, QuestionError
from index.errors import IndexProblemError, ModelError
from ui.errors import LimitError, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
_OPENAI = "/v1/"
_BAD, _UNKNOWN, _TOO_LONG, _NOT_AS_ASKED = 400, 401, 413, 422
_BROKEN, _UNAVAILABLE = 500, 503
_FAILED = "Something went wrong on our side and the request was not answered. Please try again."
_NO_OBJECT = "The body must be a JSON object, sent with Content-Type: application/json."
_CODES = {_UNKNOWN: "invalid_api_key", 429: "rate_limit_exceeded"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: a status of HTTP, a sentence, and in `members` what else there is to know."""

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, object] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Give it as RFC 9457 has it."""
        title = HTTPStatus(self.status).phrase
        return {"title": title, "status": self.status, "detail": self.detail, **self.members}

    def to_openai(self) -> dict[str, object]:
        """Give it as OpenAI's API has it."""
        kind = "server_error" if self.status >= _BROKEN else "invalid_request_error"
        code = _CODES.get(self.status)
        error = {"message": self.detail, "type": kind, "param": self.members.get("field")}
        return {"error": {**error, "code": code}}

    def response(self, path: str) -> JSONResponse:
        """Give the answer that says so to whom asked for a path."""
        if path.startswith(_OPENAI):
            status = _BAD if self.status == _NOT_AS_ASKED else self.status
            return JSONResponse(self.to_openai(), status, self.headers)
        return JSONResponse(self.to_dict(), self.status, self.headers, media_type=MEDIA_TYPE)


def problem(
    status: int,
    detail: str,
    path: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> JSONResponse:
    """Give the answer that says so to whom asked for a path."""
    return Problem(status, detail, headers or {}, members).response(path)


def problem_of(error: Exception) -> Problem:
    """Say what is wrong; what nobody foresaw goes into the log and not to the visitor."""
    match error:
        case LimitError():
            headers = {"Retry-After": str(error.seconds)}
            return Problem(error.status, sentence(error), headers, {"limit": error.limit})
        case QuestionError():
            long = isinstance(error, LongQuestionError)
            return Problem(_TOO_LONG if long else _BAD, sentence(error))
        case IndexProblemError() | ModelError():
            _log.error("%s", error)
            return Problem(_UNAVAILABLE, sentence(error))
        case RequestValidationError():
            where, detail = _not_as_asked(error.errors()[0])
            return Problem(_NOT_AS_ASKED, detail, members={"field": where} if where else {})
        case HTTPException():
            return Problem(error.status_code, _said(error), error.headers or {})
    _log.error("a request could not be answered", exc_info=error)
    return Problem(_BROKEN, _FAILED)


def handle_problems(app: FastAPI) -> None:
    """Have an application answer so to what its routes raise."""

    def told(request: Request, error: Exception) -> JSONResponse:
        return problem_of(error).response(request.url.path)

    for kind in (
        LimitError,
        QuestionError,
        IndexProblemError,
        ModelError,
        RequestValidationError,
        HTTPException,
    ):
        app.add_exception_handler(kind, told)
    # Starlette raises what is none of these again once it is answered, and the server logs it.
    broken = Problem(_BROKEN, _FAILED)
    app.add_exception_handler(Exception, lambda request, _: broken.response(request.url.path))


def _not_as_asked(error: Mapping[str, Any]) -> tuple[str, str]:
    """Name the field that is not as asked for, and say what is wrong with it."""
    place, *names = error["loc"]
    where = " ".join(".".join(map(str, names)).split())
    message = str(error["msg"]).removeprefix("Value error, ")
    match error["type"]:
        case "json_invalid":
            reason = str(error["ctx"]["error"]).lower()
            return "", f"The body is not JSON: {reason} at character {names[0]}."
        case _ if not names:
            return "", _NO_OBJECT
        case "missing":
            return where, f"{where} is missing in the {place}."
        case "extra_forbidden":
            return where, f"{where} is no field of the {place}; leave it out or mend its name."
    return where, f"{where} in the {place}: {message[:1].lower()}{message[1:]}."


def _said(error: HTTPException) -> str:
    match error.status_code, error.detail:
        case 404, "Not Found":
            return "There is nothing at this address; /api/docs lists what there is."
        case 405, "Method Not Allowed":
            allowed = (error.headers or {}).get("Allow", "another method")
            return f"This address does not take that method; use {allowed}."
        case 413, _:
            return "The request is too large; send a shorter conversation."
        case 400, "There was an error parsing the body":
            return _NO_OBJECT
    return str(error.detail)
