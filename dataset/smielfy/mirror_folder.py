"""The files of the mirror in the browser: nets as ONNX, the runtime, a static folder of all."""

import hashlib
import json
import shutil
from pathlib import Path

from common.cli import ROOT, UserError

CACHE = ROOT / ".cache" / "mirror"
STATIC = Path(__file__).resolve().parent / "static"
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
DETECTOR = {"scan": "small", "small_calibration": "small_calibration", "big": "big",
            "big_calibration": "big_calibration"}  # fmt: skip
COLLECTING = ("admin.html", "admin.js")  # what a folder without a service does not need


def digest(path):
    """SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def make_cache(weights, smiles, runtime, cache=CACHE):
    """Write nets and runtime; the nets' meta comes last, and says what they were made of."""
    from nets.onnx_graph import export
    from nets.weights import read_weights

    missing = [name for name in RUNTIME if not (runtime / name).exists()]
    if missing:
        raise UserError(f"no {runtime / missing[0]}: run 'make mirror'")
    for name in ("nets", "ort"):
        (cache / name).mkdir(parents=True, exist_ok=True)
    (cache / "nets" / "meta.json").unlink(missing_ok=True)
    for name, net in DETECTOR.items():
        export(weights / f"{net}.npz", cache / "nets" / f"{name}.onnx", scan=name == "scan")
    export(smiles, cache / "nets" / "smiles.onnx", int8=True)
    for name in RUNTIME:
        shutil.copyfile(runtime / name, cache / "ort" / name)
    meta = {
        name: read_weights(weights / f"{name}.npz")[1]["threshold"] for name in ("small", "big")
    }
    said = read_weights(smiles)[1]
    meta |= {"classes": said["classes"], "sure": said.get("sure"), "net": smiles.stem,
             "normalized": said["normalized"], "of": digest(smiles)}  # fmt: skip
    (cache / "nets" / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


def make_folder(out, cache=CACHE):
    """Write the static folder: the page, its texts, the nets, a list of all for offline use."""
    from common.smileys import read_smileys
    from dataset.smielfy.recognizer import threshold_of
    from dataset.smielfy.static_files import LANGUAGES

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists already: name a new folder")
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(STATIC, part, ignore=shutil.ignore_patterns("examples", *COLLECTING))
    for name in ("nets", "ort"):
        shutil.copytree(cache / name, part / name)
    (part / "locales").mkdir()
    for language in LANGUAGES:
        shutil.copyfile(
            STATIC.parent / "locales" / f"{language}.json", part / "locales" / f"{language}.json"
        )
    meta = json.loads((cache / "nets" / "meta.json").read_text(encoding="utf-8"))
    table = {
        "smileys": [{**row, "examples": []} for row in read_smileys().values()],
        "frames": 10, "keeper": "", "keep_days": 0, "browser": True,
        "net": {"name": meta["net"], "classes": meta["classes"], "threshold": threshold_of(meta)},
    }  # fmt: skip
    (part / "standalone.json").write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    page = (part / "index.html").read_text(encoding="utf-8")
    page = page.replace('<html lang="en">', '<html lang="en" data-standalone>')
    for old in ('href="/', 'src="/'):
        page = page.replace(old, old[:-1])
    (part / "index.html").write_text(page, encoding="utf-8")
    files = sorted(p.relative_to(part).as_posix() for p in part.rglob("*") if p.is_file())
    version = hashlib.sha256("".join(map(digest, (part / name for name in files))).encode())
    worker = (part / "service_worker.js").read_text(encoding="utf-8")
    worker = worker.replace("VERSION", version.hexdigest()[:12])
    worker = worker.replace(
        "[]", json.dumps(["./", *(n for n in files if n != "service_worker.js")]), 1
    )
    (part / "service_worker.js").write_text(worker, encoding="utf-8")
    part.rename(out)
