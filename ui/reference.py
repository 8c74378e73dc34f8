"""The page about the HTTP API: every endpoint with its fields, errors and a line to try it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from ui.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator

_JSON = "application/json"
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """What is sent or given under one name."""

    name: str
    kind: str
    needed: bool
    about: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered with one status, in one form."""

    status: str
    media_type: str
    about: str
    fields: tuple[Field, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one address."""

    id: str
    method: str
    path: str
    about: str
    sent: tuple[Field, ...]
    curl: str
    replies: tuple[Reply, ...]


def reference_routes() -> APIRouter:
    """Give the route of the page."""
    router = APIRouter()

    @router.get("/api/docs", include_in_schema=False)
    def reference(request: Request) -> Response:
        schema = request.app.openapi()
        base = str(request.base_url).rstrip("/")
        return page(
            "reference.html", request, about=schema["info"], endpoints=endpoints(schema, base)
        )

    return router


def endpoints(schema: Schema, base: str) -> list[Endpoint]:
    """Read the endpoints from a schema; `base` is the address of this server."""
    reader = _Reader(schema)
    return [
        reader.endpoint(path, method, operation, base)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]


class _Reader:
    # Reads one schema of OpenAPI 3.1, as far as ours use it.
    def __init__(self, schema: Schema) -> None:
        self._models: Schema = schema["components"]["schemas"]

    def endpoint(self, path: str, method: str, operation: Schema, base: str) -> Endpoint:
        parameters = operation.get("parameters", [])
        body = operation.get("requestBody", {}).get("content", {}).get(_JSON, {}).get("schema", {})
        asked = [
            Field(each["name"], self._kind(each["schema"]), each["required"], _about(each))
            for each in parameters
        ]
        return Endpoint(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            about=operation.get("description", ""),
            sent=(*asked, *self._fields(body)),
            curl=self._curl(method, f"{base}{path}", operation, body),
            replies=tuple(
                Reply(status, kind, _meant(status, each, content), *self._content(content))
                for status, each in operation["responses"].items()
                for kind, content in each.get("content", {}).items()
            ),
        )

    def _content(self, content: Schema) -> tuple[tuple[Field, ...], str]:
        schema = self._resolved(content["schema"])
        example = content.get("example", _example(schema))
        text = example if isinstance(example, str) else _pretty(example)
        return tuple(self._fields(schema)), text

    def _fields(self, schema: Schema, before: str = "") -> Iterator[Field]:
        """Give the fields of an object, each followed by those within it, unless given before."""
        schema = self._resolved(schema)
        needed = schema.get("required", [])
        seen: set[str] = set()
        for name, each in schema.get("properties", {}).items():
            own = self._resolved(each)
            # What a reference says of itself comes before what the model says of itself.
            about = each.get("description", own.get("description", ""))
            kind = self._kind(each)
            yield Field(f"{before}{name}", kind, name in needed, about)
            inside = self._resolved(own.get("items", own))
            if "properties" in inside and kind not in seen:
                seen.add(kind)
                dots = "[]." if "items" in own else "."
                yield from self._fields(inside, f"{before}{name}{dots}")

    def _kind(self, schema: Schema) -> str:
        schema = self._resolved(schema)
        if "prefixItems" in schema:
            return f"[{', '.join(map(self._kind, schema['prefixItems']))}]"
        if "items" in schema:
            return f"list of {self._kind(schema['items'])}"
        several = schema.get("enum") or list(map(self._kind, schema.get("anyOf", ())))
        plain = schema["title"] if schema.get("type") == "object" else schema.get("type")
        return " | ".join(several) or str(schema.get("const", plain))

    def _resolved(self, schema: Schema) -> Schema:
        name = schema.get("$ref", "").rpartition("/")[2]
        return self._models[name] if name else schema

    def _curl(self, method: str, address: str, operation: Schema, body: Schema) -> str:
        """Give a line for a shell that tries an endpoint."""
        query = {}
        for each in operation.get("parameters", []):
            value = _example(each["schema"])
            if each["in"] == "path":
                address = address.replace(f"{{{each['name']}}}", quote(str(value), safe=""))
            elif each["required"]:
                query[each["name"]] = value
        words = ["curl", f"{address}?{urlencode(query)}" if query else address]
        if operation.get("security"):
            words += ["-H", "Authorization: Bearer TOKEN"]
        if method == "post":
            sent = json.dumps(_example(self._resolved(body)), ensure_ascii=False)
            words += ["-H", f"Content-Type: {_JSON}", "-d", sent]
        return shlex.join(words)


def _about(parameter: Schema) -> str:
    return str(parameter.get("description", parameter["schema"].get("description", "")))


def _meant(status: str, reply: Schema, content: Schema) -> str:
    """Say what an answer means; of a good one its form says more than its status."""
    own = content["schema"].get("description", "")
    return str(own if status == "200" else reply["description"])


def _example(schema: Schema) -> Any:
    examples = schema.get("examples", [])
    return examples[0] if examples else ""


def _pretty(example: object) -> str:
    return json.dumps(example, ensure_ascii=False, indent=2) if example else ""
