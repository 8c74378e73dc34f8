import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from browser import UK, start, stop
from fakes import break_an_answer
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.trace import ProxyTracerProvider

VISITOR = "192.0.2.7"
SECRET = "xylophones"
EITHER = {"Accept": "application/json, text/event-stream"}


class Collector:
    """A collector of OpenTelemetry on the loopback; `received` are paths and bodies."""

    def __enter__(self):
        self.received = received = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def spans(self):
        requests = [ExportTraceServiceRequest.FromString(body) for _, body in self.received]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def asked(shipped, collector, **environment):
    """Have a server asked by a visitor who tells a good deal, and stopped."""
    process, address = start(
        shipped.data_dir,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        SUMMIT_TRUSTED_PROXIES="127.0.0.1",
        **environment,
    )
    headers = {**EITHER, "X-Forwarded-For": VISITOR, "User-Agent": "marvin"}
    try:
        with httpx.Client(base_url=address, headers=headers, timeout=30) as visitor:
            arguments = {"name": "ask_summit", "arguments": {"question": UK}}
            call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": arguments}
            visitor.post("/mcp", params={"q": SECRET}, json=call)
            visitor.get("/documents", params={"q": SECRET})
            visitor.get(f"/answers/{SECRET}")
            visitor.get(f"/{SECRET}")
            visitor.get("/metrics")
            assert visitor.get(break_an_answer(shipped.data_dir, SECRET)).status_code == 500
    finally:
        stop(process)


def values(span):
    return {each.key: each.value for each in span.attributes}


@pytest.mark.slow
def test_requests_and_answers_are_traced_without_a_word_of_who_asked_what(shipped):
    with Collector() as collector:
        asked(shipped, collector, SUMMIT_TRACES="true")
        spans = collector.spans()
    assert {path for path, _ in collector.received} == {"/v1/traces"}
    by_name = {each.name: each for each in spans}
    assert {"POST /mcp", "GET /documents", "GET /answers/{answer_id}", "answer"} <= set(by_name)
    assert "GET /metrics" not in by_name
    answer = by_name["answer"]
    told = values(answer)
    assert answer.parent_span_id == by_name["POST /mcp"].span_id
    assert told["summit.way"].string_value == "mcp"
    assert told["summit.state"].string_value == "answered"
    assert told["summit.answerer"].string_value == "built-in"
    took = (answer.end_time_unix_nano - answer.start_time_unix_nano) / 1e9
    assert 0 < told["summit.seconds"].double_value <= took
    sent = b"".join(body for _, body in collector.received)
    for private in (UK, SECRET, VISITOR, "127.0.0.1", "marvin"):
        assert private.encode() not in sent


@pytest.mark.slow
def test_nothing_is_sent_where_it_is_not_asked_for(shipped):
    with Collector() as collector:
        asked(shipped, collector, FASTAPI_OTEL_AUTO_CONFIGURE="true")
    assert collector.received == []


def test_no_library_traces_by_itself(assistant):
    assert isinstance(trace.get_tracer_provider(), ProxyTracerProvider)


def test_what_is_missing_for_traces_is_one_line_that_says_how_to_mend_it(summit, monkeypatch):
    monkeypatch.delitem(sys.modules, "ui.traces", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.fastapi", None)
    result = summit("serve", SUMMIT_TRACES="true")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "pip install '.[telemetry]'" in result.stderr
