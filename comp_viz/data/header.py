"""What is known of a data set before it is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Header:
    """The features and the kind of labels of a data set."""

    widths: dict[str, int]  # modality -> D_u
    classes: bool  # labels are class numbers, not scores
