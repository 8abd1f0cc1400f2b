"""What is known of a data set in the published layout from the names of its files and one of each extractor's."""

from pathlib import Path

from comp_viz.data.header import Header
from comp_viz.data.published.features import FeatureFolder, Unusable
from comp_viz.data.published.labels import LAYOUTS
from comp_viz.data.published.layout import choose_folders, label_file
from comp_viz.errors import UNREADABLE


def peek_published(source: Path) -> Header | None:
    """Widths and kind of labels, None when `read_published` would want to know more or could not read it."""
    try:
        path = label_file(source)
        folders = choose_folders(path.parent / "features", {})
        widths = {modality: width(FeatureFolder.of(folder, by_speaker=False)) for modality, folder in folders.items()}
    except (Unusable, *UNREADABLE):
        return None
    return Header(widths, bool(LAYOUTS[path.name].task.classes))


def width(extractor: FeatureFolder) -> int:
    """How many features the first file that has any holds. Raises `LookupError` when none has."""
    for name in sorted(extractor.entries):
        features = extractor.read(name.removesuffix(".npy"), "")
        if features is not None:
            return len(features)
    raise LookupError(extractor.name)
