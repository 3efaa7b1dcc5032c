"""The supplier API's answers about organizations."""

from typing import Self

from pydantic import Field

from motorpool.api.schemas import SupplierModel
from motorpool.tenants.organizations import Organization, SupplierType


class SupplierOrganization(SupplierModel):
    """A vehicle supplier: an organization that owns vehicles."""

    id: str = Field(
        description="ID of the organization.", examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"]
    )
    name: str = Field(description="Name of the organization.", examples=["Fleet West"])
    supplier_type: SupplierType = Field(
        description="Vehicles are transferred between organizations of the same type only.",
        examples=["Fleet"],
    )
    parent_id: str | None = Field(
        description="ID of the organization above; null when there is none.", examples=[None]
    )


class SupplierOrganizationsAnswer(SupplierModel):
    """The organizations that the client can see, each after its parent."""

    organizations: list[SupplierOrganization] = Field(description="All of them: no pages.")

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
