"""`make demo`: a driver's and a reviewer's requests against the local stack.

It registers a car, uploads two photos to S3 (drawn here, with EXIF as from a phone), creates a
mileage check-in, and confirms it. Each answer is printed.
"""

import io
import random
import secrets
import sys
import time
from typing import Any

import httpx
from PIL import ExifTags, Image, ImageDraw
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from infra.local import world
from infra.paths import LOCAL

console = Console()

# VINs must be in the database. These differ in their serial numbers only.
CAR = {"make": "Honda", "model": "Civic", "year": 2025}
VIN_START, VIN_END = "2HGFE4F8", "SH"
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9,
        *range(2, 10)], strict=True)
)  # fmt: skip


def a_vin() -> str:
    """A VIN of that car with a random serial number and its check digit.

    The weights and values are those of 49 CFR 565.15.
    """
    vin = f"{VIN_START}0{VIN_END}{random.randrange(1_000_000):06d}"
    remainder = sum(VALUES[char] * weight for char, weight in zip(vin, WEIGHTS, strict=True)) % 11
    return vin[:8] + "0123456789X"[remainder] + vin[9:]


def a_photo(text: str) -> bytes:
    """A JPEG of that text, with the EXIF of a phone in San Francisco."""
    image = Image.new("RGB", (1200, 900), "#274060")
    ImageDraw.Draw(image).text((120, 380), text, fill="white", font_size=120)
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (37.0, 46.0, 45.5), 3: "W", 4: (122.0, 25.0, 9.5)}
    )
    exif.get_ifd(ExifTags.IFD.Exif).update({36867: "2026:11:21 09:29:41", 36881: "-08:00"})
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88, exif=exif)
    return buffer.getvalue()


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
            form["uploadUrl"], data=form["uploadFields"], files={"file": a_photo(text)}
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
    stack = world.read(LOCAL / "stack.json")
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

        car = {"userId": driver.user, "vin": a_vin(), **CAR, "licensePlate": plate, "state": "CA"}
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
