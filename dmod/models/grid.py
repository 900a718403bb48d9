"""The grid functions of the Basic Model Interface for a model of one point: a catchment is one node."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OneNode:
    """Grid 0, a scalar: one node, no edges, no faces, no coordinates."""

    def get_grid_rank(self, grid: int) -> int:
        """No dimension."""
        return self._only(grid, 0)

    def get_grid_size(self, grid: int) -> int:
        """One element."""
        return self._only(grid, 1)

    def get_grid_type(self, grid: int) -> str:
        """A scalar."""
        self._only(grid, 0)
        return "scalar"

    def get_grid_node_count(self, grid: int) -> int:
        """One node."""
        return self._only(grid, 1)

    def get_grid_edge_count(self, grid: int) -> int:
        """No edge."""
        return self._only(grid, 0)

    def get_grid_face_count(self, grid: int) -> int:
        """No face."""
        return self._only(grid, 0)

    def get_grid_shape(self, grid: int, shape: NDArray[np.int_]) -> NDArray[np.int_]:
        """A scalar has rank 0, so there is nothing to fill in."""
        self._only(grid, 0)
        return shape

    def get_grid_spacing(self, grid: int, spacing: NDArray[np.float64]) -> NoReturn:
        """A scalar has no spacing."""
        raise _refuse(grid, spacing)

    def get_grid_origin(self, grid: int, origin: NDArray[np.float64]) -> NoReturn:
        """A scalar has no origin."""
        raise _refuse(grid, origin)

    def get_grid_x(self, grid: int, x: NDArray[np.float64]) -> NoReturn:
        """A scalar has no coordinates."""
        raise _refuse(grid, x)

    def get_grid_y(self, grid: int, y: NDArray[np.float64]) -> NoReturn:
        """A scalar has no coordinates."""
        raise _refuse(grid, y)

    def get_grid_z(self, grid: int, z: NDArray[np.float64]) -> NoReturn:
        """A scalar has no coordinates."""
        raise _refuse(grid, z)

    def get_grid_edge_nodes(self, grid: int, edge_nodes: NDArray[np.int_]) -> NoReturn:
        """A scalar has no edges."""
        raise _refuse(grid, edge_nodes)

    def get_grid_face_edges(self, grid: int, face_edges: NDArray[np.int_]) -> NoReturn:
        """A scalar has no faces."""
        raise _refuse(grid, face_edges)

    def get_grid_face_nodes(self, grid: int, face_nodes: NDArray[np.int_]) -> NoReturn:
        """A scalar has no faces."""
        raise _refuse(grid, face_nodes)

    def get_grid_nodes_per_face(self, grid: int, nodes_per_face: NDArray[np.int_]) -> NoReturn:
        """A scalar has no faces."""
        raise _refuse(grid, nodes_per_face)

    def _only(self, grid: int, value: int) -> int:
        if grid != 0:
            raise KeyError(f"there is no grid {grid}; the only one is 0")
        return value


def _refuse(grid: int, _: object) -> NotImplementedError:
    return NotImplementedError(f"grid {grid} is a scalar")
