"""The units that UDUNITS knows and hydrology uses: symbols, names and what each is, in exact numbers.

Values are those of UDUNITS 2.2.28, where a year is a tropical one and an acre is of survey feet. Symbols are case
sensitive, names are not, and may have an s; both take prefixes.
"""

from __future__ import annotations

BASES = ("m", "kg", "s", "K", "A", "mol", "cd")
FOOT, SURVEY_FOOT = "0.3048 m", "1200 m / 3937"

# symbols; names; definition, of which an offset (after @) is added in base units
SYSTEM: tuple[tuple[str, str, str], ...] = (
    ("m", "metre meter", "m"),
    ("g", "gram", "0.001 kg"),
    ("s sec", "second", "s"),
    ("K degK deg_K °K", "kelvin degree_kelvin degrees_kelvin", "K"),
    ("A", "ampere", "A"),
    ("mol", "mole", "mol"),
    ("cd", "candela", "cd"),
    ("rad", "radian", "1"),
    ("sr", "steradian", "1"),
    ("%", "percent", "0.01"),
    ("ppm", "ppmv", "1e-6"),
    (
        "°",
        "degree arc_degree degrees_north degrees_east degree_north degree_east",
        "0.017453292519943295769236907684886",
    ),
    # derived
    ("Hz", "hertz", "s-1"),
    ("N", "newton", "kg m s-2"),
    ("Pa", "pascal", "N m-2"),
    ("J", "joule", "N m"),
    ("W", "watt", "J s-1"),
    ("C", "coulomb", "A s"),
    ("V", "volt", "W A-1"),
    ("S", "siemens", "A V-1"),
    # temperature
    (
        "degC °C ℃ deg_C degreeC degree_C",
        "celsius degree_celsius degrees_celsius degreesc degrees_c",
        "K @ 273.15",
    ),
    ("degF °F ℉ deg_F", "fahrenheit degree_fahrenheit degrees_fahrenheit", "5 K / 9 @ 459.67"),
    ("degR °R", "degree_rankine", "5 K / 9"),
    # time
    ("min", "minute", "60 s"),
    ("h hr", "hour", "3600 s"),
    ("d", "day", "86400 s"),
    ("", "week", "604800 s"),
    ("", "fortnight", "1209600 s"),
    ("yr", "year tropical_year", "31556925.9747 s"),
    ("", "month", "31556925.9747 s / 12"),
    ("", "common_year", "31536000 s"),
    ("", "julian_year", "31557600 s"),
    # length, area, volume
    ("", "inch in", "0.0254 m"),
    ("ft", "foot feet", FOOT),
    ("yd", "yard", "0.9144 m"),
    ("mi", "mile", "1609.344 m"),
    ("", "nautical_mile", "1852 m"),
    ("", "micron", "1e-6 m"),
    ("Å", "angstrom", "1e-10 m"),
    ("ha", "hectare", "10000 m2"),
    ("a", "are", "100 m2"),
    ("", "acre", f"43560 ({SURVEY_FOOT})2"),
    ("", "acre_foot", "1233.489 m3"),
    ("l L", "litre liter", "0.001 m3"),
    ("", "gallon", "0.003785412 m3"),
    ("", "sverdrup", "1e6 m3 s-1"),
    # mass, force, pressure, energy, power
    ("t", "tonne metric_ton", "1000 kg"),
    ("lb", "pound", "0.45359237 kg"),
    ("gf", "gram_force", "0.00980665 N"),
    ("kgf", "kilogram_force", "9.80665 N"),
    ("lbf", "pound_force", "4.4482216152605 N"),
    ("bar", "", "100000 Pa"),
    ("atm", "atmosphere standard_atmosphere", "101325 Pa"),
    ("torr Torr mmHg mm_Hg", "millimeter_Hg", "133.322387415 Pa"),
    ("inHg in_Hg", "inch_Hg", "25.4 (133.322387415 Pa)"),
    ("psi", "", "6894.757293168361 Pa"),
    ("cmH2O cm_H2O", "", "98.0665 Pa"),
    ("cal", "calorie it_calorie", "4.1868 J"),
    ("", "langley", "41840 J m-2"),
    ("", "btu", "1055.05585262 J"),
    ("hp", "horsepower", "745.6999 W"),
    ("eV", "electronvolt", "1.60217733e-19 J"),
    # speed
    ("kt kts", "knot", "1852 m / (3600 s)"),
)
BEYOND: tuple[tuple[str, str, str], ...] = (  # what people write, and UDUNITS does not know
    ("cms", "cumec", "m3 s-1"),
    ("cfs cusec", "", f"({FOOT})3 s-1"),
    ("mb", "", "100 Pa"),
    ("mmH2O mm_H2O", "", "9.80665 Pa"),
    ("", "degreecelsius degreescelsius", "K @ 273.15"),
    ("", "unitless dimensionless fraction", "1"),
)
PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
NAMED_PREFIXES = {
    "yotta": 24, "zetta": 21, "exa": 18, "peta": 15, "tera": 12, "giga": 9, "mega": 6, "kilo": 3, "hecto": 2, "deka": 1,
    "deca": 1, "deci": -1, "centi": -2, "milli": -3, "micro": -6, "nano": -9, "pico": -12, "femto": -15, "atto": -18,
    "zepto": -21, "yocto": -24,
}  # fmt: skip
