"""What is wrong with a file that people write or a checkpoint brings, as one sentence."""

from pydantic import ValidationError


def first_problem(error: ValidationError, within: str = "") -> str:
    """The first problem pydantic found, as a sentence; `within` names the field that was checked by itself."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(map(str, (*filter(None, [within]), *problem["loc"]))) or "the whole file"
    return f"field {where!r}: {problem['msg']}, got {shortened_value(problem['input'])}."


def shortened_value(value: object) -> str:
    """A value for a message, however long it is."""
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
