"""The system on this machine: build, synthesize, start the engine, deploy, add the demo world."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import build, synth
from infra.local import description, imports
from infra.local.demo_world import demo_world
from infra.local.deploy import Outputs, deploy
from infra.local.engine import GATEWAY_PATH, Engine
from infra.local.lock import only_run
from infra.outputs import VARIABLES
from infra.paths import LAYERS
from motorpool import aws
from motorpool.access import secret_keys

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A deployed stack: its engine, CloudFormation's outputs, and the content of `stack.json`."""

    engine: Engine
    outputs: Outputs
    description: dict[str, Any]

    def redeployed(self) -> None:
        """Deploy edited files: changed functions get new versions.

        Raises RuntimeError with the reason; the last good versions are then still live.
        """
        _deployed(self.engine, lambda _: None)


@contextmanager
def running(folder: Path, port: int, say: Say) -> Iterator[LocalStack]:
    """A running stack with its data below `folder`; it stops when the context ends.

    Sets the environment variables with which this process's AWS clients use it. Raises
    AlreadyRunning if another process runs a stack in the folder, and RuntimeError, with a sentence
    or the places of the errors, when the stack cannot be started.
    """
    with only_run(folder) as lock:
        say("Starting the engine")
        with Engine(folder, port, lock) as engine:
            if engine.port != port:
                say(f"Port {port} was taken meanwhile; using {engine.port} instead")
            try:
                stack = _started(engine, folder, say)
            except Exception as error:
                if engine.ended:
                    raise RuntimeError(how_it_ended(engine)) from error
                raise
            yield stack


def _started(engine: Engine, folder: Path, say: Say) -> LocalStack:
    os.environ.update(engine.environment)
    outputs = _deployed(engine, say)
    os.environ.update({name: outputs[output] for name, output in VARIABLES.items()})
    aws.forget()
    secret_keys.forget()
    say("Creating the demo world")
    file = folder / "stack.json"
    told = {
        "partner_api": _url(engine, outputs["PartnerApiId"], "api"),
        "supplier_api": _url(engine, outputs["SupplierApiId"], "v1"),
        **{k: v for k, v in demo_world(description.read(file)).items() if "_api" not in k},
        "endpoint": engine.endpoint,
    }
    description.write(told, file)
    return LocalStack(engine, outputs, told)


def how_it_ended(engine: Engine) -> str:
    """What to tell when the engine's process ended by itself: what happened, what to do."""
    folder = engine.folder.name
    return (
        f"the local engine ended by itself ({engine.ended}). All that it had saved is kept in "
        f"{folder}; `make run` continues with it. The engine's log is {folder}/{engine.log.name}."
    )


def _deployed(engine: Engine, say: Say) -> Outputs:
    say("Building functions and layers")
    imports.ensure_routes()
    packages = build.for_this_machine()
    imports.ensure_handlers()
    say("Synthesizing the stacks")
    try:
        assembly = synth.synthesized(packages)
    except subprocess.CalledProcessError as error:
        raise RuntimeError("the stacks cannot be synthesized, for the reason above") from error
    say("Deploying the stacks, all but monitoring")
    return deploy(engine, assembly, revision())


def revision() -> str:
    """A hash of the content of the linked layers."""
    digest = hashlib.sha256()
    for file in sorted((LAYERS / "motorpool").rglob("*.py")):
        digest.update(str(file).encode() + file.read_bytes())
    for lock in sorted(LAYERS.glob("*/requirements.txt")):
        digest.update(lock.read_bytes())
    return digest.hexdigest()


def _url(engine: Engine, api_id: str, stage: str) -> str:
    return f"{engine.endpoint}/{GATEWAY_PATH}/{api_id}/{stage}"
