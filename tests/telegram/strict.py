"""Answers and updates of our Bot API server, held against aiogram's types of the Bot API."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import aiogram.methods
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import BaseModel, TypeAdapter, ValidationError


def method_type(name: str) -> type[TelegramMethod[Any]]:
    """Aiogram's class of a method."""
    found: type[TelegramMethod[Any]] = getattr(aiogram.methods, name[0].upper() + name[1:])
    return found


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    if name == "Update":
        return TypeAdapter(Update)
    return TypeAdapter(method_type(name).__returning__)


class Strict:
    """Looks at everything; what does not fit is kept, because a server can't fail a test."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def __call__(self, name: str, answer: Any) -> None:
        """name: of a method or "Update". The answer as it goes over the line."""
        try:
            understood = _adapter(name).validate_json(json.dumps(answer))
        except (ValidationError, TypeError, ValueError) as error:
            self.complaints.append(f"{name}: {error}")
            return
        self.complaints += [f"{name}: {field} is unknown" for field in _strangers(understood, "")]


def _strangers(value: Any, path: str) -> Iterator[str]:
    """Fields that aiogram's types do not have, at any depth."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _strangers(item, path)
    elif isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name}"
        for name in type(value).model_fields:
            yield from _strangers(getattr(value, name), f"{path}.{name}")
