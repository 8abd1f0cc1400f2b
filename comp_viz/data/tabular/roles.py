"""Which column of a table is what: by our names, by the names that others use, or as whoever opens it says."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from comp_viz.data.table.format import FEATURE_PREFIX, METADATA_KEY
from comp_viz.data.tabular.columns import Columns
from comp_viz.data.tabular.names import feature_modality
from comp_viz.data.tabular.parts import PartedColumns
from comp_viz.data.tabular.schema import EXPECTED, is_list
from comp_viz.data.unused import Unused, match_names, unused_names
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

# Our name -> what else such a column is called; capitals, blanks and marks do not matter.
COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "conversation": ("conversation_id", "dialogue_id", "dialog_id", "dialogue", "dialog", "video_id", "session"),
    "position": ("utterance_id", "utt_id", "turn", "turn_id", "utterance_number", "clip_id", "segment_id"),
    "label": ("labels", "emotion", "sentiment", "class"),
    "split": ("mode", "partition", "subset", "set"),
    "speaker": ("speaker_id", "speakers"),
    "start": ("start_time", "begin", "onset"),
    "end": ("end_time", "stop", "offset"),
    "duration": ("seconds", "length"),
    "text": ("transcript", "transcription", "utterance", "sentence", "words", "raw_text"),
    "context": ("previous", "prompt"),
}
ROW_ORDER = "order of rows"  # instead of a column for the position


@dataclass(frozen=True)
class Roles:
    """Our name -> the column of the table that is it."""

    columns: Mapping[str, str]
    numbered: bool = False  # positions are the order of rows


def find_roles(columns: Columns, given: Mapping[str, str]) -> Roles:
    """Who is what: as `given`, else by name where the type fits.

    Raises `CompVizError` for what is not there, and where several columns may be the label.
    """
    names = [name for name, times in Counter(columns.schema.names).items() if times == 1]
    for role, name in given.items():
        if role not in EXPECTED:
            raise CompVizError(
                f"choice {shortened(role, 60)!r}: expected one of {', '.join(EXPECTED)} or {FEATURE_PREFIX}MODALITY."
            )
        if name and name not in names and not (role == "position" and name == ROW_ORDER):
            raise CompVizError(
                f"choice {role}: {columns.file} has no column {shortened(name, 60)!r}, only {shortened(', '.join(names), 500)}."
            )
    left = [name for name in names if name not in given.values()]
    fitting = {role: [name for name in left if fits(columns, role, name)] for role in EXPECTED}
    known = {role: others for role, others in COLUMN_NAMES.items() if role not in given}
    exact = {role: role for role in known if role in left}
    used, chosen = set(exact.values()), dict(exact)
    for role, others in known.items():
        if role not in exact:
            free = [name for name in fitting[role] if name not in used]
            if role == "label":
                check_one_label(columns.file, free, others)
            chosen |= match_names(free, {role: others})
            used |= set(chosen.values())
    chosen |= {role: name for role, name in given.items() if name and name != ROW_ORDER}
    return Roles(chosen | feature_roles(columns, chosen), given.get("position") == ROW_ORDER)


def fits(columns: Columns, role: str, name: str) -> bool:
    """Whether a column has a type that a role asks for."""
    return EXPECTED[role][1](columns.schema.field(name).type)


def check_one_label(file: str, names: Sequence[str], others: Sequence[str]) -> None:
    """Raise `CompVizError` when several columns may be the label."""
    possible = [name for other in others for name in match_names(names, {other: ()}).values()]
    if len(possible) > 1:
        raise CompVizError(
            f"{file}: {' and '.join(map(repr, possible))} may each be the label. Say which: --choose label={possible[0]}"
        )


def feature_roles(columns: Columns, used: Mapping[str, str]) -> dict[str, str]:
    """Columns of lists by the modality that their names say, one for each: `features.vision` is video too."""
    made: dict[str, str] = {}
    written_by_us = METADATA_KEY in (columns.schema.metadata or {})  # whose modalities are what it says
    for column in columns.schema:
        if column.name in used.values() or not is_list(column.type):
            continue
        if written_by_us and column.name.startswith(FEATURE_PREFIX):
            continue
        modality = feature_modality(column.name)
        if modality and FEATURE_PREFIX + modality not in (*columns.schema.names, *made):
            made[FEATURE_PREFIX + modality] = column.name
    return made


class NamedColumns(Columns):
    """A table under our names."""

    def __init__(self, base: Columns, roles: Roles) -> None:
        self.base, self.roles = base, roles
        ours = {name: role for role, name in roles.columns.items()}
        fields = [field.with_name(ours.get(field.name, field.name)) for field in base.schema]
        fields = [field for field, old in zip(fields, base.schema, strict=True) if not self.hidden(old.name)]
        if roles.numbered:
            fields.append(pa.field("position", pa.int64()))
        self.counted_anew = (
            isinstance(base, PartedColumns) and base.by_file and "conversation" in roles.columns and self.clash()
        )
        if self.counted_anew:
            fields = [pa.field(f.name, pa.string()) if f.name == "conversation" else f for f in fields]
        notes = (
            ["conversations are counted anew in each file, so their ids begin with the split"]
            if self.counted_anew
            else []
        )
        notes += ["positions are the order of rows"] if roles.numbered else []
        super().__init__(base.file, pa.schema(fields, base.schema.metadata), [*base.assumed, *notes])
        self.left_aside = base.left_aside

    def hidden(self, name: str) -> bool:
        """Whether a column of the table has one of our names but is not what that name means here."""
        return name in EXPECTED and (self.roles.columns.get(name) != name) and name not in self.roles.columns.values()

    def theirs(self, name: str) -> str:
        """What the table calls a column of ours."""
        return self.roles.columns.get(name, name)

    def clash(self) -> bool:
        """Whether files of different splits have conversations of the same id."""
        table = self.base.table([self.theirs("conversation"), "split"])
        ids = table.group_by(self.theirs("conversation")).aggregate([("split", "count_distinct")])
        return bool(pc.max(ids["split_count_distinct"]).as_py() > 1)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns."""
        there = [name for name in names if not (name == "position" and self.roles.numbered)]
        wanted = [self.theirs(name) for name in there]
        extra = ["split"] if self.counted_anew and "split" not in wanted else []
        table = self.base.table([*wanted, *extra])
        made = dict(zip(there, table.columns, strict=False))
        if self.counted_anew and "conversation" in made:
            made["conversation"] = pc.binary_join_element_wise(
                table["split"], made["conversation"].cast(pa.string()), " "
            )
        if len(there) < len(names):
            made["position"] = pa.chunked_array([pa.array(range(len(table)), pa.int64())])
        return pa.table({name: made[name] for name in names})

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time."""
        for batch in self.base.batches([self.theirs(name) for name in names]):
            yield batch.rename_columns(list(names))

    def faults(self) -> dict[tuple[str, int], str]:
        """What the table says."""
        return self.base.faults()


def name_columns(columns: Columns, given: Mapping[str, str]) -> Columns:
    """The table under our names; as it is where it has no other. Raises `CompVizError`."""
    roles = find_roles(columns, given)
    plain = all(ours == theirs for ours, theirs in roles.columns.items()) and not roles.numbered
    return columns if plain and not isinstance(columns, PartedColumns) else NamedColumns(columns, roles)


def unused_columns(columns: Columns) -> list[Unused]:
    """What is not used, beside the table and of its columns, numbered ones as one, with the nearest name that would be."""
    known = COLUMN_NAMES | {f"{FEATURE_PREFIX}{u}": (u,) for u in ("audio", "text", "video")}
    names = [name for name in columns.schema.names if name not in EXPECTED and not name.startswith(FEATURE_PREFIX)]
    return [*columns.left_aside, *unused_names("column", one_for_numbered(names), (), known)]


def one_for_numbered(names: Sequence[str]) -> list[str]:
    """The names, those that are alike up to their numbers in one: `pulse_0 … pulse_63`."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(re.sub(r"\d+$", "", name) or name, []).append(name)
    return [group[0] if len(group) == 1 else f"{group[0]} … {group[-1]}" for group in alike.values()]
