"""A wrong model folder is one line that says which key, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from earwitness.evaluation.adapters import adapter_of
from earwitness.evaluation.model_folder import ModelFolder, find_models, load_model
from earwitness.stimuli.errors import ConfigError

from .conftest import UNMIXED, Workplace, noise


def model_with(workplace: Workplace, old: str, new: str) -> Path:
    folder = workplace.python("cnn", UNMIXED)
    path = folder / "model.toml"
    path.write_text(path.read_text().replace(old, new))
    return folder


def load_checked(folder: Path) -> ModelFolder:
    model = load_model(folder)
    adapter_of(model).check(model)
    return model


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('role = "model"', 'role = "modle"', "role: Input should be 'model', 'baseline'"),
        ('entry = "s', 'entyr = "s', 'unknown key "entyr"; did you mean "entry"'),
        ('name = "cnn"', 'name = "CNN 1"', "name: String should match pattern"),
        ('task = "mix"', 'task = ["mix", "dub"]', "task.1: Input should be 'mix', 'speech'"),
        ('task = "mix"', "task = []", "task: Tuple should have at least 1 item"),
        ('role = "model"', 'role = "model"\ntimeout_s = 0', "timeout_s: .*greater than 0"),
        ('"python"', '"pyton"', 'unknown adapter "pyton"; .*; did you mean "python"'),
        ("system.py:System", "system.py", 'needs entry = "file.py:Class"'),
        ("system.py:System", "../other.py:System", "outside the model's folder"),
        ("system.py:System", "other.py:System", "no such file"),
        ('entry = "system', 'path = "audio"\nentry = "system', "has no use for path"),
        ('adapter = "python"', 'adapter = "rendered"\npath = "."', "has no use for entry"),
        ('adapter = "python"', 'adapter = "rendered"', "needs path"),
        ('adapter = "python"', 'adapter = "rendered"\npath = "no"', "no such folder"),
        ('role = "model"', 'role = "model"\nfactors = {loss = nan}', "factors.loss"),
    ],
)
def test_a_wrong_model_file_is_told(workplace: Workplace, old: str, new: str, message: str) -> None:
    folder = model_with(workplace, old, new)
    with pytest.raises(ConfigError, match=message) as caught:
        load_checked(folder)
    assert str(folder / "model.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_tasks_are_a_list(workplace: Workplace) -> None:
    folder = model_with(workplace, 'task = "mix"', 'task = ["mix", "style"]')
    assert load_model(folder).file.task == ("mix", "style")


def test_one_name_twice_is_one_error_that_names_both(workplace: Workplace) -> None:
    workplace.python("one", UNMIXED)
    other = workplace.python("two", UNMIXED)
    path = other / "model.toml"
    path.write_text(path.read_text().replace('"two"', '"one"'))
    with pytest.raises(ConfigError, match=r"two/model.toml: name 'one' is also in .*one/model"):
        find_models(workplace.models)


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no model in it; a model is a folder with a model.toml"):
        find_models(tmp_path)
    with pytest.raises(ConfigError, match="no such folder"):
        find_models(tmp_path / "none")


def test_a_model_folder_alone_is_accepted(workplace: Workplace) -> None:
    folder = workplace.python("cnn", UNMIXED)
    assert [model.name for model in find_models(folder)] == ["cnn"]


def test_the_digest_follows_every_file_but_bytecode(workplace: Workplace) -> None:
    folder = workplace.python("cnn", UNMIXED)
    digest = load_model(folder).digest
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "system.cpython-311.pyc").write_bytes(b"code")
    assert load_model(folder).digest == digest
    (folder / "weights.bin").write_bytes(b"1")
    assert load_model(folder).digest != digest


def test_rendered_audio_decides_its_own_item_only(workplace: Workplace) -> None:
    folder = workplace.rendered("cnn", {"song-a": noise(1), "song-b": noise(2)})
    model = load_model(folder)
    before = [adapter_of(model).item_digest(model, item) for item in ("song-a", "song-b")]
    workplace.rendered("cnn", {"song-b": noise(3)})
    after = [adapter_of(model).item_digest(model, item) for item in ("song-a", "song-b")]
    assert before[0] == after[0]
    assert before[1] != after[1]
