"""Answers of a class as a table."""

import pandas as pd

from comp_viz.analysis.lecture.answers import ClassAnswers


def answer_table(answers: ClassAnswers) -> pd.DataFrame:
    """One row a modality: how many phones chose it, their share, and its exact contribution."""
    question = answers.question
    return pd.DataFrame(
        {
            "modality": question.modalities,
            "utterance": question.utterance + 1,
            "chosen": answers.counts,
            "share": answers.shares,
            "contribution": question.contributions,
            "contribution to": question.number,
        }
    )
