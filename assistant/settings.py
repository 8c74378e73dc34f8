"""Every setting there is: SUMMIT_* variables over `summit.toml` over these defaults.

Read once, by `ui`, and handed on.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.errors import SettingsError
from corpus.load import SHIPPED_DOCUMENTS

_PREFIX = "SUMMIT_"


class Settings(BaseSettings):
    """The settings; each is the variable SUMMIT_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, toml_file="summit.toml", frozen=True, extra="forbid"
    )

    corpus_dir: Path = Field(SHIPPED_DOCUMENTS, description="folder of documents to answer from")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("summit-assistant"),
        description="folder of the index and all else that is kept",
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
        raise SettingsError(f"{name}: {first['msg'].lower()}") from error
    except ValueError as error:
        raise SettingsError(f"summit.toml cannot be read: {error}") from error
