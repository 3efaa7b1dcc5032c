"""VIN decoding, offline, with the NHTSA vPIC data in `ultravin`.

vPIC has the vehicles filed for the US and most of Canada; any other VIN is refused as "no match".
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from motorpool.errors import InvalidParameters
from motorpool.vehicles.vin_names import (
    GENERIC_WORDS,
    MAKE_ALSO_CLAIMED_AS,
    MODEL_ALSO_CLAIMED_AS,
    MODEL_CODES,
)

MALFORMED = "malformed: must be 17 characters, digits and letters other than I, O and Q"
WRONG_CHECK_DIGIT = "wrong check digit: position 9 is {found}, should be {expected}"
NO_MATCH = "no match: no vehicle is known by this VIN"

LONGEST_INPUT = 64
LONGEST_CLAIM = 100
LONGEST_ECHO = 40

WELL_FORMED = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
# 49 CFR 565.15(c), tables III and IV: the value of each character and the weight of each position.
CHARACTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
CHARACTER_VALUES = dict(zip(CHARACTERS, map(int, "012345678912345678123457923456789"), strict=True))
POSITION_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
# vPIC's error codes that refuse a VIN. 14 (some characters unused) does not.
REFUSED_ERROR_CODES = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 11, 400})

type Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecodedVin:
    """The vehicle of a VIN, as in vPIC.

    `vin` is normalized: 17 upper-case characters. `year` is the model year.
    """

    vin: str
    make: str
    model: str
    series: str | None
    year: int

    def ensure_matches(self, *, make: str, model: str, year: int) -> None:
        """Check what a caller states about the vehicle.

        The year is the model year or the year before: a vehicle may be built in either. Make and
        model match in any case and spacing, may be followed by a trim, and may be another of the
        vehicle's names (see `vin_names`). Raises InvalidParameters with each value that differs and
        the decoded vehicle.
        """
        but = f"but the VIN decodes to {self.make} {self.model} {self.year}"
        problems = []
        if not _is_make(make, self):
            problems.append(("make", f"says {_echo(make)}, {but}"))
        if not _is_model(model, self):
            problems.append(("model", f"says {_echo(model)}, {but}"))
        if year not in (self.year, self.year - 1):
            said = str(year) if 0 <= year <= 9999 else "an impossible year"
            problems.append(("year", f"says {said}, {but}"))
        if problems:
            raise InvalidParameters(*problems)


def decode(vin: str) -> DecodedVin:
    """Decode a VIN, in any case, with or without spaces around it.

    Raises InvalidParameters: malformed, wrong check digit, or no match.
    """
    vin = _normalized(vin)
    if vin[8] != (expected := _check_digit(vin)):
        raise InvalidParameters(("vin", WRONG_CHECK_DIGIT.format(found=vin[8], expected=expected)))

    import ultravin  # 100 MB, in a separate layer that only decoding functions have

    # No year hint: the caller's year, which is checked against the result, must not influence it.
    answer = ultravin.decode(vin)
    make, model = (answer["attributes"].get(name) for name in ("Make", "Model"))
    year = answer["model_year"]
    if (
        not answer["check_digit_valid"]
        or not REFUSED_ERROR_CODES.isdisjoint(answer["error_codes"])
        or not (make and model and year)
    ):
        raise InvalidParameters(("vin", NO_MATCH))
    return DecodedVin(vin, make, model, answer["attributes"].get("Series"), year)


def load_database() -> None:
    """Decode once, which loads the database: for the snapshot."""
    decode("1FMCU14T6JU400773")


def _normalized(vin: str) -> str:
    # ASCII only before upper(), which turns some other characters into letters: ß becomes SS.
    if isinstance(vin, str) and len(vin) <= LONGEST_INPUT and vin.isascii():
        vin = vin.strip().upper()
        if WELL_FORMED.fullmatch(vin):
            return vin
    raise InvalidParameters(("vin", MALFORMED))


def _check_digit(vin: str) -> str:
    products = (
        CHARACTER_VALUES[character] * weight
        for character, weight in zip(vin, POSITION_WEIGHTS, strict=True)
    )
    return "0123456789X"[sum(products) % 11]


def _is_make(claim: str, car: DecodedVin) -> bool:
    claimed, decoded = _words(claim), _words(car.make)
    return (
        "".join(claimed) in _spellings(car.make)
        or _begins(claimed, with_=decoded)
        or (_is_specific(claimed) and _begins(decoded, with_=claimed))
    )


def _is_model(claim: str, car: DecodedVin) -> bool:
    claimed, makes = _words(claim), _spellings(car.make)
    if _states_another_number(claimed, car):
        return False
    names = set(_names(car))
    return any(
        _begins(said, with_=name)
        or (_is_specific(said) and "".join(said) not in makes and _begins(name, with_=said))
        or sorted(said) == sorted(name)
        for said in _with_and_without_make(claimed, makes)
        for name in names
    )


def _names(car: DecodedVin) -> Iterator[Words]:
    """All names that match the vehicle: model, series, both, and their other names.

    A series that is not specific ("SUV", "LX") counts only together with the model.
    """
    make, makes = "".join(_words(car.make)), _spellings(car.make)
    all_series = _alternatives(car.series or "")
    yield from filter(_is_specific, map(_words, all_series))
    for model in _alternatives(car.model):
        for text in (model, *(f"{model} {series}" for series in all_series)):
            yield from _with_and_without_make(_words(text), makes)
        folded = "".join(_words(model))
        yield from map(_words, MODEL_ALSO_CLAIMED_AS.get(folded, ()))
        for filed_under, code, name in MODEL_CODES:
            if filed_under in ("", make) and (match := code.fullmatch(folded)):
                yield _words(match.expand(name))


def _states_another_number(claimed: Words, car: DecodedVin) -> bool:
    """Whether both have numbers of one length, but none in common: a 2500 for a 1500."""
    # A series may also have chassis codes (ZZE130L); only a truck's load class has four digits.
    decoded = _numbers(_words(car.model)) | {
        number for number in _numbers(_words(car.series or "")) if len(number) == 4
    }
    lengths = {len(number) for number in decoded}
    comparable = {number for number in _numbers(claimed) if len(number) in lengths}
    return bool(comparable) and comparable.isdisjoint(decoded)


def _numbers(words: Words) -> set[str]:
    return {word for word in words if word.isdigit() and len(word) > 1}


def _spellings(make: str) -> frozenset[str]:
    folded = "".join(_words(make))
    return MAKE_ALSO_CLAIMED_AS.get(folded, frozenset()) | {folded}


def _with_and_without_make(words: Words, spellings: frozenset[str]) -> Iterator[Words]:
    """The name as given, and without a leading make or "new" ("Mazda 3", "New Beetle")."""
    if words:
        yield words
    for end, head in enumerate(accumulate(words), start=1):
        if words[end:] and (head == "new" or head in spellings):
            yield words[end:]


def _begins(words: Words, *, with_: Words) -> bool:
    """Whether the first words spell another name, however it is spaced and dashed."""
    return "".join(with_) in accumulate(words)


def _is_specific(words: Words) -> bool:
    """Whether the words are a name by themselves: "X5" and "Civic" are, "CX" and "Grand" not."""
    name = "".join(words)
    shortest = 2 if any(map(str.isdigit, name)) else 3
    return len(name) >= shortest and name not in GENERIC_WORDS


def _alternatives(text: str) -> tuple[str, ...]:
    """The text and each of its alternatives: "Caravan/Grand Caravan", "Eighty Eight (88)"."""
    parts = (part.strip() for part in re.split(r"[/,()]", text))
    return tuple(dict.fromkeys(name for name in (text, *parts) if name))


def _words(text: str) -> Words:
    """The runs of letters and of digits, case-folded; empty if the text is too long."""
    if len(text) > LONGEST_CLAIM:
        return ()
    folded = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    return tuple(re.findall(r"[a-z]+|[0-9]+", folded))


def _echo(claim: str) -> str:
    """The claim for a message: short, printable ASCII."""
    shown = "".join(c if " " <= c <= "~" else "?" for c in claim[:LONGEST_ECHO])
    return shown.strip() or "nothing"
