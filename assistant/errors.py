"""What can be wrong with a question or a set-up.

AssistantError
├── QuestionError    the question is empty or far too long
└── SettingsError    a setting is unknown or has no meaning
"""

from __future__ import annotations


class AssistantError(Exception):
    """Something that the user can mend; the message is one line that says how."""


class QuestionError(AssistantError):
    """The question is empty or far too long."""


class SettingsError(AssistantError):
    """A setting is unknown or has no meaning."""
