"""Responses to requests: JSON, or an error that names the fix."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.responses import Response


class RequestError(Exception):
    """A request cannot be answered."""

    def __init__(self, status: HTTPStatus, message: str, *, retry_after_s: int | None = None, **fields: Any) -> None:
        """Becomes `{"error": message, …}`.

        retry_after_s  when it makes sense to ask again
        fields         more of the answer, for programs
        """
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s
        self.content = {"error": message, **fields}

    def response(self) -> "JsonResponse":
        """The answer."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return JsonResponse(self.content, status_code=self.status, headers=headers)


class JsonResponse(Response):
    """An answer in JSON; what is not finite is null, as JSON wants it."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return dumps(content)


def dumps(content: Any) -> bytes:
    """JSON of any answer. Lone surrogates and integers beyond 64 bits, which orjson refuses, go the slow way."""
    try:
        return orjson.dumps(content, default=_as_plain)
    except TypeError:
        return json.dumps(content, default=_as_plain).encode()


def _as_plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
