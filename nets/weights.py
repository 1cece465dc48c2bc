"""Trained parameters on disk: one ``.npz`` a network, refused where it does not fit."""

import io
import json
import zipfile

import lasagne
import numpy as np

from common.cli import UserError
from common.output import write_file
from nets.detector import (
    build_net_big,
    build_net_big_calibration,
    build_net_small,
    build_net_small_calibration,
)
from nets.smiles import build_net_smiles

DETECTOR = {
    "small": build_net_small,
    "big": build_net_big,
    "small_calibration": build_net_small_calibration,
    "big_calibration": build_net_big_calibration,
}
META = "meta.json"


def named_params(network):
    """All parameters of a network, batch statistics included, by name in layer order."""
    params = {}
    for index, layer in enumerate(lasagne.layers.get_all_layers(network)):
        for param in layer.get_params():
            params[f"{index:02d}.{type(layer).__name__}.{param.name}"] = param
    return params


def save_weights(path, network, kind, **meta):
    """Write a network's parameters and what must be known to use them.

    Parameters
    ----------
    path : path-like
        Written beside and renamed, so that it is never half there.
    network : lasagne.layers.Layer
    kind : {'smiles', 'small', 'big', 'small_calibration', 'big_calibration'}
        Which builder made ``network``.
    **meta
        Anything JSON can hold: ``classes`` (list of names) for a smiley net, and ``normalized``
        if it has been trained on faces of one contrast (`pipeline.light.normalize_contrast`);
        ``threshold`` for a detector's, ``origin`` (one line: data, command, seed).
    """
    arrays = {name: param.get_value() for name, param in named_params(network).items()}
    write(path, arrays, {"kind": kind, **meta})


def note(path, out, **more):
    """Write a weights file with ``more`` added to its meta; the parameters stay bit by bit."""
    arrays, meta = read_weights(path)
    write(out, arrays, {**meta, **more})


def write(path, arrays, meta):
    """Write arrays by name, and the meta, to a weights file."""
    text = json.dumps(meta, ensure_ascii=False, sort_keys=True)
    data = io.BytesIO()  # a full disk leaves a half-open archive behind that complains later
    np.savez(data, **arrays, **{META: np.frombuffer(text.encode(), np.uint8)})
    write_file(path, data.getbuffer())


def read_weights(path):
    """Read a weights file: (dict of arrays by name, dict of meta)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads(arrays.pop(META).tobytes().decode())
        if meta["kind"] == "smiles":
            meta.setdefault("normalized", False)  # the first nets have seen faces as they are
        return arrays, meta
    except FileNotFoundError:
        raise UserError(f"no weights at {path}: train them or name another folder") from None
    except (OSError, ValueError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):
        raise UserError(f"{path} is no weights file of this project, or it is damaged") from None


def load_network(path, kind):
    """Build a network and fill it with trained parameters.

    Parameters
    ----------
    path : path-like
    kind : str
        As for `save_weights`: what the caller needs; a file of another kind is refused.

    Returns
    -------
    (network, meta) : (lasagne.layers.Layer, dict)

    Raises
    ------
    UserError
        If the file is missing, damaged, or of another network.
    """
    arrays, meta = read_weights(path)
    if meta["kind"] != kind:
        raise UserError(f"{path} holds weights of the net '{meta['kind']}', not '{kind}'")
    if kind == "smiles":
        classes = meta.get("classes")
        if not isinstance(classes, list) or not classes:
            raise UserError(f"{path} does not say which classes its outputs are")
        network = build_net_smiles(num_classes=len(classes))
    else:
        network = DETECTOR[kind]()
    set_params(network, arrays, path)
    return network, meta


def set_params(network, arrays, origin):
    """Copy arrays, by name, into a network's parameters.

    Raises
    ------
    UserError
        If names or shapes are not the network's, or a value is not finite; ``origin`` is named.
    """
    params = named_params(network)
    wrong = sorted(set(params) ^ set(arrays)) or [
        name for name in params if params[name].get_value(borrow=True).shape != arrays[name].shape
    ]
    if wrong:
        raise UserError(f"{origin} does not fit the network, for example in {wrong[0]}")
    for name, param in params.items():
        if not np.isfinite(arrays[name]).all():
            raise UserError(f"{origin} is damaged: {name} holds numbers that are not finite")
        param.set_value(arrays[name].astype(np.float32, copy=False))


def blended(before, after, share):
    """Blend two nets' arrays, a list each of the same shapes: ``share`` is of the later one's.

    The mean of the weights before and after a further training often keeps what the first knew
    and gains what the second learnt (Wortsman et al., 2022).
    """
    if [a.shape for a in before] != [a.shape for a in after]:
        raise UserError("the two nets are not of one shape: one did not go on from the other")
    # In float64: two equal weights stay what they are.
    return [
        ((1 - share) * a.astype(float) + share * b.astype(float)).astype(a.dtype)
        for a, b in zip(before, after)
    ]
