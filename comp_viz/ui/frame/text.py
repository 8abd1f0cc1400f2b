"""Text from files on screen: names, sources, words and speakers may hold anything, and are shown as the text they are."""

import re

LINE_ENDS = re.compile(r"\s*[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]\s*")
MARKS = re.compile(r"([\\`*_\[\]<>~$&|])")  # what begins or ends markup anywhere in a line
FIRST = re.compile(
    r"^(\d+(?=[.)](?:\s|$))|(?=[-+](?:\s|$)|--|#{1,6}(?:\s|$)))"
)  # what makes a line a list, a heading or a rule
# Streamlit makes links, icons and emoji of some texts after it took the backslashes away: a mark that joins words, and is not
# seen, keeps these texts from being what it looks for.
LOOKED_FOR = re.compile(r"(?<=:)(?=[A-Za-z/+_-])|(?<=www)(?=\.)|(?<=@)(?=\w)", re.IGNORECASE)
JOINER = "\u2060"


def escape_markdown(text: str) -> str:
    """Text from a file as text, whatever markup it happens to contain: no picture, link, heading or formula comes of it.

    It stays on one line. Every string of a checkpoint, data set, clip, story, table or address that Streamlit takes for Markdown
    passes here, and so does an error's message, which may quote one.
    """
    line = LINE_ENDS.sub(" ", text).strip(" ")
    return FIRST.sub(r"\1\\", MARKS.sub(r"\\\1", LOOKED_FOR.sub(JOINER, line)))


def code_text(text: str) -> str:
    """Text from a file for the inside of backticks, where nothing but another backtick means anything."""
    return LINE_ENDS.sub(" ", text.replace("`", "'")).strip(" ")
