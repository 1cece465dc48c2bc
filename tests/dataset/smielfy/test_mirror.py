"""The mirror without a service: its folder, and what it is made of."""

import json
import re

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from common.cli import ROOT
from common.smileys import read_smileys
from dataset.smielfy import app, make_mirror, mirror_folder
from dataset.smielfy.static_files import static_routes
from nets.weights import read_weights

WEIGHTS = ROOT / "weights"
STATIC = ROOT / "dataset" / "smielfy" / "static"


def test_the_page_is_small():
    """All that is loaded but examples and the network's runtime, both languages."""
    files = [path for path in STATIC.rglob("*.*") if path.suffix != ".jpg"]
    files += [*(STATIC.parent / "locales").glob("*.json")]
    assert sum(path.stat().st_size for path in files) < 150_000


@pytest.fixture
def cache(tmp_path):
    """A cache with the shipped nets and empty files for the runtime."""
    pytest.importorskip("onnx", reason="onnx is not here: make test-onnx installs it")
    (tmp_path / "dist").mkdir()
    for name in mirror_folder.RUNTIME:
        (tmp_path / "dist" / name).write_text("runtime")
    mirror_folder.make_cache(WEIGHTS, WEIGHTS / "smiles.npz", tmp_path / "dist", tmp_path / "cache")
    return tmp_path / "cache"


def test_the_static_folder_holds_all_it_names(cache, tmp_path):
    out = tmp_path / "mirror"
    mirror_folder.make_folder(out, cache)
    worker = (out / "service_worker.js").read_text()
    kept = json.loads(re.search(r"const FILES = (\[.*?\]);", worker).group(1))
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert set(kept) == files - {"service_worker.js"} | {"./"}
    assert "VERSION" not in worker
    assert not any("example" in name or "admin" in name for name in files)
    page = (out / "index.html").read_text()
    for name in re.findall(r'(?:href|src)="([^"#]+)"', page):
        assert name in files or name.startswith("api/"), name  # the links to a service are hidden
    for path in out.glob("*.js"):
        for name in re.findall(r'from "\./([\w.]+)"', path.read_text()):
            assert name in files
    table = json.loads((out / "standalone.json").read_text())
    assert table["net"]["classes"] == read_weights(WEIGHTS / "smiles.npz")[1]["classes"]


def test_a_folder_that_is_there_is_left(cache, refused, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    options = ["--runtime", tmp_path / "dist", "--out", tmp_path / "full"]
    assert "no " in refused(make_mirror.main, "--runtime", tmp_path / "none")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror_folder, "make_cache", lambda *_: None)
        assert "name a new folder" in refused(make_mirror.main, *options)


def test_the_service_serves_nets_of_its_own_net_only(cache, monkeypatch):
    monkeypatch.setattr(app, "CACHE", cache)
    assert app.mirror_of(WEIGHTS / "smiles.npz") == cache
    assert app.mirror_of(WEIGHTS / "expressions.npz") is None
    client = TestClient(Starlette(routes=static_routes(cache)))
    assert client.get("/nets/smiles.onnx").content == (cache / "nets/smiles.onnx").read_bytes()
    runtime = client.get("/ort/ort-wasm-simd-threaded.wasm")
    assert runtime.headers["content-type"] == "application/wasm"
    without = TestClient(Starlette(routes=static_routes()))
    assert without.get("/nets/smiles.onnx").status_code == 404
    monkeypatch.setattr(app, "CACHE", cache / "none")
    assert app.mirror_of(WEIGHTS / "smiles.npz") is None


def test_the_nets_of_the_mirror_run(cache):
    onnxruntime = pytest.importorskip("onnxruntime")
    for name, shape in (("scan", (1, 3, 30, 40)), ("smiles", (45, 3, 48, 48))):
        session = onnxruntime.InferenceSession(str(cache / "nets" / f"{name}.onnx"))
        (said,) = session.run(None, {"input": np.zeros(shape, np.float32)})
        assert said.shape == ((1, 10, 15) if name == "scan" else (45, 17))


def test_every_smiley_has_a_drawing_of_our_own():
    """No emoji font is needed."""
    assert "url(smileys/${slug}.svg)" in (STATIC / "dom.js").read_text()
    for slug in read_smileys():
        assert (STATIC / "smileys" / f"{slug}.svg").read_text().startswith("<svg")
