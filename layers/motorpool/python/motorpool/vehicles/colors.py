"""Color names: the nearest CSS name of a hex code."""

from functools import cache


@cache
def name_of(hex_code: str) -> str:
    """The CSS 3 name nearest to six hexadecimal digits, by RGB distance: `FFFFFF` is `white`."""
    import webcolors  # type: ignore[import-untyped]

    red, green, blue = webcolors.hex_to_rgb(f"#{hex_code}")
    known = ((name, webcolors.name_to_rgb(name)) for name in webcolors.names(webcolors.CSS3))
    distances = {
        str(name): (rgb.red - red) ** 2 + (rgb.green - green) ** 2 + (rgb.blue - blue) ** 2
        for name, rgb in known
    }
    return min(distances, key=lambda name: distances[name])
