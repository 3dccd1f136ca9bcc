"""The Fréchet distance of two Gaussians, d² = |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁C₂)^½).

Dowson, Landau (1982); for audio Kilgour et al., Fréchet Audio Distance, Interspeech 2019. All in
float64, without a matrix square root of a product, which may come out complex or lose half the
digits when the sets are small:

* `frechet` works on triangular factors, C = RᵀR: tr (C₁C₂)^½ is the sum of the singular values of
  R₁R₂ᵀ. It is exact to rounding for sets of any rank, and 0 for equal sets.
* `frechet_of_covariances` takes many covariances at once by eigenvalues, for resampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Mean (dimension) and factor R (row × dimension) of a covariance RᵀR, float64."""

    mean: Tensor
    factor: Tensor


def gaussian(embeddings: Tensor) -> Gaussian:
    """The Gaussian of a set of at least two vectors, vector × dimension (unbiased covariance)."""
    values = embeddings.double()
    mean = values.mean(0)
    centred = (values - mean) / (len(values) - 1) ** 0.5
    return Gaussian(mean, torch.linalg.qr(centred, mode="r").R)


def frechet(first: Gaussian, second: Gaussian) -> float:
    """The distance d² of two Gaussians, at least 0."""
    shift = (first.mean - second.mean).square().sum()
    spread = first.factor.square().sum() + second.factor.square().sum()
    shared = torch.linalg.svdvals(first.factor @ second.factor.T).sum()
    return max(0.0, float(shift + spread - 2.0 * shared))


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """d² of the Gaussians of two sets of at least two vectors, vector × dimension."""
    return frechet(gaussian(first), gaussian(second))


def rank(embeddings: Tensor) -> int:
    """Dimensions that a set spans about its mean, within float32's precision of the largest."""
    values = embeddings.double()
    scales = torch.linalg.svdvals(values - values.mean(0))
    return int((scales > scales[0] * max(values.shape) * torch.finfo(torch.float32).eps).sum())


def frechet_of_covariances(
    means: tuple[Tensor, Tensor], covariances: tuple[Tensor, Tensor]
) -> Tensor:
    """d² of many pairs of Gaussians; the trace by eigenvalues of C₁^½ C₂ C₁^½.

    Args:
        means: of the first and the second of each pair, pair × dimension, float64.
        covariances: pair × dimension × dimension.
    """
    first, second = covariances
    shift = (means[0] - means[1]).square().sum(-1)
    values, vectors = torch.linalg.eigh(first)
    root = (vectors * values.clamp(min=0.0).sqrt()[..., None, :]) @ vectors.mT
    shared = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0.0).sqrt().sum(-1)
    traces = (side.diagonal(dim1=-2, dim2=-1).sum(-1) for side in covariances)
    distances: Tensor = shift + sum(traces) - 2.0 * shared
    return distances
