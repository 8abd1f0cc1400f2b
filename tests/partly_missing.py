"""Fixtures of several pages: a conversation of the small lab with a few entries missing, and a small checkpoint that reads it."""

import numpy as np
import pytest

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.why.masking import Masked
from comp_viz.checkpoint.folder import load_checkpoint


@pytest.fixture
def conversation(small_lab):
    return max(small_lab.conversations, key=len)


@pytest.fixture
def observed(conversation) -> np.ndarray:
    """Three entries of the second modality and one of the first are missing."""
    matrix = conversation.observed.copy()
    matrix[1:4, 1] = False
    matrix[5, 0] = False
    return matrix


@pytest.fixture
def checkpoint(small_checkpoint):
    return load_checkpoint(small_checkpoint)


@pytest.fixture
def here(checkpoint, conversation, observed):
    return look_inside(checkpoint, conversation, observed)


@pytest.fixture
def complete(checkpoint, conversation):
    return look_inside(checkpoint, conversation, conversation.observed)


@pytest.fixture
def masked(checkpoint, conversation, observed):
    """The model with entries of the conversation taken away or given back."""
    return Masked.of(checkpoint, conversation, observed)
