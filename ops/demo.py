"""`make demo`: a driver's and a reviewer's requests against the local stack.

It registers a car, uploads two photos to S3 (drawn here, with EXIF as from a phone), creates a
mileage check-in, and confirms it. Each answer is printed.
"""

import secrets
import sys
import time
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from infra.local import description
from infra.local.pictures import picture
from infra.local.vins import civic
from infra.paths import LOCAL

console = Console()


class Driver:
    """A driver's app: the partner API, and S3 for the photos."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.api = httpx.Client(base_url=stack["partner_api"], headers=stack["partner"], timeout=30)
        self.user = stack["users"][0]["id"]

    def says(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Call the API and print request and answer; exit on an error."""
        answer = self.api.request(method, path, json=body)
        console.rule(f"{method} {path} → {answer.status_code}", align="left", style="dim")
        console.print_json(answer.text or "{}")
        if answer.is_error:
            sys.exit(1)
        parsed: dict[str, Any] = answer.json()
        return parsed

    def uploads(self, text: str) -> str:
        """Make a photo, upload it to S3, and return its handle (`photoUrl`)."""
        asked = {"userId": self.user, "contentType": "image/jpeg", "name": f"{text}.jpg"}
        form = self.says("POST", "/photo/upload", asked)
        sent = httpx.post(
            form["uploadUrl"],
            data=form["uploadFields"],
            files={"file": picture(size=(1200, 900), text=text)},
        )
        sent.raise_for_status()
        handle: str = form["photoUrl"]
        return handle

    def waits_until_inspected(self, handle: str) -> None:
        """Poll the photo's status until it is inspected."""
        path = f"/photo/{handle.rpartition('/')[2]}/status"
        for _ in range(100):
            if self.api.get(path).json()["photoStatus"] != "AwaitingUpload":
                break
            time.sleep(0.2)
        self.says("GET", path)


def main() -> None:
    """Run the demo."""
    stack = description.read(LOCAL / "stack.json")
    try:
        httpx.get(stack["endpoint"], timeout=5)
    except (KeyError, httpx.HTTPError):
        sys.exit("There is no local stack: start it with `make run`, in another terminal.")
    driver = Driver(stack)
    plate = f"DEMO-{secrets.token_hex(2).upper()}"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        day = progress.add_task("Registering a car", total=5)

        def next_is(description: str) -> None:
            progress.update(day, advance=1, description=description)

        car = {"userId": driver.user, **civic(), "licensePlate": plate, "state": "CA"}
        vehicle = driver.says("POST", "/vehicles/create/by-vin", car)
        next_is("Uploading two photos")
        handles = [driver.uploads(text) for text in (plate, "48210 mi")]
        next_is("Waiting for their inspection")
        for handle in handles:
            driver.waits_until_inspected(handle)
        next_is("Checking the mileage in")
        check_in = driver.says(
            "POST",
            "/vehicles/checkin/mileage",
            {
                "vehicleId": vehicle["id"],
                "licensePlate": plate,
                "state": "CA",
                "mileage": 48210,
                "licensePhotos": [{"url": handles[0]}],
                "odometerPhotos": [{"url": handles[1]}],
            },
        )
        next_is("Reviewing it")
        driver.says("GET", "/checkins/mileage?status=Pending&limit=1")
        driver.says(
            "PUT", f"/vehicles/checkin/mileage/{check_in['id']}/review",
            {"checkInStatus": "Confirmed"},
        )  # fmt: skip
        next_is("Done")


if __name__ == "__main__":
    main()
