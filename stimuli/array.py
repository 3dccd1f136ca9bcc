"""Array files: neural signals or acoustic features over time, from `.npz` or `.h5`."""

from __future__ import annotations

import importlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DataError

ARRAY_SUFFIXES = (".npz", ".h5")
MAX_ARRAY_BYTES = 2**30
MAX_ARRAY_RATE = 1e6


@dataclass(frozen=True, eq=False)
class Array:
    """Values over time: float32, `time × channel`; `rate` in frames per second."""

    values: npt.NDArray[np.float32]
    rate: float


def read_array(path: Path) -> Array:
    """Read `values` (time × channel) and `rate` (frames per second) from a `.npz` or `.h5` file.

    Nothing in the file is ever run: pickled objects are refused.

    Raises:
        DataError: missing, unreadable, larger than 1 GiB, without the two entries, of another
            shape or type, empty, or not finite.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    values, rate = _read_h5(path) if path.suffix == ".h5" else _read_npz(path)
    return Array(_checked_values(path, values), _checked_rate(path, rate))


def _read_npz(path: Path) -> tuple[Any, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_ARRAY_BYTES:
            raise DataError(f"{path}: unpacks to {size / 2**20:.0f} MiB; at most 1024 are read")
        with np.load(path, allow_pickle=False) as data:
            return data["values"], data["rate"]
    except KeyError:
        raise _lacks_entries(path) from None
    # Damaged archives raise almost anything: struct, zlib, tokenize and numpy errors among them.
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{path}: unreadable or not an .npz file of plain arrays") from error


def _read_h5(path: Path) -> tuple[Any, Any]:
    try:
        h5py = importlib.import_module("h5py")
    except ImportError:
        raise DataError(
            f"{path}: needs the package h5py (pip install h5py); or store it as .npz"
        ) from None
    try:
        with h5py.File(path, "r") as data:
            if data["values"].nbytes > MAX_ARRAY_BYTES:
                raise DataError(f"{path}: values are larger than 1024 MiB")
            return np.asarray(data["values"]), np.asarray(data["rate"])
    except KeyError:
        raise _lacks_entries(path) from None
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{path}: unreadable or not an .h5 file") from error


def _lacks_entries(path: Path) -> DataError:
    return DataError(f'{path}: needs the entries "values" (time × channel) and "rate" (frames/s)')


def _checked_values(path: Path, values: Any) -> npt.NDArray[np.float32]:
    values = np.asarray(values)
    if values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "fiu":
        raise DataError(
            f"{path}: values must be numbers of shape time × channel, "
            f"not {values.dtype} {values.shape}"
        )
    with np.errstate(over="ignore"):
        result = np.ascontiguousarray(values, dtype=np.float32)
    if not np.isfinite(result).all():
        raise DataError(f"{path}: values are not all finite")
    return result


def _checked_rate(path: Path, rate: Any) -> float:
    rate = np.asarray(rate)
    if (
        rate.size != 1
        or rate.dtype.kind not in "fiu"
        or not 0 < float(rate.item()) <= MAX_ARRAY_RATE
    ):
        raise DataError(f"{path}: rate must be one number of frames per second above 0")
    return float(rate.item())
