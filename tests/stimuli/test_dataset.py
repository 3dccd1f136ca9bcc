"""Dataset folders: what loads, what is refused at once, and what fails item by item."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.stimuli.dataset import Dataset, load_dataset
from earwitness.stimuli.errors import ConfigError, DataError

RATE = 8000
MIX = """
name = "songs"
task = "mix"
rate = 8000
inputs = ["lead", "backing"]
reference = "sum"
baseline = "unmixed"
licence = "none"
"""
SPEECH = """
name = "sentences"
task = "speech"
rate = 8000
inputs = ["mel"]
reference = "spoken"
licence = "none"
"""


def noise(seed: int, channels: int = 2, frames: int = RATE) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.1, (frames, channels)).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="FLOAT" if path.suffix == ".wav" else None)


def mix_folder(folder: Path, text: str = MIX, items: tuple[str, ...] = ("one", "two")) -> Path:
    for index, item in enumerate(items):
        write(folder / "items" / item / "lead.wav", noise(2 * index))
        write(folder / "items" / item / "backing.flac", noise(2 * index + 1))
    (folder / "dataset.toml").write_text(text, encoding="utf-8")
    return folder


def speech_folder(folder: Path) -> Path:
    write(folder / "items" / "one" / "spoken.ogg", noise(0, channels=1))
    np.savez(folder / "items" / "one" / "mel.npz", values=np.ones((9, 4)), rate=80)
    (folder / "dataset.toml").write_text(SPEECH, encoding="utf-8")
    return folder


def test_without_a_split_every_folder_is_a_test_item_and_its_own_group(tmp_path: Path) -> None:
    (tmp_path / "items" / ".cache").mkdir(parents=True)
    dataset = load_dataset(mix_folder(tmp_path, items=("two", "one")))
    assert [(i.id, i.group, i.split) for i in dataset.items] == [
        ("one", "one", "test"),
        ("two", "two", "test"),
    ]
    assert (dataset.baseline, dataset.may_publish) == ("unmixed", False)


def test_a_split_keeps_test_then_training_items_and_leaves_out_the_rest(tmp_path: Path) -> None:
    text = MIX + '[split]\ntraining = ["c"]\ntest = ["b", "a"]\ntrain = ["d"]\n'
    text += '[groups]\nc = "b"\n'
    dataset = load_dataset(mix_folder(tmp_path, text, items=("a", "b", "c", "d")))
    assert [(i.id, i.group, i.split) for i in dataset.items] == [
        ("b", "b", "test"),
        ("a", "a", "test"),
        ("c", "b", "training"),
    ]


def test_stems_come_as_on_disk_and_their_sum_is_the_reference(tmp_path: Path) -> None:
    dataset = load_dataset(mix_folder(tmp_path))
    stems = dataset.audio_inputs(dataset.items[0])
    assert list(stems) == ["lead", "backing"]
    np.testing.assert_array_equal(stems["lead"].samples, noise(0).T)
    mix = dataset.reference_audio(dataset.items[0])
    np.testing.assert_array_equal(mix.samples, stems["lead"].samples + stems["backing"].samples)
    assert dataset.array_inputs(dataset.items[0]) == {}


def test_speech_has_an_array_and_a_reference_file(tmp_path: Path) -> None:
    dataset = load_dataset(speech_folder(tmp_path))
    item = dataset.items[0]
    mel = dataset.array_inputs(item)["mel"]
    assert (mel.values.shape, mel.values.dtype, mel.rate) == ((9, 4), np.float32, 80.0)
    assert dataset.audio_inputs(item) == {}
    assert dataset.reference_audio(item).channels == 1
    assert [path.name for path in dataset.files(item)] == ["mel.npz", "spoken.ogg"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("rate = 8000", "rate = 100"), "rate: "),
        (('task = "mix"', 'task = "remix"'), "task: "),
        (('"backing"]', '"drums"]'), '"lead" and "backing"'),
        (('task = "mix"', 'task = "style"'), "is for the task"),
        (('"backing"]', '"../backing"]'), "inputs.1: "),
        (('reference = "sum"', 'reference = "/etc/passwd"'), "reference: "),
        (('licence = "none"', 'license = "none"'), 'did you mean "licence"?'),
        (('licence = "none"', 'licence = "none"\nsplit = {test=["one"]}'), "items/two is in no"),
        (('licence = "none"', 'licence = "none"\nsplit = {test=["..","two"]}'), "split.test.0: "),
        (
            ('licence = "none"', 'licence = "none"\nsplit = {test=["one", "two"], train=["one"]}'),
            "one is named twice",
        ),
        (
            ('licence = "none"', 'licence = "none"\nsplit = {train=["one", "two"]}'),
            "no test or training items",
        ),
        (('licence = "none"', 'licence = "none"\ngroups = {tow="x"}'), 'did you mean "two"?'),
    ],
)
def test_a_wrong_dataset_file_is_refused_in_one_line(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    assert change[0] in MIX
    mix_folder(tmp_path, MIX.replace(*change))
    with pytest.raises(ConfigError) as caught:
        load_dataset(tmp_path)
    text = str(caught.value)
    assert str(tmp_path / "dataset.toml") in text
    assert message in text
    assert "\n" not in text


def test_a_folder_without_items_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(MIX, encoding="utf-8")
    with pytest.raises(ConfigError, match="no such folder"):
        load_dataset(tmp_path)
    (tmp_path / "items").mkdir()
    with pytest.raises(ConfigError, match="no test or training items"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("name", ["Two", "-two", "two words", "zwölf", "two\n", ".."])
def test_only_safe_item_ids_are_admitted(tmp_path: Path, name: str) -> None:
    split = '[split]\ntest = ["one", ' + repr(name).replace("'", '"') + "]\n"
    mix_folder(tmp_path, MIX + split, items=("one",))
    with pytest.raises(ConfigError, match="split"):
        load_dataset(tmp_path)


@given(name=st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1))
@settings(deadline=None, max_examples=40)
def test_a_folder_name_becomes_an_item_id_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    root = tmp_path_factory.mktemp("dataset")
    mix_folder(root, items=("one",))
    if name in (".", "..") or len(name.encode()) > 200:
        return
    (root / "items" / name).mkdir(exist_ok=True)
    if name.startswith("."):
        assert [item.id for item in load_dataset(root).items] == ["one"]
    elif re.fullmatch("[a-z0-9][a-z0-9._-]*", name):
        assert {item.id for item in load_dataset(root).items} == {"one", name}
    else:
        with pytest.raises(ConfigError, match="rename it"):
            load_dataset(root)


def broken(folder: Path, kind: str) -> None:
    """Break the item `one` in one way."""
    lead = folder / "items" / "one" / "lead.wav"
    if kind == "missing":
        lead.unlink()
    elif kind == "another rate":
        write(lead, noise(0), rate=2 * RATE)
    elif kind == "unequal":
        write(lead, noise(0, frames=RATE // 2))
    elif kind == "mono":
        write(lead, noise(0, channels=1))
    elif kind == "silent":
        write(lead, np.zeros((RATE, 2), np.float32))
    elif kind == "nan":
        write(lead, np.full((RATE, 2), np.nan, np.float32))
    elif kind == "truncated":
        lead.write_bytes(lead.read_bytes()[:20])
    elif kind == "not audio":
        lead.write_text("hello")
    elif kind == "twice":
        write(lead.with_suffix(".flac"), noise(0))
    elif kind == "array":
        lead.unlink()
        np.savez(lead.with_suffix(".npz"), values=np.ones((9, 4)), rate=80)
    elif kind == "cancelling":
        samples = noise(0)
        write(lead, samples)
        write(lead.with_name("backing.wav"), -samples)
        lead.with_name("backing.flac").unlink()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "no such file"),
        ("another rate", "16000 Hz, not 8000 Hz"),
        ("unequal", r"lead 2 × 4000, backing 2 × 8000"),
        ("mono", r"lead 1 × 8000, backing 2 × 8000"),
        ("silent", "silent"),
        ("nan", "NaN"),
        ("truncated", "unreadable"),
        ("not audio", "unreadable"),
        ("twice", "keep only one"),
        ("array", "must be audio"),
        ("cancelling", "cancel"),
    ],
)
def test_a_broken_item_names_itself_and_leaves_the_other_readable(
    tmp_path: Path, kind: str, message: str
) -> None:
    dataset = load_dataset(mix_folder(tmp_path))
    broken(tmp_path, kind)
    one, two = dataset.items
    with pytest.raises(DataError, match=message) as caught:
        dataset.reference_audio(one)
    assert str(tmp_path / "items" / "one") in str(caught.value)
    assert dataset.reference_audio(two).frames == RATE


def test_an_item_that_only_the_split_names_fails_when_it_is_read(tmp_path: Path) -> None:
    dataset = load_dataset(mix_folder(tmp_path, MIX + '[split]\ntest = ["one", "two", "three"]\n'))
    with pytest.raises(DataError, match=r"three.lead: no such file"):
        dataset.audio_inputs(dataset.items[2])
    assert dataset.files(dataset.items[2]) == []


def one_array(folder: Path) -> Dataset:
    return load_dataset(speech_folder(folder))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"values": np.ones((9, 4))}, 'the entries "values"'),
        ({"values": np.ones(9), "rate": 80}, "time × channel"),
        ({"values": np.ones((0, 4)), "rate": 80}, "time × channel"),
        ({"values": np.full((9, 4), "a"), "rate": 80}, "time × channel"),
        ({"values": np.full((9, 4), np.inf), "rate": 80}, "not all finite"),
        ({"values": np.full((9, 4), 1e300), "rate": 80}, "not all finite"),
        ({"values": np.ones((9, 4)), "rate": 0}, "rate must be"),
        ({"values": np.ones((9, 4)), "rate": np.nan}, "rate must be"),
        ({"values": np.ones((9, 4)), "rate": [80, 80]}, "rate must be"),
        ({"values": np.array([[object()]]), "rate": 80}, "plain arrays"),
    ],
)
def test_a_wrong_array_is_told_with_its_file(
    tmp_path: Path, entries: dict[str, object], message: str
) -> None:
    dataset = one_array(tmp_path)
    path = tmp_path / "items" / "one" / "mel.npz"
    np.savez(path, **entries)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=message) as caught:
        dataset.array_inputs(dataset.items[0])
    assert str(path) in str(caught.value)


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_array_file_is_a_data_error_or_still_right(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("array")
    dataset = one_array(folder)
    path = folder / "items" / "one" / "mel.npz"
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    # Anything but a DataError would end the test here.
    with contextlib.suppress(DataError):
        assert dataset.array_inputs(dataset.items[0])["mel"].values.ndim == 2


def test_an_array_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = one_array(tmp_path)
    monkeypatch.setattr("earwitness.stimuli.array.MAX_ARRAY_BYTES", 100)
    with pytest.raises(DataError, match="unpacks to"):
        dataset.array_inputs(dataset.items[0])


def test_an_h5_array_reads_as_an_npz_one(tmp_path: Path) -> None:
    dataset = one_array(tmp_path)
    path = tmp_path / "items" / "one" / "mel.h5"
    path.with_suffix(".npz").unlink()
    with h5py.File(path, "w") as file:
        file["values"], file["rate"] = np.ones((5, 3)), 100.0
    mel = dataset.array_inputs(dataset.items[0])["mel"]
    assert (mel.values.shape, mel.values.dtype, mel.rate) == ((5, 3), np.float32, 100.0)
    path.write_bytes(b"no such format")
    with pytest.raises(DataError, match=r"not an \.h5 file"):
        dataset.array_inputs(dataset.items[0])
    with h5py.File(path, "w") as file:
        file["values"] = np.ones((5, 3))
    with pytest.raises(DataError, match='the entries "values"'):
        dataset.array_inputs(dataset.items[0])


def test_an_h5_array_without_h5py_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = one_array(tmp_path)
    path = tmp_path / "items" / "one" / "mel.npz"
    path.rename(path.with_suffix(".h5"))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match="pip install h5py"):
        dataset.array_inputs(dataset.items[0])
