"""The reservoir of this folder as a BMI class in Python, and one that sums an array."""

from __future__ import annotations

from pathlib import Path

import numpy as np


class Reservoir:
    """q = k (s + p), and s is what stays."""

    def __init__(self) -> None:
        self.values = {"p": np.zeros(1), "q": np.zeros(1), "k": np.full(1, 0.1), "profile": np.zeros(2)}
        self.values |= {"s": np.zeros(1, np.float32), "n": np.zeros(1, np.int32)}
        self.said = {"step": "3600", "end": "inf", "time_units": "s", "units": "mm", "fail": "-1", "move": "-1"}
        self.storage = self.now = 0.0

    def initialize(self, config):
        if config not in ("", "/dev/null"):
            words = Path(config).read_text().split()
            for key, value in zip(words[::2], words[1::2], strict=True):
                if key not in (*self.said, "k", "hide"):
                    raise KeyError(key)
                self.said[key] = value
        self.values["k"][0] = float(self.said.get("k", self.values["k"][0]))

    def update(self):
        if self.values["n"][0] == int(self.said["fail"]):
            raise RuntimeError("update returned BMI_FAILURE")
        if self.values["n"][0] == int(self.said["move"]):
            self.values = {name: array.copy() for name, array in self.values.items()}
        full = self.storage + self.values["p"][0]
        self.values["q"][0] = self.values["k"][0] * full
        self.storage = full - self.values["q"][0]
        self.values["s"][0] = self.storage
        self.values["profile"][:] = self.storage / 4, self.storage * 3 / 4
        self.values["n"][0] += 1
        self.now += self.get_time_step()

    def finalize(self):
        self.values.clear()

    def get_input_var_names(self):
        return ("p",)

    def get_output_var_names(self):
        return ("q", "s", "n", "profile")

    def get_var_units(self, name):
        return "1" if name in ("n", "k") else self.said["units"]

    def get_var_itemsize(self, name):
        return self.values[name].itemsize

    def get_var_nbytes(self, name):
        return self.values[name].nbytes

    def get_value_ptr(self, name):
        if "hide" in self.said:
            raise NotImplementedError
        return self.values[name]

    def get_value(self, name, dest):
        dest[:] = self.values[name]
        return dest

    def set_value(self, name, src):
        self.values[name][:] = src

    def get_current_time(self):
        return self.now

    def get_end_time(self):
        return float(self.said["end"])

    def get_time_step(self):
        return float(self.said["step"])

    def get_time_units(self):
        return self.said["time_units"]


class Sum(Reservoir):
    """`total` is the sum of the two values of `column`, in m."""

    def __init__(self) -> None:
        self.values = {"column": np.zeros(2), "total": np.zeros(1)}
        self.said = {"step": "3600", "end": "inf", "time_units": "s", "units": "m", "hide": "1"}
        self.now = 0.0

    def initialize(self, config):
        """Nothing to read."""

    def update(self):
        self.values["total"][0] = self.values["column"].sum()

    def get_input_var_names(self):
        return ("column",)

    def get_output_var_names(self):
        return ("total",)
