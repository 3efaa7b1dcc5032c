"""Organizations are trees of one partner and one supplier type, at most twenty levels deep."""

import pytest

from motorpool.errors import InvalidParameters
from motorpool.tenants.organizations import DEEPEST, Organization, SupplierType

PARTNER = "ptr_" + "1" * 32


def founded(
    parent: Organization | None = None,
    supplier_type: SupplierType = "Fleet",
    partner_id: str = PARTNER,
) -> Organization:
    return Organization.create(partner_id, "An organization", supplier_type, parent)


def test_a_root_has_its_own_id_as_its_path_and_no_parent() -> None:
    root = founded()
    assert root.path == root.id
    assert root.parent_id is None


def test_a_path_runs_from_the_root_to_the_organization() -> None:
    root = founded()
    child = founded(root)
    grandchild = founded(child)
    assert grandchild.path == f"{root.id}/{child.id}/{grandchild.id}"
    assert grandchild.parent_id == child.id
    assert child.parent_id == root.id


def test_another_partners_organization_cannot_be_the_parent() -> None:
    with pytest.raises(InvalidParameters, match=r"^parent: belongs to another partner$"):
        founded(founded(partner_id="ptr_" + "9" * 32))


@pytest.mark.parametrize(("above", "below"), [("Fleet", "Rental"), ("Rental", "Fleet")])
def test_a_parent_is_of_the_same_supplier_type(above: SupplierType, below: SupplierType) -> None:
    with pytest.raises(InvalidParameters, match=f"is a {above} organization, not a {below} one"):
        founded(founded(supplier_type=above), below)


def test_twenty_levels_fit_into_an_index_key_and_more_are_refused() -> None:
    deepest = founded()
    for _ in range(DEEPEST - 1):
        deepest = founded(deepest)
    assert deepest.path.count("/") == 19
    assert len(deepest.path.encode()) <= 1024
    with pytest.raises(InvalidParameters, match="20 levels deep"):
        founded(deepest)
