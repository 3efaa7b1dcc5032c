"""Other common names of vehicles than vPIC's.

Keys are makes and models as in vPIC, reduced to lower-case letters and digits; values are the names
that callers may state instead. The mapping is directed: vPIC's name to the caller's.
"""

import re

MAKE_ALSO_CLAIMED_AS: dict[str, frozenset[str]] = {
    # Other spellings of the same make. Leading words ("Aston", "Tesla Motors") need no entry.
    "americanmotors": frozenset({"amc"}),
    "chevrolet": frozenset({"chevy", "chev", "geo"}),
    "harleydavidson": frozenset({"hd"}),
    "infiniti": frozenset({"infinity"}),
    "lamborghini": frozenset({"lambo"}),
    "landrover": frozenset({"rangerover"}),
    "mercedesbenz": frozenset({"benz", "mb", "amg", "mercedesamg", "maybach", "mercedesmaybach"}),
    "mitsubishi": frozenset({"mitsu"}),
    "mitsubishifuso": frozenset({"fuso"}),
    "oldsmobile": frozenset({"olds"}),
    "volkswagen": frozenset({"vw"}),
    "volvotruck": frozenset({"volvotrucks"}),
    # Related makes: sold under one name and filed under the other, depending on the year.
    "bmw": frozenset({"alpina", "mini"}),
    "dodge": frozenset({"ram", "srt"}),
    "genesis": frozenset({"hyundai"}),
    "geo": frozenset({"chevrolet", "chevy"}),
    "gmc": frozenset({"hummer"}),
    "hyundai": frozenset({"genesis"}),
    "international": frozenset({"navistar"}),
    "mini": frozenset({"bmw"}),
    "navistar": frozenset({"international"}),
    "nissan": frozenset({"datsun"}),
    "ram": frozenset({"dodge"}),
    "scion": frozenset({"toyota"}),
    "smart": frozenset({"mercedes", "mercedesbenz"}),
    "sprinterdodgeorfreightliner": frozenset({"dodge", "freightliner", "mercedes", "mercedesbenz"}),
    "toyota": frozenset({"scion"}),
}

MODEL_ALSO_CLAIMED_AS: dict[str, tuple[str, ...]] = {
    "b9tribeca": ("Tribeca",),
    "camrysolara": ("Solara",),
    "cargovan": ("C/V",),
    "ckpickup": ("C/K", "C", "K", "Silverado", "Sierra"),
    "corollamatrix": ("Matrix",),
    "corvette": ("Vette",),
    "crosstrek": ("XV Crosstrek", "Impreza Crosstrek"),
    "crownvictoria": ("Crown Vic",),
    "firebird": ("Trans Am",),
    "fivehundred": ("500",),
    "gmt400": ("C/K", "C", "K", "Silverado", "Sierra"),
    "golfgti": ("GTI",),
    "grandvitaraxl7": ("XL-7",),
    "gti": ("Golf GTI",),
    "lancerevolution": ("Evolution", "Evo"),
    "mclass": ("ML",),
    "mlclass": ("M-Class", "M"),
    "mx5": ("Miata",),
    "outback": ("Legacy Outback",),
    "s10blazer": ("Blazer",),
    "s60cc": ("S60 Cross Country",),
    "tribeca": ("B9 Tribeca",),
    "v60cc": ("V60 Cross Country",),
    "v90cc": ("V90 Cross Country",),
    "wranglerjk": ("Wrangler",),
    "wrx": ("Impreza WRX",),
    "xvcrosstrek": ("Crosstrek", "Impreza Crosstrek"),
}

# Models that vPIC has by their codes: (make, or "" for any; vPIC's model; another name).
MODEL_CODES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("bmw", re.compile(r"m?([1-8])\d\d.*"), r"\1 Series"),
    ("ford", re.compile(r"([ef])\d50.*"), r"\1-Series"),
    ("ford", re.compile(r"e\d50.*"), "Econoline"),
    ("ford", re.compile(r"(f[2-9]50).*"), r"Super Duty \1"),
    ("infiniti", re.compile(r"([a-z]+)\d\d.*"), r"\1"),
    ("jaguar", re.compile(r"(xj|xk).+"), r"\1"),
    ("mini", re.compile(r"(?!cooper)(.+)"), r"Cooper \1"),
    ("porsche", re.compile(r"718(.+)"), r"\1"),
    ("ram", re.compile(r"\d500"), "Ram"),
    # E350 is an E-Class, B2300 a B-Series, 240 DL a 240 Series.
    ("", re.compile(r"(.+)(?:class|series).*"), r"\1"),
)

# Words that begin many names or describe a body or trim: they are no model by themselves.
# fmt: off
GENERIC_WORDS = frozenset(
    (
        "all", "allnew", "america", "base", "big", "cabriolet", "cargo", "class", "club",
        "convertible", "coupe", "crew", "crown", "custom", "deluxe", "diesel", "double",
        "electric", "estate", "export", "fleet", "gran", "grand", "great", "hard", "hatchback",
        "hybrid", "land", "limited", "low", "luxury", "mark", "military", "model", "monte",
        "new", "nominal", "park", "passenger", "phev", "pickup", "premium", "range", "rear",
        "regular", "roadster", "santa", "sedan", "series", "single", "special", "sport",
        "sportback", "spyder", "standard", "super", "suv", "touring", "town", "truck", "turbo",
        "type", "utility", "van", "wagon",
    )
)
# fmt: on
