"""What a job computes: models behind one protocol, made from the formulations of a realization by `create`."""

from dmod.models.registry import create

__all__ = ["create"]
