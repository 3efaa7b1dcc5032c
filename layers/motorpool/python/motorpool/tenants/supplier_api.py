"""Organizations as the supplier API shows them."""

from typing import Self

from pydantic import Field

from motorpool.api.schemas import SupplierModel
from motorpool.tenants.organizations import Organization, SupplierType


class SupplierOrganization(SupplierModel):
    """A vehicle supplier."""

    id: str = Field(examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"])
    name: str = Field(examples=["Fleet West"])
    supplier_type: SupplierType = Field(examples=["Fleet"])
    parent_id: str | None = Field(
        description="The organization above; null at a root.", examples=[None]
    )


class SupplierOrganizationsAnswer(SupplierModel):
    """The organizations of the client's subtree, each after the one above it."""

    organizations: list[SupplierOrganization]

    @classmethod
    def of(cls, organizations: list[Organization]) -> Self:
        """The organizations as the supplier API shows them."""
        return cls(
            organizations=[
                SupplierOrganization(
                    id=organization.id,
                    name=organization.name,
                    supplier_type=organization.supplier_type,
                    parent_id=organization.parent_id,
                )
                for organization in organizations
            ]
        )
