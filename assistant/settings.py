"""Every setting there is: SUMMIT_* variables over `summit.toml` over these defaults.

Read once, by `ui`, and handed on.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.database_url import check_database_url
from assistant.errors import SettingsError
from assistant.origins import check_origin
from assistant.question import MAX_QUESTION_CHARACTERS
from corpus.load import SHIPPED_DOCUMENTS

_PREFIX = "SUMMIT_"
_SHORTEST_TOKEN = 16


def _split(value: object) -> object:
    """Read what separates the entries of a list in a variable: commas and white space."""
    return re.findall(r"[^,\s]+", value) if isinstance(value, str) else value


def _check_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(rf"[\w.~+/=-]{{{_SHORTEST_TOKEN},}}", token.get_secret_value(), re.ASCII):
        raise ValueError(
            f"a token has at least {_SHORTEST_TOKEN} letters, digits and -._~+/=; make one with: "
            "openssl rand -hex 16"
        )
    return token


def _check_proxy(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no address and no network of a proxy; write, for instance, 10.0.0.0/8"
        ) from error
    return text


def _check_chroma_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        whole = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        whole = False
    if text and not (whole and re.fullmatch(r"https?://[^/?#\s]+", text)):
        raise ValueError(
            f"{text!r} is no address of a Chroma server; write, for instance, http://127.0.0.1:8000"
        )
    return text


def _check_secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]*", secret.get_secret_value()):
        raise ValueError("a token has no spaces and no letters with accents; copy it again")
    return secret


_List = (NoDecode, BeforeValidator(_split))


class Settings(BaseSettings):
    """The settings; each is the variable SUMMIT_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        toml_file="summit.toml",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    corpus_dir: Path = Field(SHIPPED_DOCUMENTS, description="folder of documents to answer from")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("summit-assistant"),
        description="folder of the index and all else that is kept",
    )
    database_url: Annotated[SecretStr, AfterValidator(check_database_url)] = Field(
        SecretStr(""),
        description="PostgreSQL that keeps conversations and feedback, as "
        "postgresql://USER:PASSWORD@HOST/NAME (extra: postgres); empty: files in SUMMIT_DATA_DIR",
    )
    embedder: str = Field(
        "",
        description="embedding model that finds passages, as sentence-transformers takes it: a "
        "folder, or a name in the local cache of models; empty: the built-in",
    )
    kept_answers: int = Field(
        1_000_000, ge=1, description="answers that are kept at most; then the oldest go"
    )
    model: str = Field(
        "",
        description="chat model as PROVIDER:NAME; empty: the built-in answerer",
    )
    judge_model: str = Field(
        "",
        description="chat model that judges answers, as PROVIDER:NAME; empty: that of SUMMIT_MODEL",
    )
    model_timeout: float = Field(
        30.0, gt=0, le=600, description="seconds a chat model may take before it is given up"
    )
    host: str = Field("127.0.0.1", description="address that summit serve listens on")
    port: int = Field(7860, ge=0, le=65535, description="port that summit serve listens on")
    allowed_origins: Annotated[tuple[Annotated[str, AfterValidator(check_origin)], ...], *_List] = (
        Field((), description="sites that may show the widget and whose scripts may ask")
    )
    trusted_proxies: Annotated[tuple[Annotated[str, AfterValidator(_check_proxy)], ...], *_List] = (
        Field((), description="proxies whose word is taken for a visitor's address")
    )
    api_tokens: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_check_token)], ...], *_List
    ] = Field((), description="bearer tokens that programs need; empty: they need none")
    chroma_url: Annotated[str, AfterValidator(_check_chroma_url)] = Field(
        "", description="Chroma server that holds the index; empty: it is in SUMMIT_DATA_DIR"
    )
    chroma_collection: str = Field(
        "summit",
        max_length=60,
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        description="what the names of its collections on the server begin with",
    )
    chroma_token: Annotated[SecretStr, AfterValidator(_check_secret)] = Field(
        SecretStr(""), description="token that the Chroma server asks for"
    )
    chroma_tenant: str = Field("", description="tenant on the Chroma server; empty: its default")
    chroma_database: str = Field(
        "", description="database on the Chroma server; empty: its default"
    )
    visitor_rate: int = Field(30, ge=1, description="questions a minute from one visitor")
    rate: int = Field(600, ge=1, description="questions a minute from all visitors")
    visitor_simultaneous: int = Field(
        4, ge=1, description="questions of one visitor answered or waiting at once"
    )
    simultaneous: int = Field(8, ge=1, le=256, description="questions answered at once")
    queue: int = Field(64, ge=0, description="questions that may wait to be answered")
    max_question: int = Field(
        MAX_QUESTION_CHARACTERS,
        ge=1,
        le=MAX_QUESTION_CHARACTERS,
        description="characters of a question to the server",
    )
    rehearse: bool = Field(
        default=True,
        description="whether summit serve tries the documents' own questions while nobody asks",
    )
    log_questions: bool = Field(
        default=False, description="whether the log holds what was asked, word for word"
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="how summit serve logs: text, or json for one JSON object a line"
    )
    traces: bool = Field(
        default=False, description="whether OpenTelemetry traces are sent (extra: telemetry)"
    )
    grace: float = Field(
        10.0, ge=0, le=600, description="seconds that running answers get when the server stops"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let arguments win over the environment, and that over `summit.toml`."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def read_settings(**overrides: object) -> Settings:
    """Read the settings from environment and `summit.toml`; overrides win.

    Raises:
        SettingsError: one is unknown or has no meaning; the message names it.
    """
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith(_PREFIX) and name.upper() not in known:
            raise SettingsError(f"{name} is no setting; there are: {', '.join(sorted(known))}")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = _PREFIX + str(first["loc"][0]).upper()
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message[:1].lower()}{message[1:]}") from error
    except ValueError as error:
        raise SettingsError(f"summit.toml cannot be read: {error}") from error
