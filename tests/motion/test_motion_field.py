"""Velocities on a grid: known fields, the rule written out, and what cannot be used."""

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.stats import norm

from gpuanim.errors import OptionError, ShapeError
from gpuanim.motion.field import velocity_field


def lattice(n=81):
    """Cells on a square lattice from -1 to 1."""
    return np.stack(np.meshgrid(*[np.linspace(-1, 1, n)] * 2), -1).reshape(-1, 2)


def turning(coords):
    return np.column_stack([-coords[:, 1], coords[:, 0]])


def by_the_book(coords, velocities, density, smooth):
    """compute_velocity_on_grid, with all cells as neighbours and weights of 1 at distance 0."""
    low, high = coords.min(0), coords.max(0)
    low, high = low - 0.01 * (high - low), high + 0.01 * (high - low)
    axes = [np.linspace(a, b, int(50 * density)) for a, b in zip(low, high, strict=True)]
    nodes = np.stack(np.meshgrid(*axes), -1)
    sigma = np.mean([axis[1] - axis[0] for axis in axes]) * smooth
    distance = np.square(nodes[:, :, None] - coords).sum(-1)
    weight = np.exp(-distance / (2 * sigma**2))
    mass = weight.sum(-1)
    return nodes, weight @ velocities / np.maximum(1, mass)[..., None], mass


@pytest.mark.parametrize(("density", "smooth"), [(1.0, 0.5), (0.4, 1.2)])
def test_the_rule(density, smooth):
    rng = np.random.default_rng(0)
    coords, velocities = rng.normal(size=(400, 2)) * (5, 1), rng.normal(size=(400, 2))
    nodes, expected, mass = by_the_book(coords, velocities, density, smooth)
    field = velocity_field(coords, velocities, density=density, smooth=smooth)
    np.testing.assert_allclose(field.nodes[..., :2], expected, atol=2e-4)
    np.testing.assert_allclose(
        field.nodes[..., 2], mass / (np.percentile(mass, 99) / 100), rtol=1e-3, atol=1e-2
    )
    np.testing.assert_allclose(field.frame[:2], nodes[0, 0])
    np.testing.assert_allclose(field.frame[2:], nodes[1, 1] - nodes[0, 0])


def test_a_constant_field_is_exact():
    coords = lattice()
    field = velocity_field(coords, np.tile([3.0, -2.0], (len(coords), 1)))
    at = field.at(np.random.default_rng(1).uniform(-0.99, 0.99, (500, 2)))
    np.testing.assert_allclose(at[:, :2], np.tile([3.0, -2.0], (500, 1)), rtol=1e-6)
    assert (at[:, 2] > 1).all()


def test_a_turning_field_away_from_the_rim():
    coords = lattice(201)
    field = velocity_field(coords, turning(coords))
    places = np.random.default_rng(1).uniform(-0.8, 0.8, (500, 2))
    np.testing.assert_allclose(field.at(places)[:, :2], turning(places), atol=2e-3)


def test_units_do_not_matter():
    rng = np.random.default_rng(0)
    coords, velocities = rng.normal(size=(300, 2)), rng.normal(size=(300, 2))
    near, far = velocity_field(coords, velocities), velocity_field(coords * 1e4, velocities)
    np.testing.assert_allclose(near.nodes, far.nodes, rtol=1e-4, atol=1e-5)


def test_no_flow_where_there_are_no_cells():
    rng = np.random.default_rng(0)
    islands = np.concatenate([rng.normal(size=(500, 2)) * 0.2 + shift for shift in ((-3, 0), (3, 0))])
    field = velocity_field(islands, np.ones_like(islands))
    assert field.inside([[-3.0, 0.0], [3.0, 0.0]]).all()
    assert not field.inside([[0.0, 0.0], [100.0, 0.0], [-100.0, 5.0]]).any()
    assert (field.at([[0.0, 0.0], [100.0, 0.0]])[:, :2] == 0).all()


def test_threads_do_not_change_sums(monkeypatch):
    rng = np.random.default_rng(0)
    coords, velocities = rng.normal(size=(100_000, 2)).astype(np.float32), rng.normal(size=(100_000, 2))
    fields = []
    for n in (1, 3):
        monkeypatch.setattr("gpuanim._threads.n_threads", lambda n=n: n)
        fields.append(velocity_field(coords, velocities).nodes)
    np.testing.assert_array_equal(*fields)


def test_cells_without_velocity_are_left_out():
    rng = np.random.default_rng(0)
    coords, velocities = rng.normal(size=(300, 2)), rng.normal(size=(300, 2))
    gaps = velocities.copy()
    gaps[::3, 1] = np.nan
    some = ~np.isnan(gaps[:, 1])
    np.testing.assert_array_equal(
        velocity_field(coords, gaps).nodes, velocity_field(coords[some], velocities[some]).nodes
    )


def test_cells_on_a_line():
    coords = np.column_stack([np.linspace(0, 1, 50), np.zeros(50)])
    field = velocity_field(coords, np.tile([1.0, 0.0], (50, 1)))
    np.testing.assert_allclose(field.at([[0.5, 0.0]])[0, :2], [1, 0], atol=0.2)
    assert np.isfinite(field.nodes).all()


@pytest.mark.parametrize(
    ("velocities", "text"),
    [
        (np.ones((9, 2)), "9 velocities, but 10 points"),
        (np.ones((10, 3)), r"shape \(10, 2\).*not float64 of shape \(10, 3\)"),
        (np.ones(10), "an arrow in the plane"),
        (np.full((10, 2), np.nan), "none of the 10 velocities is finite"),
        (np.full((10, 2), "up"), "must be real numbers"),
    ],
)
def test_velocities_that_cannot_be_used(velocities, text):
    with pytest.raises(ShapeError, match=text):
        velocity_field(np.random.default_rng(0).normal(size=(10, 2)), velocities)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"density": 0.01}, "density must make 2 to 4096"),
        ({"density": 1000}, "density must make 2 to 4096"),
        ({"smooth": 0}, "smooth must be a positive"),
        ({"smooth": 1e-6}, "no node of the grid feels any cell"),
        ({"min_mass": -1}, "min_mass must be a positive"),
    ],
)
def test_options_that_cannot_be_used(options, text):
    with pytest.raises(OptionError, match=text):
        velocity_field(np.random.default_rng(0).normal(size=(10, 2)), np.ones((10, 2)), **options)


def test_all_at_one_place():
    with pytest.raises(OptionError, match="lie at one place"):
        velocity_field(np.ones((5, 2)), np.ones((5, 2)))


def scvelo_grid(coords, velocities, smooth):
    """compute_velocity_on_grid as scVelo has it: the n / 50 nearest cells, weighed by a normal density."""
    low, high = coords.min(0), coords.max(0)
    low, high = low - 0.01 * (high - low), high + 0.01 * (high - low)
    axes = [np.linspace(a, b, 50) for a, b in zip(low, high, strict=True)]
    nodes = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    distance, near = cKDTree(coords).query(nodes, k=len(coords) // 50)
    weight = norm.pdf(distance, scale=np.mean([axis[1] - axis[0] for axis in axes]) * smooth)
    mass = weight.sum(1)
    mean = (velocities[near] * weight[:, :, None]).sum(1) / np.maximum(1, mass)[:, None]
    return mean, mass > np.percentile(mass, 99) / 100


@pytest.mark.parametrize(("smooth", "cosine"), [(0.5, 0.999), (1.0, 0.98)])
def test_it_agrees_with_scvelo_on_real_cells(pbmc68k, smooth, cosine):
    coords = pbmc68k.obsm["X_umap"].astype(float)
    noise = np.random.default_rng(0).normal(size=coords.shape)
    velocities = np.column_stack([np.sin(coords[:, 1]), np.cos(coords[:, 0])]) + 0.2 * noise
    theirs, flowing = scvelo_grid(coords, velocities, smooth)
    nodes = velocity_field(coords, velocities, smooth=smooth).nodes.reshape(-1, 3)
    ours = nodes[:, 2] >= 1
    both = ours & flowing
    assert both.sum() > 0.9 * max(ours.sum(), flowing.sum())
    a, b = theirs[both], nodes[both, :2]
    same = (a * b).sum(1) / np.hypot(*a.T) / np.hypot(*b.T)
    assert np.percentile(same, 5) > cosine
    np.testing.assert_allclose(np.median(np.hypot(*b.T) / np.hypot(*a.T)), 1, atol=0.02)
