"""Which tracks of a file are analysed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tracks:
    """Numbers of the tracks of sound and of video that are wanted, from 1; 0 for the one that players take."""

    sound: int = 0
    video: int = 0

    @property
    def folder(self) -> str:
        """Name of the folder for what is decoded of them."""
        return "media" if self == Tracks() else f"media-{self.sound}-{self.video}"


PLAYED = Tracks()  # those that players take
