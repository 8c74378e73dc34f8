"""The application for programs: the HTTP API and OpenAI's dialect, with one schema for both."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer

from ui.api import question_routes, state_routes
from ui.documented import complete, failures, problems
from ui.openai_dialect import openai_routes
from ui.problems import handle_problems
from ui.reference import reference_routes

if TYPE_CHECKING:
    from fastapi.routing import APIRoute
    from fastapi.telemetry import TelemetryConfig

    from assistant.settings import Settings
    from ui.desk import Desk
    from ui.library import Library

# FastAPI's own would tell addresses and queries; ours is in `ui.traces`.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
PLACES = ("/api", "/api/{rest:path}", "/v1", "/v1/{rest:path}")
_ABOUT = (
    "Answers questions about a set of documents, with citations that hold: every citation is an "
    "exact quotation, and where the documents are silent the answer says so. Errors below /api are "
    "application/problem+json (RFC 9457); those below /v1 look as OpenAI's do."
)


def programs(settings: Settings) -> FastAPI:
    """Give the application; it answers once `staff` has told it of whom to ask."""
    app = FastAPI(
        title="Summit Assistant",
        version=version("summit-assistant"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
        generate_unique_id_function=_name,
    )
    asks = [Depends(HTTPBearer(auto_error=False, scheme_name="token"))]  # `ui.guard.Gate` looks
    guarded = bool(settings.api_tokens)
    for router, told in ((question_routes(), problems), (openai_routes(), failures)):
        app.include_router(
            router, dependencies=asks * guarded, responses=told(401) if guarded else None
        )
    app.include_router(state_routes())
    app.include_router(reference_routes())
    handle_problems(app)
    complete(app)
    return app


def staff(app: FastAPI, desk: Desk, library: Library) -> FastAPI:
    """Tell the application where to ask and where to look documents up."""
    app.state.desk = desk
    app.state.library = library
    return app


def _name(route: APIRoute) -> str:
    return route.name
