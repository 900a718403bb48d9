"""BMI classes as people write them: one linear reservoir, its arrays shown, hidden, replaced, or copied."""

import numpy as np


class Shown:
    """A linear reservoir: q = k (s + p); its arrays are its state, and it shows them."""

    def __init__(self) -> None:
        self.values = {"p": np.zeros(1), "q": np.zeros(1), "k": np.full(1, 0.1)}
        self.storage = 0.0
        self.now = 0.0
        self.finalized = False

    def initialize(self, config):
        self.config = config

    def update(self):
        full = self.storage + self.values["p"][0]
        self.give(self.values["k"][0] * full)
        self.storage = full - self.values["q"][0]
        self.now += self.get_time_step()

    def give(self, q):
        self.values["q"][0] = q

    def finalize(self):
        self.finalized = True

    def get_input_var_names(self):
        return ("p",)

    def get_output_var_names(self):
        return ("q",)

    def get_var_units(self, name):
        return {"k": "1"}.get(name, "mm")

    def get_value_ptr(self, name):
        return self.values[name]

    def get_value(self, name, dest):
        dest[:] = self.values[name]
        return dest

    def set_value(self, name, src):
        self.values[name][:] = src

    def get_time_step(self):
        return 1.0

    def get_time_units(self):
        return "h"


class Hidden(Shown):
    def get_value_ptr(self, name):
        raise NotImplementedError


class Replacing(Shown):
    """Makes new arrays all the time: an array taken once is stale at once."""

    def give(self, q):
        self.values["q"] = np.array([q])

    def set_value(self, name, src):
        self.values[name] = np.array(src, dtype=float)


class Copying(Shown):
    def get_value_ptr(self, name):
        return self.values[name].copy()


class Quarter(Shown):
    """Steps four times in an hour; the rain of its hour comes down in the first quarter."""

    def get_time_step(self):
        return 15.0

    def get_time_units(self):
        return "min"


class Clumsy(Shown):
    def update(self):
        if self.now >= 5:
            raise ZeroDivisionError("the reservoir leaks")
        super().update()


class Late(Shown):
    """Changes its array after it was trusted."""

    def give(self, q):
        if self.now == 50:
            self.values["q"] = np.zeros(1)
        self.values["q"][0] = q


class Diverging(Shown):
    def give(self, q):
        self.values["q"][0] = np.nan if self.now == 7 else q


class Halved(Shown):
    initialize = None


class Refusing(Shown):
    def initialize(self, config):
        raise FileNotFoundError(config)


class Selfish(Shown):
    """Reads its own forcing: it has no inputs, and no arrays to show; its time counts from an epoch."""

    def get_input_var_names(self):
        raise NotImplementedError

    def get_value_ptr(self, name):
        raise NotImplementedError

    def update(self):
        self.values["p"][0] = 10.0 if self.now == 0 else 0.0
        super().update()

    def get_time_units(self):
        return "hours since 1970-01-01 00:00:00"


class Lunar(Shown):
    def get_time_units(self):
        return "moons"


class Moving(Shown):
    """Takes its input into another array after a while."""

    def update(self):
        super().update()
        if self.now == 30:
            self.values["p"] = np.zeros(1)


class Float32(Shown):
    def __init__(self) -> None:
        super().__init__()
        self.values = {name: array.astype(np.float32) for name, array in self.values.items()}
