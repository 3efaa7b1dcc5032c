"""The folders that become assets, as built by `infra/build.py`: each is the root of a zip.

`functions/<name>/` holds `handler.py`, `layers/<layer>/` holds `python/`.
"""

from dataclasses import dataclass
from pathlib import Path

from infra.spec import Layer


class NotBuiltError(RuntimeError):
    """A folder that should become an asset is missing or empty."""


@dataclass(frozen=True, slots=True)
class Build:
    """The root of the build folders."""

    root: Path

    def function(self, name: str) -> Path:
        """The code of a function. Raises NotBuiltError when it was not built."""
        return self._built("functions", name, "handler.py")

    def layer(self, layer: Layer) -> Path:
        """The content of a layer. Raises NotBuiltError when it was not built."""
        return self._built("layers", layer, "python")

    def _built(self, kind: str, name: str, content: str) -> Path:
        folder = self.root / kind / name
        if not (folder / content).exists():
            raise NotBuiltError(f"{folder} has no {content}: build it first (make package)")
        return folder
