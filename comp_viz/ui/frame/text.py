"""Text of the data on screen."""


def escape_markdown(text: str) -> str:
    """Text from data as text, whatever Markdown it happens to contain."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]()#+-.!|<>$~:" else character for character in text)
