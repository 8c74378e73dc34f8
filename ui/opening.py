"""What commands begin with: the terminal, the settings, and an assistant that is up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from index.errors import IndexBusyError, IndexLossError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.settings import Settings

OUT = Console(highlight=False, soft_wrap=False)
ERR = Console(stderr=True, highlight=False, soft_wrap=True)


def settings_of_user(**overrides: object) -> Settings:
    """Read the settings; what is given stands above them."""
    from assistant.settings import read_settings

    return read_settings(**overrides)


def assistant_of_user(**overrides: object) -> Assistant:
    """Bring the index up to date and open the assistant.

    Where that cannot be now, the index is taken as it is, and a line says so.
    """
    from assistant.load import is_kept_by_others, open_assistant, open_embedder
    from ui.sync import sync

    settings = settings_of_user(**overrides)
    embedder = open_embedder(settings)
    try:
        if not is_kept_by_others(settings):
            sync(settings, embedder, ERR)
    except (IndexBusyError, IndexLossError) as error:
        ERR.print(f"summit: {escape(str(error))}; until then answers come from it as it is")
    return open_assistant(settings, embedder)
