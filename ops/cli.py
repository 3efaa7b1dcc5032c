"""Operate Motorpool: partners, their clients, vehicles and users, dead letters, drills."""

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from rich.table import Table

from infra.names import InvalidEnvironment, Names
from motorpool.access import client_store as clients
from motorpool.access.clients import Client, new_secret
from motorpool.access.scopes import ALL_SCOPES, Scope
from motorpool.access.secret_keys import pepper
from motorpool.clock import iso
from motorpool.dynamodb import table
from motorpool.errors import MotorpoolError, OrganizationNotFound
from motorpool.ids import fingerprint
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants.organizations import Organization, SupplierType
from motorpool.tenants.partners import Partner
from ops import doctor, versions
from ops.check_ins import app as check_ins_app
from ops.dead_letters import app as dead_letters_app
from ops.drills import DrillFailed
from ops.drills import app as drill_app
from ops.restore import NoRestore, restore
from ops.screen import console, one_line, print_anywhere, show
from ops.stacks import of_stacks
from ops.target import NoTarget, Target
from ops.transfers import app as transfers_app
from ops.usage_keys import NoUsageKey, UsageKeys, every_client
from ops.users import app as user_app
from ops.vehicles import app as vehicle_app

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_show_locals=False)
partner_app = typer.Typer(no_args_is_help=True, help="Partners (the tenants) and their settings.")
organization_app = typer.Typer(
    no_args_is_help=True, help="Organizations of a partner: fleets and rentals."
)
client_app = typer.Typer(
    no_args_is_help=True, help="Clients: the programs of a partner that call the APIs."
)
app.add_typer(partner_app, name="partner")
app.add_typer(organization_app, name="organization")
app.add_typer(client_app, name="client")
app.add_typer(transfers_app, name="transfers")
app.add_typer(dead_letters_app, name="dead-letters")
app.add_typer(check_ins_app, name="check-ins")
app.add_typer(vehicle_app, name="vehicle")
app.add_typer(user_app, name="user")
app.add_typer(drill_app, name="drill")
app.command("restore")(restore)

# Commands that work without the table: before the first deployment, or when it is broken.
WITHOUT_DATA = {"doctor", "rollback", "prune"}

PartnerId = Annotated[str, typer.Option("--partner", help="Id of the partner (ptr_…).")]
ClientId = Annotated[str, typer.Argument(help="Id of the client (cli_…).")]
Name = Annotated[str, typer.Argument(help="Its name, for people: 1 to 64 characters.")]
ParentId = typer.Option(help="Id of the organization above (org_…); without it, a root.")
LinkedId = typer.Option(
    help="Id of the organization (org_…) that the client sees, with all below it; without it, it "
    "sees the whole partner."
)
HomeId = typer.Option(
    help="Id of the default organization (org_…) of a client that sees the whole partner."
)


@app.callback()
def target(
    context: typer.Context,
    aws: Annotated[
        bool, typer.Option("--aws", help="Use the stack on AWS, with the usual AWS settings.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(help="Use the stack on AWS, with this profile.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="AWS region of the stack.")] = None,
    environment: Annotated[
        str, typer.Option(help="Environment on AWS, as deployed with `-c environment=`.")
    ] = "",
) -> None:
    """Operate Motorpool: the local stack, or with --aws or --profile the stack on AWS."""
    try:
        names = Names(environment)
    except InvalidEnvironment as error:
        raise typer.BadParameter(one_line(f"{error}.")) from error
    context.obj = Target(aws=aws, profile=profile, region=region, names=names)
    if context.invoked_subcommand in WITHOUT_DATA:
        context.obj.connect()
    else:
        context.obj.choose()


@app.command("doctor")
def examine(context: typer.Context) -> None:
    """Check an AWS account before a deployment: one line for each check, and what to do.

    `make deploy` runs it first. Ends with an error when there is a problem.
    """
    chosen: Target = context.obj
    check = doctor.examine if chosen.on_aws else doctor.examine_local
    if not doctor.show(check(chosen.names)):
        sys.exit(1)


@app.command("rollback")
def roll_back(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be rolled back.")
    ] = False,
    partly: Annotated[
        bool, typer.Option("--partly", help="Leave functions without an earlier version as is.")
    ] = False,
    minutes: Annotated[
        int, typer.Option(help="How long the last deployment took at most.")
    ] = versions.DEPLOYMENT_MINUTES,
) -> None:
    """Move the functions of the last deployment one version back, all or none.

    Code only: the stacks and the table stay as they are. See docs/operations.md.
    """
    client, deployed = _functions(context)
    last = versions.of_last_deployment(deployed, minutes)
    steps = versions.plan(last, partly=partly)
    rows = Table("function", "version", "back to", "published")
    for each in last:
        target = steps.get(each.name)
        back_to = str(target or "stays")
        at = each.versions[target] if target else each.published
        rows.add_row(each.name, str(each.live), back_to, f"{at:%Y-%m-%d %H:%M}")
    show(rows)
    if not dry_run:
        versions.roll_back(client, last, steps)
    verb = "would go" if dry_run else "went"
    console.print(f"{len(steps)} of {len(deployed)} functions {verb} back")


@app.command("prune")
def prune(
    context: typer.Context,
    keep: Annotated[
        int, typer.Option(min=0, help="Versions to keep before each live one, for a rollback.")
    ] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be deleted.")
    ] = False,
) -> None:
    """Delete old versions of the functions: each costs the storage of its snapshot.

    `make deploy` does it after each deployment.
    """
    client, deployed = _functions(context)
    if dry_run:
        count = sum(len(versions.prunable(each, keep)) for each in deployed)
    else:
        count = versions.prune(client, deployed, keep)
    console.print(f"old versions {'that would be ' if dry_run else ''}deleted: {count}")


def _functions(context: typer.Context) -> tuple["LambdaClient", list[versions.Function]]:
    chosen: Target = context.obj
    client = boto3.client("lambda")
    aliases = of_stacks(chosen.title, "AWS::Lambda::Alias")
    return client, versions.functions_of(client, aliases)


@partner_app.command("create")
def create_partner(name: Name) -> None:
    """Create a partner and print its id."""
    partner = Partner.create(name)
    table.transact(partners.add(partner))
    console.print(partner.id)


@partner_app.command("list")
def list_partners() -> None:
    """List all partners with their settings."""
    rows = Table("id", "name", "since", "check-ins")
    for partner in partners.every():
        rows.add_row(partner.id, partner.name, iso(partner.created), str(partner.cadence))
    show(rows)


@partner_app.command("settings")
def set_partner(
    partner_id: Annotated[
        str, typer.Argument(metavar="PARTNER", help="Id of the partner (ptr_…).")
    ],
    cadence_days: Annotated[
        int | None,
        typer.Option(help="Days from a vehicle's check-in until its next one is due (1 to 3650)."),
    ] = None,
    opens_days_before: Annotated[
        int, typer.Option(help="Days before the due date from which a check-in is accepted.")
    ] = 0,
    no_cadence: Annotated[
        bool, typer.Option("--no-cadence", help="Accept check-ins at any time.")
    ] = False,
) -> None:
    """Set how often a partner's vehicles check in."""
    if (cadence_days is None) != no_cadence:
        raise typer.BadParameter("Give one of --cadence-days and --no-cadence.")
    partner = partners.get(partner_id)
    changed = partner.with_cadence(cadence_days, opens_days_before)
    table.transact(partners.replaced(partner, changed))
    console.print(f"check-ins: {changed.cadence}")


@partner_app.command("origins")
def set_origins(
    partner_id: Annotated[
        str, typer.Argument(metavar="PARTNER", help="Id of the partner (ptr_…).")
    ],
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="Allow scripts of this origin (https://…); repeatable."
        ),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Allow no scripts of web pages.")] = False,
) -> None:
    """Set of which web pages scripts may call the partner API: these, and no others.

    The APIs heed it within a minute (cache time).
    """
    if bool(allow) == none:
        raise typer.BadParameter("Give --allow, or --none.")
    partner = partners.get(partner_id)
    changed = partner.with_origins(*(allow or ()))
    table.transact(*partners.with_origins(partner, changed))
    console.print(f"origins: {', '.join(changed.origins) or 'none'}")


@organization_app.command("create")
def create_organization(
    name: Name,
    partner: PartnerId,
    supplier_type: Annotated[SupplierType, typer.Option("--type", help="Supplier type.")],
    parent: Annotated[str | None, ParentId] = None,
) -> None:
    """Create an organization, as a root or below a parent of the same type, and print its id."""
    partners.get(partner)
    above = _organization(parent, partner)
    organization = Organization.create(partner, name, supplier_type, above)
    table.transact(organizations.add(organization))
    console.print(organization.id)


@organization_app.command("list")
def list_organizations(partner: PartnerId) -> None:
    """List a partner's organizations as a tree."""
    rows = Table("id", "name", "type", "parent")
    for organization in organizations.of_partner(partners.get(partner).id):
        depth = organization.path.count("/")
        rows.add_row(
            organization.id,
            "  " * depth + organization.name,
            organization.supplier_type,
            organization.parent_id or "",
        )
    show(rows)


def _scope(name: str) -> Scope:
    # Typer does not support lists of literals.
    for scope in ALL_SCOPES:
        if name == scope:
            return scope
    raise typer.BadParameter(f"'{one_line(name)}' is not one of {', '.join(sorted(ALL_SCOPES))}.")


@client_app.command("create")
def create_client(
    context: typer.Context,
    name: Name,
    partner: PartnerId,
    organization: Annotated[str | None, LinkedId] = None,
    home: Annotated[str | None, HomeId] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(parser=_scope, metavar="SCOPE", help="Scope of the client; repeatable."),
    ] = None,
) -> None:
    """Create a client and show its secret, once.

    New users of the client join its --organization or --home, unless the request names another.
    """
    partners.get(partner)
    secret = new_secret()
    client = Client.create(
        partner,
        name,
        frozenset(map(_scope, scope or ())),
        secret=secret,
        pepper=pepper(),
        linked_to=_organization(organization, partner),
        home=_organization(home, partner),
    )
    # First, because a client without it may be refused.
    if keys := _usage_keys(context):
        keys.add(client.id)
    table.transact(clients.add(client))
    _show_credentials(client, secret)


@client_app.command("list")
def list_clients(partner: PartnerId) -> None:
    """List a partner's clients, with the fingerprints that identify them in log lines."""
    rows = Table("id", "name", "fingerprint", "sees", "scopes", "valid secrets")
    for client in clients.of_partner(partners.get(partner).id):
        rows.add_row(
            client.id,
            client.name,
            fingerprint(client.id),
            client.org_path.split("/")[-1] or "the whole partner",
            "\n".join(client.scopes),
            str(len(client.secret_hashes)),
        )
    show(rows)


@client_app.command("rotate")
def rotate_client(
    context: typer.Context,
    client_id: ClientId,
    partner: PartnerId,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Rotate even if two secrets are valid; the older one becomes invalid."
        ),
    ] = False,
) -> None:
    """Give a client a new secret, shown once. The one before it stays valid until `revoke --old`.

    Refused while two secrets are valid, because the older one would become invalid.
    """
    secret = new_secret()
    client = clients.get(partner, client_id)
    rotated = client.with_new_secret(secret, pepper(), force=force)
    if keys := _usage_keys(context):
        keys.add(client.id)
    table.transact(clients.replaced(client, rotated))
    _show_credentials(rotated, secret)
    if len(rotated.secret_hashes) > 1:
        chosen: Target = context.obj
        revoke = ("client", "revoke", client.id, "--partner", partner, "--old")
        console.print("The previous secret stays valid until you run this command:")
        console.print(shlex.join([sys.argv[0], *chosen.options, *revoke]))


@client_app.command("revoke")
def revoke_client(
    context: typer.Context,
    client_id: ClientId,
    partner: PartnerId,
    old: Annotated[
        bool, typer.Option("--old/--all", help="Revoke the older secret only, or all secrets.")
    ],
) -> None:
    """Revoke a client's older secret, or all. The APIs refuse it within a minute (cache time)."""
    client = clients.get(partner, client_id)
    changed = client.without_old_secret() if old else client.revoked()
    table.transact(clients.replaced(client, changed))
    console.print(f"valid secrets: {len(changed.secret_hashes)}")
    if not changed.secret_hashes and (keys := _usage_keys(context)):
        keys.delete(client.id)


@client_app.command("keys")
def make_keys(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show which clients have none.")
    ] = False,
) -> None:
    """Make the API key of each client that has none. On AWS, with a usage plan.

    `client create` makes it too. Run this before a deployment with `-c usagePlans=true`: see
    docs/operations.md.
    """
    keys = _usage_keys(context)
    if keys is None:
        raise NoUsageKey(
            "there is no usage plan, so no client needs an API key: docs/operations.md says how to "
            "limit each client"
        )
    lacking = keys.lacking(every_client())
    for client in lacking:
        if not dry_run:
            keys.add(client.id)
        console.print(f"{client.id}  {client.name}")
    console.print(f"API keys {'that would be ' if dry_run else ''}made: {len(lacking)}")


def _usage_keys(context: typer.Context) -> UsageKeys | None:
    """The clients' API keys; None where there is no usage plan, as on the local stack."""
    chosen: Target = context.obj
    return UsageKeys.of(chosen.names) if chosen.on_aws else None


def _organization(organization_id: str | None, partner_id: str) -> Organization | None:
    """The partner's organization with that id; None when no id is given.

    Raises OrganizationNotFound, also on an empty id: a script's variable may be unset.
    """
    if organization_id is None:
        return None
    organization = organizations.find(organization_id)
    if organization is None or organization.partner_id != partner_id:
        raise OrganizationNotFound
    return organization


def _show_credentials(client: Client, secret: str) -> None:
    console.print(f"partnerId     {client.partner_id}")
    console.print(f"clientId      {client.id}")
    console.print(f"clientSecret  {secret}")
    console.print("The secret is not stored and cannot be shown again.", style="yellow")


def main() -> None:
    """Run the command; print domain errors as one line."""
    print_anywhere()
    try:
        app()
    except (
        MotorpoolError,
        NoTarget,
        DrillFailed,
        NoRestore,
        NoUsageKey,
        versions.NoRollback,
    ) as error:
        sys.exit(f"motorpool: {one_line(str(error))}")


if __name__ == "__main__":
    main()
