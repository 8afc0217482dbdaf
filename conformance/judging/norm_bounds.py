"""The norms of results, exactly: whether one lies beyond a bound does not depend on how a norm is computed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatArray, Format, parameter_roundings, ulp
from reference.groups import by_columns
from reference.norms import AnyNorms, NormName, norm_interval, norms_of
from reference.wide import constant, nearest, perturbed

Mask = NDArray[np.bool_]


def finite_norms(rows: FloatArray, fmt: Format, name: NormName) -> AnyNorms:
    """The exact norms of groups of weights, those that are not finite taken for zeros."""
    finite = np.asarray(by_columns(np.isfinite(rows)).all(axis=1))
    return norms_of(np.where(finite[:, None], rows, 0.0), fmt, name)


def computed(norms: AnyNorms) -> tuple[FloatArray, FloatArray]:
    """The ends between which each computed norm lies, however its squares were added up, as float64 numbers."""
    with np.errstate(over="ignore", under="ignore"):
        low, high = (np.ldexp(nearest(end), norms.exponent) for end in norm_interval(norms, "any order"))
        return low, high


def above(rows: FloatArray, bound: float, fmt: Format, name: NormName) -> tuple[Mask, FloatArray]:
    """The groups whose exact norm is certainly above the bound however it is read, and by how many ulps of it."""
    norms = finite_norms(rows, fmt, name)
    limit = max(parameter_roundings(bound, fmt))
    low = perturbed(norms.exact, -norms.error)
    found = ~(low <= constant(np.ldexp(limit, -norms.exponent), low)) | ~by_columns(np.isfinite(rows)).all(axis=1)
    return np.asarray(found), _ulps_from(norms, limit)


def below(rows: FloatArray, bound: float, fmt: Format, name: NormName) -> tuple[Mask, FloatArray]:
    """The groups whose exact norm is certainly below the bound however it is read, and by how many ulps of it."""
    norms = finite_norms(rows, fmt, name)
    limit = min(parameter_roundings(bound, fmt))
    high = perturbed(norms.exact, norms.error)
    found = ~(constant(np.ldexp(limit, -norms.exponent), high) <= high) | ~by_columns(np.isfinite(rows)).all(axis=1)
    return np.asarray(found), _ulps_from(norms, limit)


def norms(rows: FloatArray, fmt: Format, name: NormName) -> FloatArray:
    """Each group's norm as the nearest float64 number; 0 for groups that are not finite."""
    return finite_norms(rows, fmt, name).values


def _ulps_from(of: AnyNorms, limit: float) -> FloatArray:
    distance = np.abs(nearest(of.exact) - np.ldexp(limit, -of.exponent))
    with np.errstate(over="ignore"):
        return np.asarray(np.ldexp(distance, of.exponent) / ulp(np.asarray(limit), of.fmt))
