"""The paths of the project's folders."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"
LAYERS = ROOT / "layers"
OPENAPI = ROOT / "docs" / "openapi"
BUILD = ROOT / ".build"
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
ENGINE = LOCAL / "engine"
UV = LOCAL / "uv" / "bin" / "uv"
