"""Distributed Model on Demand: deploy and run NextGen hydrologic models from the terminal."""

__version__ = "0.1.0"
