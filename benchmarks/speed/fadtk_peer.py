"""The Fréchet distance as fadtk 1.1 computes it, step by step, on two sets of embeddings.

The package itself cannot be installed beside a current numpy and torch (numpy < 2, torchaudio), and
its distance is a few calls: covariances by numpy, the square root of their product by scipy's
`sqrtm`, and once more by its eigenvectors, of which the trace is taken.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

from .contender import Answer, Pair, serve


def score(pairs: Sequence[Pair], metrics: Sequence[str]) -> Answer:
    """The distance of each pair of files."""
    return [{name: _distance(pair) for name in metrics} for pair in pairs], {}


def _distance(pair: Pair) -> float:
    import numpy as np
    from scipy import linalg

    sets = [np.load(pair[side]) for side in ("estimate", "reference")]
    shift = sets[0].mean(0) - sets[1].mean(0)
    covariances = [np.cov(vectors, rowvar=False) for vectors in sets]
    product = covariances[0] @ covariances[1]
    linalg.sqrtm(product)  # only to warn where both ways differ
    values, vectors = linalg.eig(product)
    root = (vectors * np.emath.sqrt(values)) @ linalg.inv(vectors)
    traces = sum(float(np.trace(covariance)) for covariance in covariances)
    return float(shift @ shift + traces - 2.0 * np.trace(root).real)


if __name__ == "__main__":
    serve(score, {"scipy": importlib.metadata.version("scipy")})
