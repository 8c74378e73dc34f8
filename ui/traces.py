"""OpenTelemetry traces, where they are asked for: what took how long, and nothing of a visitor.

Needs the extra `telemetry`. Where spans go, OTEL_EXPORTER_OTLP_* say.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastapi import FastAPI
    from opentelemetry.sdk.trace.export import SpanExportResult

    from ui.watch import Watch

_UNTRACED = r"^https?://[^/]+/(metrics|ready|api/health|api/ready|(ui|assets|static)/.*)$"
# By name, so that what a later version of a library adds stays here until it was looked at.
_TOLD = {
    "http.method",
    "http.request.method",
    "http.route",
    "http.status_code",
    "http.response.status_code",
    "error.type",
    "summit.way",
    "summit.state",
    "summit.answerer",
    "summit.seconds",
}


@contextmanager
def tracing(app: FastAPI, watch: Watch) -> Iterator[None]:
    """Trace requests and answers for as long as it is entered; then send what is left."""
    ours = {"service.name": "summit-assistant", "service.version": version("summit-assistant")}
    # Not the provider of the whole process: no library is to add spans of its own.
    provider = TracerProvider(
        resource=Resource.create(ours).merge(OTELResourceDetector().detect()),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter())))
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider,
        excluded_urls=_UNTRACED,
        exclude_spans=["receive", "send"],
    )
    watch.tracer = provider.get_tracer("summit")
    try:
        yield
    finally:
        provider.shutdown()


class Discreet(SpanExporter):
    """Sends of each span what took how long and how it ended; not who, from where, or what."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        return self._exporter.export([_told(each) for each in spans])

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is waiting."""
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()


def _told(span: ReadableSpan) -> ReadableSpan:
    attributes = span.attributes or {}
    return ReadableSpan(
        name=span.name,
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in attributes.items() if name in _TOLD},
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
