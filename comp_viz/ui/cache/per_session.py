"""Caches that keep what is made from a visitor's clip for the visitor's own session, and everything else for all."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from operator import attrgetter
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from comp_viz.analysis.query import Query

CLIP = "clip: "
P = ParamSpec("P")
R = TypeVar("R")


def is_clip(name: str) -> bool:
    """Whether the name of a data set means a clip of this session."""
    return name.startswith(CLIP)


def keep_data(**options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """As `st.cache_data`, for functions that get a `Query` or the name of a data set."""
    return _keeping(st.cache_data, options)


def keep_resource(**options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """As `st.cache_resource`, for functions that get a `Query` or the name of a data set."""
    return _keeping(st.cache_resource, options)


def _keeping(cache: Any, options: dict[str, Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator that chooses between a cache for all and one that is emptied when the visitor leaves.

    The key of a query is its digest, wherever it stands among the arguments.
    """
    options = options | {"hash_funcs": {Query: attrgetter("digest")}}

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        for_all: Callable[P, R] = cache(**options)(function)
        for_one: Callable[P, R] = cache(scope="session", **options)(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return (for_one if of_a_clip((*args, *kwargs.values())) else for_all)(*args, **kwargs)

        call.__dict__["clear"] = for_all.clear  # type: ignore[attr-defined]
        return call

    return decorate


def of_a_clip(value: object) -> bool:
    """Whether an argument, or one inside it, names a clip."""
    if is_dataclass(value):
        return any(of_a_clip(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, tuple):
        return any(of_a_clip(part) for part in value)
    return isinstance(value, str) and is_clip(value)
