"""Plain pickles: what is read, what is refused, and that a hostile file neither runs anything nor takes much memory or time."""

import importlib
import pickle
import resource
import struct
import sys
import tracemalloc
from collections import OrderedDict, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.data.published import file_array, pickle_machine, unpickle
from comp_viz.data.published.file_array import FileArray
from comp_viz.data.published.unpickle import load_plain_pickle, open_plain_pickle
from comp_viz.errors import CompVizError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
MEMORY = 100 * 2**20  # bytes that no hostile file of a few MB may take


@pytest.fixture
def read(tmp_path):
    """Read a pickle from its bytes."""

    def read(content):
        (tmp_path / "made.pkl").write_bytes(content)
        return load_plain_pickle(tmp_path / "made.pkl")

    return read


@pytest.fixture
def refusal(read):
    """What is said of a pickle that is refused."""

    def refusal(content):
        with pytest.raises(CompVizError) as caught:
            read(content)
        assert "made.pkl cannot be read" in str(caught.value)
        assert len(str(caught.value)) < 400
        return str(caught.value)

    return refusal


@pytest.fixture
def measured():
    """Runs something that may not allocate much, whether it touches the memory or not; slow for many small values."""

    def measured(act, *arguments):
        tracemalloc.start()
        try:
            result = act(*arguments)
            assert tracemalloc.get_traced_memory()[1] < MEMORY
        finally:
            tracemalloc.stop()
        return result

    return measured


@pytest.fixture
def bounded():
    """The process may not grow much during the test."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * MEMORY / 1024


# What is read

NUMBERS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
KEYS = st.text(max_size=5) | st.binary(max_size=5) | st.integers(-(2**63), 2**63)
PLAIN = st.recursive(
    NUMBERS | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner) | st.sets(KEYS),
    max_leaves=20,
)


@given(PLAIN, st.sampled_from(PROTOCOLS))
@settings(deadline=None)
def test_plain_values_come_back_as_they_were_with_any_protocol(tmp_path_factory, made, protocol):
    path = tmp_path_factory.getbasetemp() / "made.pkl"
    path.write_bytes(pickle.dumps(made, protocol))
    outcome = load_plain_pickle(path)
    assert outcome == made
    assert type(outcome) is type(made)


ARRAYS = {
    "float64": np.linspace(-3, 3, 7),
    "float16": np.float16([1, 2]),
    "whole numbers": np.arange(4, dtype=np.uint8),
    "truth values": np.array([True, False]),
    "big-endian": np.arange(3, dtype=">i4"),
    "table": np.arange(6.0).reshape(2, 3),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "text": np.array(["so", "said", "Zoë 😀"]),
    "big-endian text": np.array(["so", "Zoë"], dtype=">U3"),
    "bytes": np.array([b"so", b"said"]),
    "empty": np.array([]),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_arrays_come_back_as_they_were(read, array, protocol):
    outcome = read(pickle.dumps({"one": [array, array]}, protocol))["one"]
    for each in outcome:
        assert each.dtype == array.dtype
        np.testing.assert_array_equal(each, array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scalars_are_plain_and_arrays_of_values_lists(read, protocol):
    words = np.array(["one", "two", None], dtype=object)
    made = (np.float64(0.5), np.int64(-2), np.str_("so"), np.bool_(True), words)
    outcome = read(pickle.dumps(made, protocol))
    assert outcome == (0.5, -2, "so", True, ["one", "two", None])
    assert [type(part) for part in outcome] == [float, int, str, bool, list]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_relatives_of_builtin_containers_become_plain(read, protocol):
    grouped = defaultdict(list, {"a": [1]})
    made = [OrderedDict(b=2, a=1), grouped, frozenset("ab"), bytearray(b"ab"), bytearray(), b""]
    outcome = read(pickle.dumps(made, protocol))
    assert outcome == [{"b": 2, "a": 1}, {"a": [1]}, {"a", "b"}, b"ab", b"", b""]
    assert [type(part) for part in outcome] == [dict, dict, set, bytes, bytes, bytes]


def test_numpy_of_either_name_is_known(read):
    for package in (b"numpy.core", b"numpy._core"):
        made = pickle.dumps(np.arange(3), 2).replace(b"numpy._core", package)
        assert read(made).tolist() == [0, 1, 2]


def short(text):
    """A short text of Python 2."""
    return b"U" + bytes([len(text)]) + text


def test_python_2_files_are_read_as_latin1(read):
    element = (
        b"cnumpy\ndtype\n("
        + short(b"f8")
        + b"K\x00K\x01tR(K\x03"
        + short(b"<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    data = struct.pack("<2d", 0.5, -1e300)
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t" + short(b"b") + b"tR(K\x01(K\x02t"
    array += element + b"\x89" + short(data) + b"tb"
    members = b"c__builtin__\nset\n(]" + short(b"a") + b"atR"
    made = b"\x80\x02(" + short(b"Zo\xeb") + array + members + b"X\x04\x00\x00\x00Zo\xc3\xab" + b"t."
    name, numbers, ids, text = read(made)
    assert (name, ids, text) == ("Zoë", {"a"}, "Zoë")
    assert numbers.tolist() == [0.5, -1e300]
    assert read(b"(lp0\nS'it\\'s Zo\\xeb\\n'\np1\naVZo\\u00eb\np2\naI01\naI7\naL8L\naF1.5\nag1\na.") == [
        "it's Zoë\n", "Zoë", True, 7, 8, 1.5, "it's Zoë\n"
    ]  # fmt: skip


# What would run code


def test_no_code_runs_and_no_module_is_imported(refusal, tmp_path, monkeypatch):
    mark = tmp_path / "ran"
    (tmp_path / "loud_module.py").write_text(f"open({str(mark)!r}, 'w').close()\ndef act(*_): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    command = f"touch {mark}".encode()
    assert "posix.system" in refusal(b"cposix\nsystem\n(S'" + command + b"'\ntR.")
    assert "os.system" in refusal(
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c" + bytes([len(command)]) + command + b"\x85R."
    )
    assert "loud_module.act" in refusal(b"cloud_module\nact\n(tR.")
    assert "builtins.eval" in refusal(b'c__builtin__\neval\n(S\'open("x", "w")\'\ntR.').replace(
        "__builtin__", "builtins"
    )
    assert "instruction" in refusal(b"(S'" + command + b"'\nios\nsystem\n.")
    assert "instruction" in refusal(b"\x80\x02cnumpy\nndarray\n)\x81.")
    assert "instruction" in refusal(b"\x80\x02(cnumpy\nndarray\no.")
    assert "loud_module" not in sys.modules
    assert not mark.exists()


class Own:
    """Something that is no plain value."""


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "made",
    [Own(), Own, len, range(3), slice(1), np.random.default_rng, 1j, np.ma.ones(2)],
    ids=lambda made: repr(made).split(" at ")[0],
)
def test_other_things_are_refused_by_their_name(refusal, made, protocol):
    message = refusal(pickle.dumps({"one": [made]}, protocol))
    assert "it asks for" in message or "instruction" in message


def test_what_may_be_named_may_not_be_kept_or_called(refusal):
    assert "numpy.ndarray as a value" in refusal(b"cnumpy\nndarray\n.")
    assert "calls numpy.ndarray" in refusal(b"cnumpy\nndarray\n((K\x02ttR.")
    assert "calls builtins.list" in refusal(b"cbuiltins\nlist\n(tR.")
    assert "half-described" in refusal(b"(lcnumpy\ndtype\n(S'f8'\ntRa.")
    assert "calls 'os.system'" in refusal(b"S'os.system'\n(tR.")
    assert "no function" in refusal(b"cbuiltins\nset\n]R.")
    assert "inner state" in refusal(b"]}b.")
    assert "inner state" in refusal(b"c_codecs\nencode\n}b.")
    assert "asks for 7 of" in refusal(b"\x80\x04]K\x07\x93.")


@pytest.mark.parametrize(
    "code",
    [
        b"P1\n",
        b"S'a'\nQ",
        b"\x82\x01",
        b"\x83\x01\x00",
        b"\x84\x01\x00\x00\x00",
        b"\x97",
        b"N\x98",
        b"\xff",
        b"N2",
        b"N0",
    ],
)
def test_instructions_that_plain_data_do_not_need_are_refused(refusal, code):
    assert "instruction" in refusal(code + b".")


# What would take memory or time

DTYPE = b"cnumpy\ndtype\n(S'%s'\ntR"
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
GIANT = b"L10000000000L\n"


def filled(shape, code=b"f8", data=b"S'12345678'\n"):
    """A pickle that fills an array with the given state."""
    return ARRAY + b"(I1\n(" + shape + b"t" + DTYPE % code + b"I00\n" + data + b"tb."


GIANTS = {
    "array announced": (ARRAY.replace(b"I0\n", GIANT) + b".", "without contents"),
    "array shape": (filled(GIANT), "8 bytes for an array of shape (10000000000,)"),
    "array of two giant sides": (filled(GIANT + GIANT), "8 bytes"),
    "array with no columns": (filled(GIANT + b"I0\n", data=b"S''\n"), "shape"),
    "array of negative shape": (filled(b"I-1\n"), "shape"),
    "array of a truth value": (filled(b"\x88"), "shape"),
    "array of many axes": (filled(b"I1\n" * 100_000), "shape"),
    "array of nothing": (filled(GIANT, b"U0", b"S''\n"), "'U0'"),
    "array of giant text": (filled(b"I1\n", b"U99999999"), "8 bytes"),
    "array too short": (filled(b"I2\n"), "8 bytes"),
    "array of values": (filled(GIANT, b"O8", b"(lS'a'\na"), "expected a list"),
    "array of values of text": (filled(b"I2\n", b"O8", b"S'ab'\n"), "expected a list"),
    "array of a length": (filled(b"I1\n", data=b"I8\n"), "makes bytes from 8"),
    "array of text that is none": (filled(b"I2\n", b"U1", b"S'\\x00\\xd8\\x00\\x00abcd'\n"), "not Unicode"),
    "records": (filled(b"I1\n", b"V8"), "'V8'"),
    "records within": (filled(b"I1\n", b"f8,f8"), "'f8,f8'"),
    "records by state": (DTYPE % b"f8" + b"(I3\nS'<'\nN(S'x'\ntNtb.", "records"),
    "element that is none": (ARRAY + b"(I1\n(I1\ntS'f8'\nI00\nS'12345678'\ntb.", "type of an array"),
    "scalar": (b"cnumpy.core.multiarray\nscalar\n(" + DTYPE % b"f8" + b"S'123'\ntR.", "3 bytes"),
    "scalar of a value": (b"cnumpy.core.multiarray\nscalar\n(" + DTYPE % b"O8" + b"]tR.", "Python values"),
    "bytearray": (b"cbuiltins\nbytearray\n(" + GIANT + b"tR.", "makes bytes from 10000000000"),
    "bytes": (b"cbuiltins\nbytes\n(" + GIANT + b"tR.", "makes bytes from 10000000000"),
    "set of text": (b"cbuiltins\nset\n(S'abc'\ntR.", "makes a set from a str"),
    "dict of no pairs": (b"ccollections\nOrderedDict\n((lS'abc'\natR.", "no list of pairs"),
    "range": (b"cbuiltins\nrange\n(" + GIANT + b"tR.", "builtins.range"),
    "long": (b"\x80\x02\x8b\xff\xff\xff\x7f" + bytes(1_000_000) + b".", "64 bits"),
    "negative long": (b"\x80\x02\x8a\x09" + bytes(8) + b"\x80.", "64 bits"),
    "decimal": (b"L" + b"9" * 1_000_000 + b"L\n.", "damaged"),
    "short decimal": (b"I" + b"9" * 30 + b"\n.", "64 bits"),
    "text": (b"\x80\x02X\xff\xff\xff\xff.", "ends in the middle"),
    "negative text": (b"\x80\x02T\xff\xff\xff\xff.", "ends in the middle"),
    "text of 8": (b"\x80\x04\x8d" + b"\xff" * 8 + b".", "ends in the middle"),
    "bytes of 8": (b"\x80\x04\x8e" + struct.pack("<Q", 10**10) + b".", "ends in the middle"),
    "bytearray of 8": (b"\x80\x05\x96" + struct.pack("<Q", 10**10) + b".", "ends in the middle"),
    "frame": (b"\x80\x04\x95" + struct.pack("<Q", 10**10) + b"N.", "ends in the middle"),
    "many frames": (b"\x80\x04" + (b"\x95" + struct.pack("<Q", 10**6)) * 200_000 + b"N.", "ends in the middle"),
    "line without end": (b"V" + b"a" * 1_000_000, "ends in the middle"),
    "half a pair": (b"V\\ud800\n.", "damaged"),
    "half a pair in UTF-8": (b"\x80\x02X\x03\x00\x00\x00\xed\xa0\x80.", "damaged"),
    "name": (b"c" + b"a" * 1_000_000 + b"\n" + b"b" * 1_000_000 + b"\n.", "asks for aaa"),
    "protocol": (b"\x80\x63N.", "protocol 99"),
    "nothing on the stack": (b".", "damaged"),
    "no mark": (b"t.", "damaged"),
    "nothing kept": (b"\x80\x02j\xff\xff\xff\xff.", "damaged"),
    "values without keys": (b"(dI1\nI2\nI3\nu.", "damaged"),
    "pairs into a list": (b"](I1\nI2\nu.", "expected a dict"),
    "items into a dict": (b"\x80\x04}(K\x01\x90.", "expected a set"),
    "keys of one hash": (b"(dp0\n" + b"(I1\ntI1\ns.", "by a tuple"),
    "array as key": (b"}" + filled(b"I1\n")[:-1] + b"Ns.", "by a ndarray"),
    "array within itself": (ARRAY + b"p0\n(I1\n(I1\nt" + DTYPE % b"O8" + b"I00\n(lg0\natb.", "half-described"),
    "other bytes": (b"PK\x03\x04 an archive", "instruction"),
    "nothing": (b"", "ends in the middle"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), GIANTS.values(), ids=GIANTS)
def test_giants_and_damage_are_refused_in_words(refusal, measured, content, expected):
    assert expected in measured(refusal, content)


def test_a_huge_memo_number_costs_nothing(read, measured):
    assert measured(read, b"\x80\x02](K\x07r\xff\xff\xff\xffj\xff\xff\xff\xffe.") == [7, 7]


NESTS = {
    "lists": b"]" * 1_000_000 + b"a" * 999_999,
    "fewer lists": b"]" * 200_000 + b"a" * 199_999,
    "tuples": b"\x80\x02)" + b"\x85" * 400_000,
    "marked tuples": b"(" * 200_000 + b"t" * 200_000,
    "dicts": b"\x80\x02" + b"}N" * 150_000 + b"N" + b"s" * 150_000,
    "dicts of marks": b"(N" * 100_000 + b"N" + b"d" * 100_000,
}


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize("content", NESTS.values(), ids=NESTS)
def test_nesting_a_million_deep_is_refused(refusal, content):
    message = refusal(content + b".")
    assert "deep" in message or "levels" in message


@pytest.mark.usefixtures("bounded")
def test_the_same_part_again_and_again_is_refused(refusal, monkeypatch):
    monkeypatch.setattr(unpickle, "MAX_UNFOLDED", 32 * 2**20)
    laughs = b"\x80\x02](" + b"X\x03\x00\x00\x00lol" * 10 + b"eq\x00"
    for level in range(1, 18):
        laughs += b"](" + (b"h" + bytes([level - 1])) * 10 + b"eq" + bytes([level])
    assert "again and again" in refusal(laughs + b".")
    wide = b"\x80\x02(](" + b"N" * 100_000 + b"eq\x00" + b"h\x00" * 100_000 + b"t."
    assert "again and again" in refusal(wide)
    text = b"\x80\x02(X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000 + b"q\x00" + b"h\x00" * 100_000 + b"t."
    assert "again and again" in refusal(text)
    array = (
        b"\x80\x02("
        + pickle.dumps(np.ones(100_000), 2)[2:-1]
        + b"r\xff\xff\xff\x00"
        + b"j\xff\xff\xff\x00" * 1000
        + b"t."
    )
    assert "again and again" in refusal(array)
    assert "contain themselves" in refusal(b"]p0\ng0\na.")
    assert "contain themselves" in refusal(b"}p0\nNg0\ns.")


@pytest.mark.usefixtures("bounded")
def test_calls_do_not_multiply_bytes(refusal, monkeypatch):
    monkeypatch.setattr(pickle_machine, "MAX_MADE", 32 * 2**20)
    text = b"\x80\x02(X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000 + b"q\x00c_codecs\nencode\nq\x01"
    assert "same bytes" in refusal(text + b"X\x06\x00\x00\x00latin1q\x02" + b"h\x01h\x00h\x02\x86R" * 1_000 + b"t.")
    items = b"\x80\x02(](" + b"K\x01" * 10_000 + b"eq\x00cbuiltins\nset\nq\x01" + b"h\x01h\x00\x85R" * 1_000 + b"t."
    assert "same bytes" in refusal(items)
    again = b"](" + b"I1\n" * 10_000 + b"ep0\n(" + ARRAY + (b"(I1\n(I10000\nt" + DTYPE % b"O8" + b"I00\ng0\ntb") * 100
    assert "same bytes" in refusal(again + b".")


def test_too_many_values_are_refused(refusal, monkeypatch):
    monkeypatch.setattr(pickle_machine, "MAX_STEPS", 1000)
    assert "more values" in refusal(b"\x80\x04" + b"\x8f" * 2000)


def test_files_that_are_too_large_or_none_are_refused(tmp_path, monkeypatch):
    with (tmp_path / "made.pkl").open("wb") as file:
        file.truncate(unpickle.MAX_BYTES + 1)
    with pytest.raises(CompVizError, match=r"made\.pkl cannot be read: it has more than 100 MB"):
        load_plain_pickle(tmp_path / "made.pkl")
    for path in (tmp_path, tmp_path / "none.pkl", tmp_path / ("x" * 5000)):
        with pytest.raises(CompVizError, match="no file"):
            load_plain_pickle(path)


# Files that are read in place


@pytest.fixture
def stays(monkeypatch):
    """Values of 64 bytes and more stay in the file."""
    monkeypatch.setattr(pickle_machine, "LARGE", 64)


@pytest.fixture
def in_place(tmp_path):
    """Open a pickle from its bytes, its large arrays left in the file."""

    def in_place(content):
        (tmp_path / "made.pkl").write_bytes(content)
        return open_plain_pickle(tmp_path / "made.pkl")

    return in_place


LARGE_ARRAYS = {
    "rows first": np.arange(24.0).reshape(4, 2, 3),
    "columns first": np.asfortranarray(np.arange(-12, 12, dtype=np.float32).reshape(4, 2, 3)),
    "big-endian": np.arange(40, dtype=">i4").reshape(20, 2),
    "text": np.array(["so", "said", "Zoë 😀"] * 9),
    "bytes": np.frombuffer(bytes(range(256)), np.uint8),
}


@pytest.mark.usefixtures("stays")
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("array", LARGE_ARRAYS.values(), ids=LARGE_ARRAYS)
def test_large_arrays_stay_in_the_file_and_come_back_part_by_part(in_place, monkeypatch, array, protocol):
    monkeypatch.setattr(file_array, "PIECE", 50)  # not a whole number of rows
    outcome = in_place(pickle.dumps({"one": array, "two": "short"}, protocol))
    assert isinstance(outcome["one"], FileArray)
    assert (outcome["one"].shape, outcome["one"].dtype, outcome["two"]) == (array.shape, array.dtype, "short")
    parts = [part.copy() for part in outcome["one"].parts()]
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1 if outcome["one"].fortran else 0), array)


@pytest.mark.usefixtures("stays")
def test_files_in_place_are_refused_as_others_are(in_place, monkeypatch):
    def refusal(content):
        with pytest.raises(CompVizError) as caught:
            in_place(content)
        return str(caught.value)

    array = np.arange(100.0)
    for protocol in (2, 4, 5):
        content = pickle.dumps(array, protocol)
        assert "ends in the middle" in refusal(content[: len(content) // 2])
    assert "a text of 0 MB as a value" in refusal(pickle.dumps("a" * 100, 4))
    many = pickle.dumps(np.ones(1_000_000), 4)[:-1] + b"\x94" + b"h\x00" * 0
    index = many.count(b"\x94") - 1
    assert "again and again" in refusal(b"\x80\x04](" + many[2:] + (b"h" + bytes([index])) * 100 + b"e.")
    monkeypatch.setattr(pickle_machine, "MAX_HELD", 1000)
    assert "more than 0 GB of values" in refusal(pickle.dumps(["a" * 60 + str(n) for n in range(20)], 4))
    monkeypatch.setattr(unpickle, "MAX_STEPS", 1000)
    monkeypatch.setattr(unpickle, "MOST_MORE_STEPS", 100)
    assert "than 1,100 instructions make" in refusal(b"\x80\x04" + b"\x8f" * 20_000)
    assert "is empty" in refusal(b"")
    assert "it asks for torch._utils._rebuild" in refusal(b"\x80\x02ctorch._utils\n_rebuild\n.")
    assert "tensor.numpy()" in refusal(b"\x80\x02ctorch._utils\n_rebuild\n.")


@pytest.mark.usefixtures("stays")
def test_bytes_written_as_text_are_counted_when_they_are_read(in_place):
    content = pickle.dumps(np.full(64, 255, np.uint8), 2)
    text = "\xff".encode() * 64
    short = content.replace(text, b"a" * 64 + "\xff".encode() * 32)  # as many bytes in the file, more when decoded
    assert len(short) == len(content)
    with pytest.raises(CompVizError, match=r"96 of 64 parts|not the bytes"):
        list(in_place(short).parts())


SMALL = {"a": [1, 2.5, None, True], "b": ("text", b"bytes", {3}), "c": np.array(["x", "y"]), "d": np.float64(1)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_files_cut_anywhere_are_refused(refusal, protocol):
    content = pickle.dumps(SMALL, protocol)
    for length in range(len(content)):
        refusal(content[:length])


def read_or_refused(folder, content):
    """Whether a pickle is read; refusing it is the only other way it may end."""
    path = folder / "changed.pkl"
    path.write_bytes(content)
    try:
        load_plain_pickle(path)
    except CompVizError:
        return False
    return True


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_scratched_files_are_refused_or_read(tmp_path_factory, data):
    content = bytearray(pickle.dumps(SMALL, data.draw(st.sampled_from(PROTOCOLS))))
    assert read_or_refused(tmp_path_factory.getbasetemp(), content)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(tmp_path_factory.getbasetemp(), content)


@given(st.lists(st.sampled_from([bytes([code]) for code in range(256)] + [ARRAY, DTYPE % b"f8", b"I1\n", b"S'a'\n"])))
@settings(deadline=None, max_examples=400)
def test_instructions_in_any_order_are_refused_or_read(tmp_path_factory, codes):
    read_or_refused(tmp_path_factory.getbasetemp(), b"".join(codes) + b".")
