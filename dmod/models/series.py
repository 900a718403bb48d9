"""The whole-series models, one row each: the name in `python_type`, and where the model was published."""

from __future__ import annotations

from dmod.models.bmi import SeriesBmi


class GR4J(SeriesBmi):
    """Perrin, Michel and Andréassian (2003), Journal of Hydrology 279."""

    code = "gr4j"


class HBV(SeriesBmi):
    """Bergström and Forsman (1973), Nordic Hydrology 4."""

    code = "hbv"


class Bucket(SeriesBmi):
    """Thornthwaite and Mather (1955), Publications in Climatology 8."""

    code = "bucket"


class CEQUEAU(SeriesBmi):
    """Girard, Morin and Charbonneau (1972), Cahiers ORSTOM, Hydrologie 9."""

    code = "cequeau"


class CREC(SeriesBmi):
    """Cormary and Guilbot (1973), Design of Water Resources Projects with Inadequate Data, Madrid."""

    code = "crec"


class GARDENIA(SeriesBmi):
    """Thiéry (1982), BRGM report 82 SGN 546 EAU."""

    code = "gardenia"


class HYMOD(SeriesBmi):
    """Wagener et al. (2001), Hydrology and Earth System Sciences 5."""

    code = "hymod"


class IHACRES(SeriesBmi):
    """Jakeman, Littlewood and Whitehead (1990), Journal of Hydrology 117."""

    code = "ihacres"


class MARTINE(SeriesBmi):
    """Mazenc, Sanchez and Thiéry (1984), BRGM Bulletin."""

    code = "martine"


class MOHYSE(SeriesBmi):
    """Fortin and Turcotte (2007), Université du Québec à Montréal."""

    code = "mohyse"


class MORDOR(SeriesBmi):
    """Garçon (1999), La Houille Blanche 7-8."""

    code = "mordor"


class NAM(SeriesBmi):
    """Nielsen and Hansen (1973), Nordic Hydrology 4."""

    code = "nam"


class PDM(SeriesBmi):
    """Moore and Clarke (1981), Water Resources Research 17."""

    code = "pdm"


class Sacramento(SeriesBmi):
    """Burnash, Ferral and McGuire (1973), National Weather Service."""

    code = "sacramento"


class SIMHYD(SeriesBmi):
    """Chiew, Peel and Western (2002), Mathematical Models of Small Watershed Hydrology."""

    code = "simhyd"


class SMAR(SeriesBmi):
    """O'Connell, Nash and Farrell (1970), Journal of Hydrology 10."""

    code = "smar"


class TANK(SeriesBmi):
    """Sugawara (1979), Hydrological Sciences Bulletin 24."""

    code = "tank"


class TOPMODEL(SeriesBmi):
    """Beven and Kirkby (1979), Hydrological Sciences Bulletin 24."""

    code = "topmodel"


class Wageningen(SeriesBmi):
    """Warmerdam, Kole and Chormanski (1997), UNESCO Technical Documents in Hydrology 14."""

    code = "wageningen"


class Xinanjiang(SeriesBmi):
    """Zhao et al. (1980), IAHS Publication 129."""

    code = "xinanjiang"


SERIES: dict[str, type[SeriesBmi]] = {
    f"{__name__}.{model.__name__}": model for model in SeriesBmi.__subclasses__()
}  # python_type -> class
