"""Colors: from a hex code to the nearest name that CSS knows."""

from functools import cache


@cache
def name_of(hex_code: str) -> str:
    """The CSS name nearest to six hexadecimal digits: `FFFFFF` is `white`.

    Nearest by the distance in RGB; names are those of CSS 3.
    """
    import webcolors  # type: ignore[import-untyped]

    red, green, blue = webcolors.hex_to_rgb(f"#{hex_code}")
    known = ((name, webcolors.name_to_rgb(name)) for name in webcolors.names(webcolors.CSS3))
    distances = {
        str(name): (rgb.red - red) ** 2 + (rgb.green - green) ** 2 + (rgb.blue - blue) ** 2
        for name, rgb in known
    }
    return min(distances, key=lambda name: distances[name])
