"""Numbers with the noun they count."""


def how_many(number: int, noun: str) -> str:
    """`1 utterance`, `2,430 utterances`, by the regular plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
