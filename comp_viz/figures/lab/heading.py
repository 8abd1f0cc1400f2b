"""The heading of the Lab page."""

LAB_FINDING = "The best attainable accuracy, and what the open checkpoint reaches"
ABOUT_LAB = (
    "Synthetic conversations with settings that isolate what the paper is about. The best attainable accuracy is computed "
    "from the generating model by exact inference, not learned: no predictor with the same input does better on average."
)
