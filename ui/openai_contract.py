"""What clients of OpenAI's chat completions send and get here, as the schema tells it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ui.contract import Text  # noqa: TC001 - pydantic reads the annotations when it runs

MODEL = "summit"


class TextPart(BaseModel):
    """A part of a message; only text is understood."""

    type: Literal["text"]
    text: Text


def _as_parts(content: object) -> object:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


_Given = str | list[TextPart] | None


class Message(BaseModel):
    """A message of the conversation."""

    role: Text = Field(
        description="user or assistant; what others say, system and developer among them, is "
        "passed over: it is no instruction here."
    )
    content: Annotated[
        list[TextPart] | None, BeforeValidator(_as_parts, json_schema_input_type=_Given)
    ] = Field(default=None, description="A text, or a list of text parts.")

    @property
    def text(self) -> str:
        """What the message says."""
        return "\n".join(each.text for each in self.content or ())


class ChatRequest(BaseModel):
    """A chat completion to make; parameters that are not named here are passed over."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [
                        {"role": "user", "content": "Why did the UK not sign the Paris statement?"}
                    ],
                    "stream": False,
                }
            ]
        }
    )

    messages: list[Message] = Field(
        min_length=1,
        description="The last one of a user is the question; those before it help to understand "
        "it and are never a source of the answer.",
    )
    model: Text = Field(default=MODEL, description=f"Any name is taken; what answers is {MODEL}.")
    stream: bool | None = Field(
        default=None, description="Whether to send chunks, as server-sent events."
    )
    n: Annotated[int, Field(ge=1, le=1)] | None = Field(
        default=None, description="How many answers: there is one."
    )


class UrlCitation(BaseModel):
    """A quotation: `content[start_index:end_index]` is the marker that stands for it."""

    start_index: int
    end_index: int
    title: str = Field(description="Title of the document that is quoted.")
    url: str = Field(description="Address on this server that shows the quotation highlighted.")
    quote: str = Field(description="The words quoted, exactly.")
    document_id: str = Field(description="Id of the document, for /api/documents/{document_id}.")
    source_url: str = Field(description="Address of the page behind it; empty if not known.")


class Annotation(BaseModel):
    """A citation, as OpenAI's web search gives it, with what it quotes."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Reply(BaseModel):
    """The answer. Where the documents do not answer, it says so in words."""

    role: Literal["assistant"] = "assistant"
    content: str = Field(description="Plain text with markers; it is not Markdown.")
    annotations: list[Annotation]


class Choice(BaseModel):
    """The one answer."""

    index: int = 0
    message: Reply
    finish_reason: Literal["stop"] = "stop"


class Completion(BaseModel):
    """A chat completion. Tokens are not counted, so there is no usage."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="Seconds since 1970.")
    model: str
    choices: list[Choice]


class Model(BaseModel):
    """What answers."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "summit-assistant"


class Models(BaseModel):
    """All there is to choose from."""

    object: Literal["list"] = "list"
    data: list[Model]


class Trouble(BaseModel):
    """What is wrong."""

    message: str = Field(description="One sentence that says what is wrong and how to mend it.")
    type: str = Field(description="invalid_request_error or server_error.")
    param: str | None = Field(description="The field that is not as asked for.")
    code: str | None = Field(description="rate_limit_exceeded or invalid_api_key, else null.")


class Failed(BaseModel):
    """An error as OpenAI's API gives it."""

    error: Trouble
