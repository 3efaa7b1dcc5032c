"""The system on this machine: build, synthesize, start the engine, deploy, add the demo world."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import build, synth
from infra.local import description
from infra.local.demo_world import demo_world
from infra.local.deploy import Outputs, deploy
from infra.local.engine import GATEWAY_PATH, Engine
from infra.outputs import VARIABLES
from infra.paths import LAYERS
from motorpool import aws
from motorpool.access import secret_keys
from motorpool.messages import outbox
from motorpool.tenants import partner_store as partners
from motorpool.transfers import store as transfers

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A deployed stack: its engine, CloudFormation's outputs, and the content of `stack.json`."""

    engine: Engine
    outputs: Outputs
    description: dict[str, Any]

    def redeployed(self) -> None:
        """Deploy edited files: changed functions get new versions."""
        _deployed(self.engine, lambda _: None)


@contextmanager
def running(folder: Path, port: int, say: Say) -> Iterator[LocalStack]:
    """A running stack with its data below `folder`; it stops when the context ends.

    Sets the environment variables with which this process's AWS clients use it.
    """
    say("Starting the engine")
    with Engine(folder, port) as engine:
        os.environ.update(engine.environment)
        outputs = _deployed(engine, say)
        os.environ.update({name: outputs[output] for name, output in VARIABLES.items()})
        aws.forget()
        secret_keys.forget()
        relay_open_transfers()
        say("Creating the demo world")
        file = folder / "stack.json"
        told = {
            "partner_api": _url(engine, outputs["PartnerApiId"], "api"),
            "supplier_api": _url(engine, outputs["SupplierApiId"], "v1"),
            **{k: v for k, v in demo_world(description.read(file)).items() if "_api" not in k},
            "endpoint": engine.endpoint,
        }
        description.write(told, file)
        yield LocalStack(engine, outputs, told)


def relay_open_transfers() -> None:
    """Send the messages of pending transfers again: the engine's streams are lost when it stops."""
    for partner in partners.every():
        for transfer in transfers.of_partner(partner.id, "accepted"):
            outbox.send(transfer.id, transfer.vehicle_id, transfer.partner_id)


def _deployed(engine: Engine, say: Say) -> Outputs:
    say("Building functions and layers")
    packages = build.for_this_machine()
    say("Synthesizing the stacks")
    assembly = synth.synthesized(packages)
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
