"""What `/metrics` tells Prometheus: the counts of `ui.watch`, and how the server is just now."""

from __future__ import annotations

import ipaddress
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, Info, ProcessCollector, generate_latest

from assistant.answer import BUILT_IN
from ui.guard import program_of

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ui.desk import Desk

PATH = "/metrics"
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip")  # headers that proxies add


def metrics(desk: Desk) -> APIRouter:
    """Give the route; it is there for this machine, or for programs where they need tokens."""
    router = APIRouter()
    tokens = [each.get_secret_value() for each in desk.settings.api_tokens]
    registry = desk.watch.registry
    _observe(desk, registry)

    @router.get(PATH, include_in_schema=False)
    def read(request: Request) -> Response:
        allowed = program_of(request.scope, tokens) if tokens else _is_local(request)
        if not allowed:
            return PlainTextResponse("There is nothing here.", status_code=404)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _observe(desk: Desk, registry: CollectorRegistry) -> None:
    """Add what is not counted but looked up when it is asked for."""
    admission = desk.admission
    for name, about, value in (
        ("summit_answering", "Questions being answered.", lambda: admission.answering),
        ("summit_waiting", "Questions waiting to be answered.", lambda: admission.waiting),
        (
            "summit_documents",
            "Documents that answers come from.",
            desk.assistant.document_count,
        ),
    ):
        Gauge(name, about, registry=registry).set_function(value)
    build = {"version": version("summit-assistant"), "answerer": desk.settings.model or BUILT_IN}
    Info("summit_build", "Version of the server, and who answers.", registry=registry).info(build)
    ProcessCollector(registry=registry)


def _is_local(request: Request) -> bool:
    """Whether this very machine asks, and no proxy on it for somebody else."""
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    passed_on = any(name in request.headers for name in _PASSED_ON)
    return (mapped or address).is_loopback and not passed_on
