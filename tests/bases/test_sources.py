"""What `--model` may name, what a base takes before it is loaded, and what is said where it can't be."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import make_bases
import pytest

from pvchat.bases import loading, models, sizes
from pvchat.bases.loading import load_base
from pvchat.bases.shared import add_shared, check_base
from pvchat.bases.sources import list_bases, read_source
from pvchat.cli import main as cli
from pvchat.config import Settings
from pvchat.errors import SettingsError


def test_presets_hub_ids_and_folders_are_bases(folder_of) -> None:
    assert list_bases() == ["qwen3-vl-2b", "smolvlm2-500m"]
    preset = read_source("smolvlm2-500m")
    assert preset.preset.licence == "Apache-2.0"
    assert preset.path.endswith("SmolVLM2-500M-Video-Instruct")
    assert read_source("hub:Some.Org/A_model-1").path == "Some.Org/A_model-1"
    folder = folder_of("smolvlm")
    for name in (str(folder), f"hub:{folder}"):
        assert read_source(name).local
    for name in ("embedded", "nowhere", "some/llm"):
        assert read_source(name) is None
    for name in ("hub:", "hub:nothing", "hub:a/b/c", "hub:../x/y"):
        with pytest.raises(SettingsError, match="neither"):
            read_source(name)


def test_a_model_of_our_own_is_no_base(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"experts": {}}))
    assert read_source(str(tmp_path)) is None


def test_a_run_whose_base_is_gone_says_so(tmp_path: Path) -> None:
    (tmp_path / "base.json").write_text(json.dumps({"model": "/moved/smol"}))
    with pytest.raises(SettingsError, match="/moved/smol, isn't there"):
        read_source(str(tmp_path))


def test_a_base_answers_by_itself(folder_of) -> None:
    settings = Settings(model=str(folder_of("smolvlm")))
    assert models.choose(settings) == ("model", None)
    assert models.base_of(settings).local
    with pytest.raises(SettingsError, match="fewer bits"):
        models.choose(Settings(quantize="4bit"))
    for wrong in ({"quantize": "2bit"}, {"show": "names"}):
        with pytest.raises(SettingsError, match="not known"):
            Settings(**wrong)


def test_what_fits_is_known_before_anything_is_loaded(folder_of, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sizes.size_of(read_source(str(folder_of("qwen3_vl"))), "float32")
    assert 4 * size.parameters < size.memory < 60 * size.parameters + 2_000_000
    wide, small = (sizes.size_of(read_source("qwen3-vl-2b"), dtype) for dtype in ("float32", "4bit"))
    assert small.memory < wide.memory / 4
    monkeypatch.setattr(sizes, "_memory", lambda: 3_000_000_000)
    assert sizes.size_of(read_source("qwen3-vl-2b"), "bfloat16").fits is False
    assert sizes.size_of(read_source("smolvlm2-500m"), "bfloat16").fits is True
    assert sizes.size_of(read_source("hub:a/b"), "bfloat16").fits is None


def test_what_does_not_fit_is_refused_before_it_is_loaded(folder_of, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "_memory", lambda: 1000)
    with pytest.raises(SettingsError, match="doesn.t fit here.* free") as told:
        load_base(read_source(str(folder_of("smolvlm"))))
    assert "smaller base" in told.value.hint


def test_a_missing_hub_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hub can't be reached") as told:
        load_base(read_source("hub:some/model"))
    assert "hf download" in told.value.hint


def test_a_hub_that_does_not_answer_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants
    from transformers import AutoConfig

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    asked = []

    def from_pretrained(path: str, **options) -> None:
        asked.append(options["local_files_only"])
        raise OSError

    monkeypatch.setattr(AutoConfig, "from_pretrained", from_pretrained)
    with socket.create_server(("127.0.0.1", 0)) as hub:
        port = hub.getsockname()[1]
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
        with pytest.raises(SettingsError, match="hub can't be reached"):
            load_base(read_source("hub:some/model"))
    with pytest.raises(SettingsError, match="hub can't be reached"):
        load_base(read_source("hub:some/model"))  # nobody listens there any more
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(SettingsError, match="hub can't be reached"):
        load_base(read_source("hub:some/model"))  # whether a proxy reaches it is for the client to find out
    assert asked == [False, True, False]


def test_bitsandbytes_is_asked_for_where_it_is_missing(folder_of, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="bitsandbytes is missing"):
        load_base(read_source(str(folder_of("smolvlm"))), quantize="4bit")


@pytest.mark.parametrize(("bits", "layer"), [("8bit", "Linear8bitLt"), ("4bit", "Linear4bit")])
def test_fewer_bits_where_bitsandbytes_is_there(tmp_path: Path, monkeypatch, bits: str, layer: str) -> None:
    pytest.importorskip("bitsandbytes")
    for part in (make_bases.TEXT, make_bases.VISION):  # its kernels take 64 columns at least
        monkeypatch.setitem(part, "hidden_size", 64)
    monkeypatch.setitem(make_bases.TEXT, "head_dim", 16)
    base = load_base(read_source(str(make_bases.save_base("smolvlm", tmp_path / "wide"))), quantize=bits)
    assert layer in {type(module).__name__ for module in base.decoder.modules()}
    check_base(add_shared(base))  # gradients reach personal tokens through it


def test_a_missing_package_is_told(folder_of, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.smolvlm import processing_smolvlm

    monkeypatch.setattr(processing_smolvlm, "num2words", None)
    with pytest.raises(SettingsError, match="num2words") as told:
        load_base(read_source(str(folder_of("smolvlm"))))
    assert "pvchat[hub]" in told.value.hint


def test_code_of_a_checkpoint_is_never_run(folder_of, tmp_path: Path) -> None:
    config = json.loads((folder_of("smolvlm") / "config.json").read_text())
    config |= {"model_type": "clever", "auto_map": {"AutoConfig": "clever.CleverConfig"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "clever.py").write_text("raise SystemExit('this ran')")
    with pytest.raises(SettingsError, match="code that comes with its weights"):
        load_base(read_source(str(tmp_path)))


def test_a_language_model_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    with pytest.raises(SettingsError, match="no video language model"):
        load_base(read_source(str(tmp_path)))


def test_damaged_weights_are_told(folder_of, tmp_path: Path) -> None:
    for path in folder_of("smolvlm").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(SettingsError, match="tensors are missing|can't be loaded"):
        load_base(read_source(str(tmp_path)))


def test_the_command_says_what_fits_here(folder_of, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    folder = str(folder_of("internvl"))
    assert cli.main(["models", folder, "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out) if "fits" in row}
    assert rows[folder]["fits"] is True
    assert rows["qwen3-vl-2b"]["parameters"] > 2e9
    assert {"dtype", "frames", "memory", "free", "licence"} <= rows[folder].keys()
    assert cli.main(["models", folder]) == 0
    out = capsys.readouterr().out
    assert "smolvlm2-500m" in out
    assert "Apache-2.0" in out


def test_listing_them_needs_no_torch() -> None:
    code = """
import sys
from pvchat.cli.main import main
main(["models", "--json"])
sys.exit(any(m in sys.modules for m in ("torch", "transformers")))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
