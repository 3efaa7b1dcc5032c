"""Builds the packages of Lambda: function folders without `route.py`, and trimmed layers.

For AWS, a layer is a folder of aarch64 wheels with bytecode. For this machine it is one `.pth` file
that puts the real folder on `sys.path`, because the local engine unpacks every layer for every
worker that it starts, and the VIN layer has 100 MB.
"""

import compileall
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from infra.paths import BUILD, FUNCTIONS, LAYERS, UV
from infra.spec import Layer, discover

WHEEL_LAYERS = ("runtime", "vin", "photos")
THIS_MACHINE: tuple[str, ...] = ()
ARM64 = ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13")
SITE_PACKAGES = Path("python", "lib", "python3.13", "site-packages")

# Plugins for formats and drawing that photos do not need, and the libraries that only they load.
UNUSED_OF_PILLOW = (
    *(f"PIL/_{name}*" for name in ("avif", "imagingft", "imagingcms", "imagingmath")),
    *(f"PIL/_{name}*" for name in ("imagingmorph", "imagingtk")),
    *(f"pillow.libs/lib{name}*" for name in ("avif", "freetype", "harfbuzz", "brotli")),
    *(f"pillow.libs/lib{name}*" for name in ("lcms2", "png16")),
)

# Of cffi, PyNaCl needs the compiled module only.
UNUSED_OF_CFFI = ("cffi", "pycparser")

# The services that `motorpool.aws` has clients for. All their operations are kept: a presigned POST
# needs S3's CreateBucket.
SERVICES = {"dynamodb": "2012-08-10", "s3": "2006-03-01", "secretsmanager": "2017-10-17",
            "sqs": "2012-11-05"}  # fmt: skip

# Ours: bytes of a zipped function and of an unpacked layer.
FUNCTION_LIMIT = 15_000
LAYER_LIMITS: dict[Layer, int] = {
    "runtime": 28_000_000,
    "vin": 110_000_000,
    "photos": 35_000_000,
    "motorpool": 1_300_000,
}
# Lambda's: bytes of a function and its layers together, unpacked (250 MB; quotas of AWS Lambda).
LAMBDA_LIMIT = 250 * 1024 * 1024

# Copies of the package; each has about 1 MB.
PACKAGES_KEPT = 20


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time: a running stack and the tests build into the same folders."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@alone()
def for_lambda(target: Path = BUILD / "lambda") -> Path:
    """Build functions and layers for Lambda on arm64, with bytecode; returns their folder.

    `target` is on the file system of the build folder: the wheels are linked into it.
    """
    shutil.rmtree(target, ignore_errors=True)
    _copy_tree(LAYERS / "motorpool" / "python", target / "layers" / "motorpool" / "python")
    _copy_functions(target)
    _compile(target)
    for layer in WHEEL_LAYERS:
        wheels = _installed(layer, ARM64)
        shutil.copytree(wheels, target / "layers" / layer / "python", copy_function=os.link)
    return target


@alone()
def for_this_machine(target: Path = BUILD / "local") -> Path:
    """Build functions, and layers that link to local wheels and to a copy of the package.

    Returns the folder.
    """
    for layer in WHEEL_LAYERS:
        _link(target / "layers" / layer, _installed(layer, THIS_MACHINE))
    _link(target / "layers" / "motorpool", _package_copy())
    _copy_functions(target)
    return target


def _package_copy() -> Path:
    """A copy of the package, named by a hash of its content.

    Workers that start while the source is being edited get what was deployed. The copies that were
    used last are kept, because running stacks read them.
    """
    source = LAYERS / "motorpool" / "python"
    digest = hashlib.sha256()
    for file in sorted(source.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            digest.update(f"\0{file.relative_to(source)}\0".encode() + file.read_bytes())
    copies = BUILD / "package"
    copy = copies / digest.hexdigest()[:12]
    if not copy.exists():
        unfinished = copy.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy_tree(source, unfinished)
        unfinished.rename(copy)
    copy.touch()
    for old in sorted(copies.iterdir(), key=lambda each: each.stat().st_mtime)[:-PACKAGES_KEPT]:
        shutil.rmtree(old)
    return copy


def wheels_of(layer: str, platform: tuple[str, ...] = THIS_MACHINE) -> Path:
    """The folder of a layer's wheels, named by a hash of its lock, this file and the platform."""
    sources = (LAYERS / layer / "requirements.txt", Path(__file__))
    content = b"".join(source.read_bytes() for source in sources) + " ".join(platform).encode()
    return BUILD / "wheels" / f"{layer}-{hashlib.sha256(content).hexdigest()[:12]}"


def _installed(layer: str, platform: tuple[str, ...]) -> Path:
    """The layer's wheels with bytecode; installed again only when their lock has changed."""
    wheels = wheels_of(layer, platform)
    if not wheels.exists():
        unfinished = wheels.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        _install(layer, unfinished, platform)
        _compile(unfinished)
        unfinished.rename(wheels)
    return wheels


def _install(layer: str, target: Path, platform: Iterable[str]) -> None:
    lock = LAYERS / layer / "requirements.txt"
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-config",
         "--python", sys.executable, "--only-binary", ":all:", "--target", target, *platform,
         "-r", lock],
        check=True,
    )  # fmt: skip
    _remove_unused_files(target)


def _remove_unused_files(site: Path) -> None:
    """Remove unused plugins, scripts, and installers' metadata, all of which pydantic reads."""
    shutil.rmtree(site / "bin", ignore_errors=True)
    for plugin in UNUSED_OF_PILLOW:
        for file in site.glob(plugin):
            file.unlink()
    for package in UNUSED_OF_CFFI:
        shutil.rmtree(site / package, ignore_errors=True)
    for metadata in site.glob("*.dist-info"):
        shutil.rmtree(metadata)
    for lock in site.glob(".lock"):
        lock.unlink()
    if (site / "botocore").is_dir():
        _trim_models(site)


def _trim_models(site: Path) -> None:
    """Keep botocore's data of `SERVICES` only, without documentation."""
    shutil.rmtree(site / "boto3" / "data")
    shutil.rmtree(site / "boto3" / "examples")
    for service in (site / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for name, version in SERVICES.items():
        for folder in (site / "botocore" / "data" / name).iterdir():
            if folder.name != version:
                shutil.rmtree(folder)
                continue
            (folder / "examples-1.json").unlink()
            with gzip.open(folder / "service-2.json.gz") as file:
                model = json.load(file, object_hook=_undocumented)
            (folder / "service-2.json.gz").unlink()
            _write_json(folder / "service-2.json", model)
    endpoints = site / "botocore" / "data" / "endpoints.json"
    known = json.loads(endpoints.read_text())
    for partition in known["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in SERVICES}
    _write_json(endpoints, known)


def _write_json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, separators=(",", ":")))


def _undocumented(part: dict[str, Any]) -> dict[str, Any]:
    """The part without its documentation text. A shape may have the name `documentation` too."""
    if isinstance(part.get("documentation"), str):
        part["documentation"] = ""
    return part


def _copy_functions(target: Path) -> None:
    """Copy changed files only: a running stack may be reading the others."""
    functions = {function.name: function.folder for function in discover(FUNCTIONS)}
    for name, folder in functions.items():
        _mirror(folder, target / "functions" / name)
    for copy in (target / "functions").iterdir():
        if copy.name not in functions:
            shutil.rmtree(copy)


def _mirror(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    files = {file.name: file for file in source.iterdir() if file.is_file()}
    del files["route.py"]
    for name, file in files.items():
        copy = target / name
        if not copy.exists() or copy.read_bytes() != file.read_bytes():
            copy.write_bytes(file.read_bytes())
    for copy in target.iterdir():
        if copy.is_file() and copy.name not in files:
            copy.unlink()


def _copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _compile(folder: Path) -> None:
    """Compile to bytecode that is not checked against the source: zips do not keep file times."""
    compileall.compile_dir(
        folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH, stripdir=str(folder)
    )


def _link(layer: Path, to: Path) -> None:
    site = layer / SITE_PACKAGES
    site.mkdir(parents=True, exist_ok=True)
    (site / "link.pth").write_text(f"import sys; sys.path.insert(0, {str(to)!r})\n")


def unpacked_size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def zipped_size(folder: Path, scratch: Path) -> int:
    """The bytes of a folder's zip, as Lambda gets it."""
    archive = Path(shutil.make_archive(str(scratch), "zip", folder))
    try:
        return archive.stat().st_size
    finally:
        archive.unlink()


class Weight(NamedTuple):
    """What a layer or a function weighs, measured in that way, and may weigh at most, in bytes."""

    name: str
    measured: str
    size: int
    limit: int


def weights(built: Path) -> Iterator[Weight]:
    """The weights of the layers and functions that `for_lambda` built in that folder."""
    layers = {layer: unpacked_size(built / "layers" / layer) for layer in LAYER_LIMITS}
    for layer, size in layers.items():
        yield Weight(f"layer {layer}", "unpacked", size, LAYER_LIMITS[layer])
    for function in discover(FUNCTIONS):
        folder = built / "functions" / function.name
        zipped = zipped_size(folder, built / "scratch")
        yield Weight(function.name, "zipped", zipped, FUNCTION_LIMIT)
        together = unpacked_size(folder) + sum(layers[layer] for layer in function.spec.layers)
        yield Weight(function.name, "unpacked, with its layers", together, LAMBDA_LIMIT)


def main() -> None:
    """Build for Lambda and print all sizes. Exits with an error when one is over its limit."""
    console = Console()
    with console.status("Building layers and functions for arm64 …"):
        built = for_lambda()
        weighed = list(weights(built))
        zipped = {
            f"layer {layer}": zipped_size(built / "layers" / layer, built / "scratch")
            for layer in LAYER_LIMITS
        }
    table = Table("name", "measured", "bytes", "limit", title="Lambda packages")
    for name, size in zipped.items():
        table.add_row(name, "zipped", f"{size:,}", "")
    for weight in weighed:
        table.add_row(weight.name, weight.measured, f"{weight.size:,}", f"{weight.limit:,}")
    console.print(table)
    too_big = [
        f"{weight.name} ({weight.measured})" for weight in weighed if weight.size > weight.limit
    ]
    if too_big:
        sys.exit(f"over the limit: {', '.join(too_big)}")


if __name__ == "__main__":
    main()
