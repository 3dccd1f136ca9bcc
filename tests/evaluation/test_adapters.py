"""Every format of DESIGN §4: built here, rendered, and refused where it is not what it says."""

from __future__ import annotations

import os
import pickle
import stat
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import safetensors.torch
import torch

from earwitness.evaluation.adapters import Renderer, adapter_of
from earwitness.evaluation.adapters.interface import ItemInputs
from earwitness.evaluation.model_folder import load_model
from earwitness.evaluation.trust import needs_trust
from earwitness.stimuli.dataset import Array
from earwitness.stimuli.errors import ConfigError, DataError, ModelError

from .conftest import FRAMES, RATE, Workplace, noise

LEAD, BACKING = noise(1), noise(2)
SYSTEM = """
from earwitness.evaluation import Rendering

class System:
    def __init__(self, parameters, weights):
        self.gain = weights["gain"].numpy()

    def render(self, inputs):
        lead = self.gain * inputs.audio["lead"]
        return Rendering(lead + inputs.audio["backing"], {"lead": lead, **STEMS})
""".replace("**STEMS", '"backing": inputs.audio["backing"]')
GAIN = {"gain": torch.tensor(0.5)}
WEIGHTS = 'path = "weights"\nentry = "system.py:System"'
GRAPH = 'path = "graph"\ninputs = ["lead", "backing"]\noutputs = ["lead", "backing"]'


class HalfLead(torch.nn.Module):
    def forward(self, lead: torch.Tensor, backing: torch.Tensor) -> list[torch.Tensor]:
        return [0.5 * lead, backing]


def inputs(**arrays: Array) -> ItemInputs:
    audio = {"lead": LEAD, "backing": BACKING}
    return ItemInputs("song-a", "song-a", "mix", RATE, audio, arrays, None)


Make = Callable[..., Path]


@pytest.fixture
def make(workplace: Workplace) -> Make:
    def make_(adapter: str, keys: str, **files: bytes | str) -> Path:
        folder = workplace.models / "half-lead"
        folder.mkdir(parents=True)
        text = f'name = "half-lead"\ntask = "mix"\nrole = "model"\nadapter = "{adapter}"\n{keys}\n'
        (folder / "model.toml").write_text(text)
        for name, content in files.items():
            path = folder / name.replace("_py", ".py")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return make_


@pytest.fixture(autouse=True)
def _modules_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Adapters expect a process of their own; here they are undone."""
    for name in ("path", "path_hooks"):
        monkeypatch.setattr(sys, name, getattr(sys, name).copy())
    yield
    for name in ("earwitness_model", "halves"):
        sys.modules.pop(name, None)


def load(folder: Path) -> Renderer:
    model = load_model(folder)
    adapter_of(model).check(model)
    return adapter_of(model).load(model)


def is_half_lead(renderer: Renderer) -> bool:
    rendering = renderer.render(inputs())
    np.testing.assert_array_equal(rendering.stems["lead"], 0.5 * LEAD)
    np.testing.assert_array_equal(rendering.stems["backing"], BACKING)
    np.testing.assert_allclose(rendering.audio, 0.5 * LEAD + BACKING, atol=1e-7)
    return True


def saved(value: Any, path: Path) -> bytes:
    torch.save(value, path)
    return path.read_bytes()


def onnx_graph() -> onnx.ModelProto:
    """0.5 × lead, backing."""
    shape = [1, "channel", "frame"]
    signals = {
        name: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name in ("lead", "backing", "half", "same")
    }
    gain = onnx.numpy_helper.from_array(np.float32([0.5]), "gain")
    nodes = [
        onnx.helper.make_node("Mul", ["lead", "gain"], ["half"]),
        onnx.helper.make_node("Identity", ["backing"], ["same"]),
    ]
    ins, outs = [signals["lead"], signals["backing"]], [signals["half"], signals["same"]]
    graph = onnx.helper.make_graph(nodes, "g", ins, outs, initializer=[gain])
    model: onnx.ModelProto = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9
    )
    return model


@pytest.mark.parametrize("wrap", [lambda weights: weights, lambda w: {"state_dict": w, "epoch": 3}])
def test_a_state_dict_reaches_its_class(make: Make, tmp_path: Path, wrap: Any) -> None:
    folder = make(
        "state_dict", WEIGHTS, weights=saved(wrap(GAIN), tmp_path / "w"), system_py=SYSTEM
    )
    assert is_half_lead(load(folder))
    assert needs_trust(load_model(folder))


def test_safetensors_reach_their_class(make: Make) -> None:
    content = safetensors.torch.save(GAIN)
    assert is_half_lead(load(make("safetensors", WEIGHTS, weights=content, system_py=SYSTEM)))


def test_an_architecture_of_an_installed_package_needs_no_trust(make: Make, tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "halves-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "halves.py").write_text(SYSTEM)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: halves\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[earwitness.architectures]\nhalf = halves:System\n")
    keys = 'path = "weights"\nentry = "half"'
    folder = make("safetensors", keys, weights=safetensors.torch.save(GAIN))
    with pytest.raises(ConfigError, match='no package offers an architecture "half"'):
        load(folder)
    sys.path.append(str(site))
    assert is_half_lead(load(folder))
    assert not needs_trust(load_model(folder))


class Bomb:
    """Makes the file `path` when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


def test_a_pickle_bomb_is_refused_without_being_run(make: Make, tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    bomb = saved({"gain": Bomb(marker)}, tmp_path / "bomb")
    folder = make("state_dict", WEIGHTS, weights=bomb, system_py=SYSTEM)
    with pytest.raises(ModelError, match="refused: it holds more than tensors"):
        load(folder)
    (folder / "weights").write_bytes(pickle.dumps(Bomb(marker), protocol=2))
    with pytest.raises(ModelError, match="refused"):
        load(folder)
    assert not marker.exists()
    torch.load(tmp_path / "bomb", weights_only=False)
    assert marker.exists()  # it is a bomb


@pytest.mark.parametrize("adapter", ["state_dict", "safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\3\4 broken"])
def test_a_broken_checkpoint_is_one_reason(make: Make, adapter: str, content: bytes) -> None:
    folder = make(adapter, WEIGHTS, weights=content, system_py=SYSTEM)
    with pytest.raises(
        ModelError, match=r"weights: (cannot be read as|refused|is empty)"
    ) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_without_a_state_dict_is_told(make: Make, tmp_path: Path) -> None:
    content = saved({"epoch": 3}, tmp_path / "w")
    with pytest.raises(ModelError, match="holds no state dict"):
        load(make("state_dict", WEIGHTS, weights=content, system_py=SYSTEM))


def test_an_onnx_graph_renders_and_needs_no_trust(make: Make) -> None:
    folder = make("onnx", GRAPH, graph=onnx_graph().SerializeToString())
    assert is_half_lead(load(folder))
    assert not needs_trust(load_model(folder))


def external(tensor: onnx.TensorProto) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")


def test_onnx_with_external_data_is_refused_wherever_it_hides(make: Make) -> None:
    plain, hidden = onnx_graph(), onnx_graph()
    external(plain.graph.initializer[0])
    inner = onnx.helper.make_node("Constant", [], ["c"], value=hidden.graph.initializer[0])
    external(inner.attribute[0].t)
    branch = onnx.helper.make_graph([inner], "branch", [], [])
    hidden.graph.node.append(onnx.helper.make_node("If", ["x"], ["y"], then_branch=branch))
    folder = make("onnx", GRAPH, graph=b"")
    for model in (plain, hidden):
        (folder / "graph").write_bytes(model.SerializeToString())
        with pytest.raises(ModelError, match="refused: its tensor 'gain' lies in another file"):
            load(folder)


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"no graph at all"])
def test_a_broken_onnx_file_is_one_reason(make: Make, content: bytes) -> None:
    with pytest.raises(ModelError, match="cannot be read as ONNX"):
        load(make("onnx", GRAPH, graph=content))


def test_an_exported_program_renders_and_needs_trust(make: Make, tmp_path: Path) -> None:
    example = (torch.zeros(1, 1, 2 * FRAMES), torch.zeros(1, 1, 2 * FRAMES))
    frames = {2: torch.export.Dim("frames")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(HalfLead(), example, dynamic_shapes=(frames, frames))
        torch.export.save(program, tmp_path / "m.pt2")
        folder = make("exported", GRAPH, graph=(tmp_path / "m.pt2").read_bytes())
        assert is_half_lead(load(folder))
    assert needs_trust(load_model(folder))


def test_a_torchscript_module_renders_and_needs_trust(make: Make, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(HalfLead()).save(tmp_path / "m.ts")
        folder = make("torchscript", GRAPH, graph=(tmp_path / "m.ts").read_bytes())
        assert is_half_lead(load(folder))
    assert needs_trust(load_model(folder))


@pytest.mark.parametrize("adapter", ["exported", "torchscript"])
def test_a_broken_program_is_one_reason(make: Make, adapter: str) -> None:
    folder = make(adapter, GRAPH, graph=b"no program")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ModelError, match="torch cannot load it") as caught:
            load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("adapter", ["exported", "torchscript", "command", "python"])
def test_what_runs_code_is_not_even_opened_without_trust(
    make: Make, workplace: Workplace, adapter: str
) -> None:
    workplace.dataset(("song-a",))
    marker = workplace.root / "it-ran"
    keys = {
        "command": f'command = ["mkdir", "{marker}", "{{output}}"]',
        "python": 'entry = "system.py:System"',
    }
    code = f"import os\nos.mkdir({str(marker)!r})\n"
    folder = make(adapter, keys.get(adapter, GRAPH), system_py=code)
    with zipfile.ZipFile(folder / "graph", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(marker)))
    run = workplace.evaluate(trust=False)
    failed = run.scores[run.scores["status"] == "failed"]
    assert len(failed)
    assert all(failed["reason"].str.startswith("needs --trust"))
    assert not marker.exists()


def test_a_graph_that_breaks_its_contract_is_told(make: Make) -> None:
    content = onnx_graph().SerializeToString()
    folder = make("onnx", GRAPH.replace('outputs = ["lead", "backing"]', ""), graph=content)
    with pytest.raises(ModelError, match=r"returned 2 tensor\(s\), outputs names 1"):
        load(folder).render(inputs())


def test_a_graph_may_take_arrays_and_return_mono_without_a_channel_axis(make: Make) -> None:
    signal = onnx.helper.make_tensor_value_info
    mel = signal("mel", onnx.TensorProto.FLOAT, [1, "time", 1])
    audio = signal("audio", onnx.TensorProto.FLOAT, [1, "frame"])
    axes = onnx.numpy_helper.from_array(np.int64([2]), "axes")
    node = onnx.helper.make_node("Squeeze", ["mel", "axes"], ["audio"])
    graph = onnx.helper.make_graph([node], "g", [mel], [audio], initializer=[axes])
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=9)
    keys = 'path = "graph"\ninputs = ["mel"]'
    renderer = load(make("onnx", keys, graph=model.SerializeToString()))
    values = noise(5).T.copy()
    rendering = renderer.render(inputs(mel=Array(values, 100.0)))
    np.testing.assert_array_equal(rendering.audio, values.T)
    assert rendering.stems == {}
    with pytest.raises(ModelError, match='inputs names "mel", but the item has lead, backing'):
        renderer.render(inputs())


PROGRAM = """#!{python}
import sys, shutil
import numpy as np, scipy.io.wavfile as wav
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
rate, lead = wav.read(arguments["--lead"])
_, backing = wav.read(arguments["--backing"])
half = np.float32(0.5) * lead
wav.write(arguments["--out"], rate, half + backing)
wav.write(arguments["--stems"] + "/lead.wav", rate, half)
wav.write(arguments["--stems"] + "/backing.wav", rate, backing)
assert np.load(arguments["--mel"])["rate"] == 100.0
"""
COMMAND = (
    'command = ["./mix", "--lead", "{lead}", "--backing", "{backing}", "--mel", "{mel}", '
    '"--out", "{output}", "--stems", "{stems}"]'
)


def executable(folder: Path, text: str) -> None:
    (folder / "mix").write_text(text)
    (folder / "mix").chmod(stat.S_IRWXU)


def test_a_command_reads_and_writes_wav_files(make: Make) -> None:
    folder = make("command", COMMAND)
    executable(folder, PROGRAM.replace("{python}", sys.executable))
    renderer = load(folder)
    mel = Array(np.zeros((4, 2), np.float32), 100.0)
    rendering = renderer.render(inputs(mel=mel))
    np.testing.assert_array_equal(rendering.stems["lead"], np.float32(0.5) * LEAD)
    np.testing.assert_array_equal(rendering.audio, np.float32(0.5) * LEAD + BACKING)
    with pytest.raises(ModelError, match=r'unknown "\{mel\}"; there are lead, backing, output'):
        renderer.render(inputs())


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("#!/bin/sh\necho one >&2\necho no licence >&2\nexit 4\n", "exit code 4: no licence"),
        ("#!/bin/sh\n", "wrote no {output}"),
        ("#!/no/such/shell\n", "cannot be started"),
        ('#!/bin/sh\necho text > "$1"\n', "not an audio file"),
    ],
)
def test_a_command_that_fails_is_a_reason(make: Make, script: str, reason: str) -> None:
    folder = make("command", 'command = ["./mix", "{output}"]')
    executable(folder, script)
    with pytest.raises((ModelError, DataError), match=reason):
        load(folder).render(inputs())


@pytest.mark.parametrize(
    ("adapter", "keys", "message"),
    [
        ("onnx", 'path = "graph"', "needs inputs"),
        ("onnx", 'inputs = ["lead"]', 'needs path = "<file of the graph>"'),
        ("onnx", GRAPH + '\nentry = "a.py:B"', "has no use for entry"),
        ("exported", 'path = "../graph"\ninputs = ["lead"]', "outside the model's folder"),
        ("torchscript", 'path = "none"\ninputs = ["lead"]', "no such file"),
        ("state_dict", 'path = "graph"', 'needs entry = "file.py:Class"'),
        ("safetensors", WEIGHTS, "weights: no such file"),
        ("command", "", "needs command"),
        ("command", 'command = ["mix", "{lead}"]', 'has no "{output}"'),
        ("command", 'command = ["mix", "{lead"]', "command: expected '}'"),
        ("command", 'command = ["{output}"]\npath = "x"', "has no use for path"),
    ],
)
def test_a_wrong_model_file_is_told(make: Make, adapter: str, keys: str, message: str) -> None:
    folder = make(adapter, keys, graph=b"", system_py=SYSTEM)
    with pytest.raises(ConfigError, match=message) as caught:
        load(folder)
    assert str(folder / "model.toml") in str(caught.value)
