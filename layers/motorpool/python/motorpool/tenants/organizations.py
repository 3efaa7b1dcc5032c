"""Organizations of a partner: trees of fleets and trees of rentals."""

from dataclasses import dataclass
from typing import Literal

from motorpool import names
from motorpool.clock import now_ms
from motorpool.errors import InvalidParameters
from motorpool.ids import new_id

SupplierType = Literal["Fleet", "Rental"]

# A path of 20 ids is 739 bytes; an index sort key holds 1024.
DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A fleet or rental organization. `path` runs from its root to itself: `root/child/leaf`."""

    id: str
    partner_id: str
    name: str
    supplier_type: SupplierType
    path: str
    created: int

    @property
    def parent_id(self) -> str | None:
        """The id of the organization above; None for a root."""
        above = self.path.split("/")[:-1]
        return above[-1] if above else None

    @classmethod
    def create(
        cls,
        partner_id: str,
        name: str,
        supplier_type: SupplierType,
        parent: "Organization | None" = None,
    ) -> "Organization":
        """A new organization below `parent`, which must be of the same partner and type.

        Raises InvalidParameters when the parent is of another partner or type or is 20 levels deep,
        and on a name that is not 1 to 64 printable characters.
        """
        if parent and parent.partner_id != partner_id:
            raise InvalidParameters(("parent", "belongs to another partner"))
        if parent and parent.supplier_type != supplier_type:
            raise InvalidParameters(
                ("parent", f"is a {parent.supplier_type} organization, not a {supplier_type} one")
            )
        if parent and parent.path.count("/") + 2 > DEEPEST:
            raise InvalidParameters(("parent", f"is {DEEPEST} levels deep, which is the maximum"))
        organization_id = new_id("org")
        return cls(
            id=organization_id,
            partner_id=partner_id,
            name=names.checked(name),
            supplier_type=supplier_type,
            path=f"{parent.path}/{organization_id}" if parent else organization_id,
            created=now_ms(),
        )
