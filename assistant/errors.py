"""What can be wrong with a question, a set-up or feedback.

AssistantError
├── QuestionError    the question is empty, far too long or of no document there is
│   └── LongQuestionError
├── SettingsError    a setting is unknown or has no meaning
├── ReaderError      the reading model is missing or damaged
├── BackupError      a backup cannot be written, or is none
├── CommentError     the comment on an answer is far too long
└── StorageError     what is kept of visitors cannot be written or read
    ├── FeedbackError
    └── ConversationError
"""

from __future__ import annotations


class AssistantError(Exception):
    """Something that the user can mend; the message is one line that says how."""


class QuestionError(AssistantError):
    """The question is empty, far too long or of no document there is."""


class LongQuestionError(QuestionError):
    """The question is far too long."""


class SettingsError(AssistantError):
    """A setting is unknown or has no meaning."""


class BackupError(AssistantError):
    """A backup cannot be written, or is none."""


class CommentError(AssistantError):
    """The comment on an answer is far too long."""


class StorageError(AssistantError):
    """What is kept of visitors cannot be written or read."""


class FeedbackError(StorageError):
    """Feedback cannot be kept or read."""


class ConversationError(StorageError):
    """Conversations cannot be kept or read."""


class ReaderError(AssistantError):
    """The reading model is missing or damaged."""
