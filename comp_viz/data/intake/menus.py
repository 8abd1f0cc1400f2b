"""What can be corrected in how a file is read: which column is what, whose features, and what its layout leaves open."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from comp_viz.data.conversation import MODALITIES
from comp_viz.data.layouts.registry import find_layout
from comp_viz.data.published.features import folder_entries
from comp_viz.data.published.labels import LAYOUTS, SESSIONS
from comp_viz.data.published.layout import EXTRACTOR_PREFIXES, is_published, label_file
from comp_viz.data.reading import FileReading
from comp_viz.data.table.format import FEATURE_PREFIX
from comp_viz.data.tabular.columns import Columns, is_text_type
from comp_viz.data.tabular.kinds import is_tabular, open_columns
from comp_viz.data.tabular.roles import ROW_ORDER, find_roles, one_for_numbered
from comp_viz.data.tabular.schema import EXPECTED, is_list
from comp_viz.errors import CompVizError

MOST_OPTIONS = 500  # columns in a menu


@dataclass(frozen=True)
class Menu:
    """One thing to choose."""

    name: str  # of the choice
    title: str  # on screen
    options: tuple[str, ...]  # values of the choice
    value: str  # what is chosen now; "" for nothing


def menus_of(path: Path, reading: FileReading) -> list[Menu]:
    """All that can be chosen of a file or folder, as it is read now. Raises `CompVizError` when it cannot be opened at all."""
    if is_published(path):
        return published_menus(label_file(path), reading)
    if recognised := find_layout(path):
        choices = recognised.read(reading.choices).choices
        return [Menu(choice.name, choice.about, choice.alternatives, choice.value) for choice in choices]
    return table_menus(path, reading) if path.is_dir() or is_tabular(path) else []


def published_menus(labels: Path, reading: FileReading) -> list[Menu]:
    """The extractor of each modality, and the fold of IEMOCAP."""
    features = labels.parent / "features"
    folders = tuple(sorted(name for name, entry in folder_entries(features).items() if entry.is_dir()))
    menus = []
    for modality, prefixes in EXTRACTOR_PREFIXES.items():
        fitting = [name for name in folders if name.lower().startswith(prefixes)]
        name = f"extractor.{modality}"
        value = reading.choices.get(name, fitting[0] if fitting else "")
        menus.append(Menu(name, f"Features of {modality}", ("", *folders), value))
    if LAYOUTS[labels.name].sessions:
        folds = tuple(map(str, SESSIONS))
        menus.append(Menu("fold", "Session to test on", folds, reading.choices.get("fold", folds[-1])))
    return menus


def table_menus(path: Path, reading: FileReading) -> list[Menu]:
    """Which column is what."""
    columns = open_columns(path)
    given = {name: value for name, value in reading.choices.items() if name in EXPECTED}
    lists = [column.name for column in columns.schema if is_list(column.type)]
    plain = [column.name for column in columns.schema if not is_list(column.type)]
    current = current_roles(columns, given)
    menus = [role_menu(role, plain, current) for role in EXPECTED]
    texts = [column.name for column in columns.schema if is_text_type(column.type)]
    groups = [name.split(" … ")[0].rstrip("0123456789") for name in one_for_numbered(plain) if " … " in name]
    for modality in MODALITIES:
        if FEATURE_PREFIX + modality not in lists:
            name = FEATURE_PREFIX + modality
            options = ("", *lists, *groups, *texts)[:MOST_OPTIONS]
            menus.append(
                Menu(name, f"Features of {modality}", options, reading.choices.get(name, current.get(name, "")))
            )
    return menus


def current_roles(columns: Columns, given: dict[str, str]) -> dict[str, str]:
    """Which column is what now; none for the label where that is open."""
    try:
        roles = find_roles(columns, given)
    except CompVizError:
        roles = find_roles(columns, {"label": "", **given})
    return dict(roles.columns) | ({"position": ROW_ORDER} if roles.numbered else {})


def role_menu(role: str, names: Sequence[str], current: dict[str, str]) -> Menu:
    """The menu of one of our columns."""
    extra = (ROW_ORDER,) if role == "position" else ()
    return Menu(role, role.capitalize(), ("", *extra, *names)[:MOST_OPTIONS], current.get(role, ""))
