"""Formats: how a dataset is laid out, which categories it may have, and what reads its domain.

A new format is a detector (a module below `dmod.data.detectors`) and one line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dmod.errors import UsageError


class Category(StrEnum):
    """What a dataset is for."""

    CONFIG = "config"  # realizations, partitions, files that models read at start
    FORCING = "forcing"  # meteorology in
    HYDROFABRIC = "hydrofabric"  # catchments and nexuses
    OBSERVATION = "observation"  # what was measured
    OUTPUT = "output"  # what a job made

    @classmethod
    def parse(cls, text: str) -> Category:
        """The category of that name. Raises UsageError naming them all."""
        from dmod.nearest import nearest

        try:
            return cls(text.lower())
        except ValueError as error:
            near = nearest(text.lower(), cls)
            known = ", ".join(cls)
            raise UsageError(
                f'there is no category "{text}"', why=f"they are {known}", fix=f"--category {near or known}"
            ) from error


@dataclass(frozen=True, slots=True)
class Format:
    """One layout of files."""

    name: str
    doc: str  # one line: what the files are
    category: Category | None  # None: any
    detector: str = ""  # module below dmod.data.detectors; "" has none, so it is never guessed
    features: str = "catchments"  # what its domain lists: catchments, gauges, features (nexuses and catchments)

    def suits(self, category: Category | None) -> bool:
        """Whether a dataset of this category (None: not known yet) may have it."""
        return None in (category, self.category) or category == self.category


_ALL = (
    Format("aorc-csv", "a CSV for each catchment: cat-12.csv, with time and AORC's or WRF's columns", Category.FORCING,
           "aorc_csv"),
    Format("aorc-netcdf", "one NetCDF: ids, Time, and variables of (catchment, time)", Category.FORCING, "aorc_netcdf"),
    Format("geojson-hydrofabric", "catchment*.geojson and nexus*.geojson", Category.HYDROFABRIC, "geojson"),
    Format("geopackage-hydrofabric", "one GeoPackage with divides and nexus: v2.2, v2.0 or older",
           Category.HYDROFABRIC, "geopackage"),
    Format("realization-config", "one NextGen realization (JSON), and files that its models read", Category.CONFIG,
           "realization"),
    Format("partition-config", "ngen's partition file (JSON)", Category.CONFIG, "partition"),
    Format("bmi-config", "files that models read at start: .ini, .input, .yaml ...", Category.CONFIG, "bmi"),
    Format("observation-csv", "one CSV: time and a column of m3/s for each gauge; crosswalk.json if you have one",
           Category.OBSERVATION, "observation", "gauges"),
    Format("output-csv", "nex-*_output.csv and cat-*.csv, as ngen writes them", Category.OUTPUT, "output_csv",
           "features"),
    Format("output-netcdf", "one NetCDF: discharge of nexuses, runoff of catchments", Category.OUTPUT, "output_netcdf",
           "features"),
    Format("output-parquet", "nexuses.parquet and catchments.parquet: discharge, runoff, and more", Category.OUTPUT,
           "output_parquet", "features"),
    Format("scores", "scores.json: how well a simulation met observations", Category.OUTPUT, "scores", "gauges"),
    Format("generic", "any files; nothing is known of what they cover", None),
)  # fmt: skip
FORMATS: dict[str, Format] = {each.name: each for each in _ALL}


def parse(name: str) -> Format:
    """The format of that name. Raises UsageError naming the nearest."""
    from dmod.nearest import nearest

    if name not in FORMATS:
        near = nearest(name.lower(), FORMATS)
        raise UsageError(
            f'there is no format "{name}"', why=f"they are {', '.join(FORMATS)}", fix=f"--format {near or 'generic'}"
        )
    return FORMATS[name]
