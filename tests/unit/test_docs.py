"""The documents name only what is there: files, modules, commands, make targets, links."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from botocore import xform_name
from botocore.session import Session
from markdown_it import MarkdownIt
from markdown_it.token import Token

from infra.paths import FUNCTIONS, LAYERS, ROOT
from infra.spec import STAGES, Route, discover
from motorpool.access.scopes import ALL_SCOPES
from ops.cli import app

PACKAGE = LAYERS / "motorpool" / "python" / "motorpool"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "BENCHMARKS.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# Who takes part in a diagram and is not in the repository.
OUTSIDE = {"Caller", "Operator", "API Gateway", "DynamoDB", "Transfer queue", "Dead-letter queue"}
# What has a path's form and is none.
NO_PATHS = {"root/child/leaf"}

SUFFIXES = (".py", ".md", ".json", ".toml", ".in", ".txt")
# Whose words a page may use.
SOURCES = (".py/", ".json/", ".yml/")
PATH = re.compile(r"\.?[\w<*-][\w.<>*-]*(/[\w.<>*-]+)*/?")
DOTTED = re.compile(r"[a-z_]\w*(\.\w+)+")
IDENTIFIER = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True)
class Name:
    """Something that a page says is there. `kind` is the check that looks for it."""

    kind: str
    text: str


# --- the names in a page -----------------------------------------------------------------------


def names_in(markdown: str) -> list[Name]:
    """All names in a page, in order."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [name for token in tokens for name in _names_of(token)]


def _names_of(token: Token) -> Iterator[Name]:
    if token.type == "fence":
        yield from _in_fence(token.info.strip(), token.content)
    for child in token.children or ():
        if child.type == "code_inline":
            yield from _in_code(child.content)
        elif child.type == "text":
            yield from _in_prose(child.content)
        elif child.type == "link_open":
            yield Name("link", str(child.attrs["href"]))


def _in_fence(language: str, content: str) -> Iterator[Name]:
    if language == "sh":
        for line in content.splitlines():
            yield from _in_code(shlex.join(shlex.split(line, comments=True)))
    elif language == "mermaid":
        yield from _in_diagram(content)
    else:
        yield Name("fence", language)


def _in_diagram(content: str) -> Iterator[Name]:
    """Who takes part, also those who are only in an arrow, and the commands in its texts."""
    declared = dict(re.findall(r"^\s*participant (\w+)(?: as (.+))?$", content, re.MULTILINE))
    for short, label in declared.items():
        yield Name("participant", label or short)
    for ends in re.findall(r"^\s*(\w+)--?>>(\w+):", content, re.MULTILINE):
        yield from (Name("participant", end) for end in ends if end not in declared)
    for command in re.findall(r": (motorpool .+)$", content, re.MULTILINE):
        yield Name("command", command)


def _in_code(code: str) -> Iterator[Name]:
    words = code.split()
    if words[:1] == ["make"] and words[1:]:
        yield Name("target", words[1])
    elif words and words[0].rpartition("/")[2] == "motorpool" and words[1:]:
        yield Name("command", code)
    elif words[:1] == ["aws"] and words[2:]:
        yield Name("aws", code)
    elif "-m" in words:
        module, *arguments = words[words.index("-m") + 1 :]
        yield Name("module", module)
        for argument in arguments:
            yield from _word(argument)
    else:
        for word in words:
            yield from _word(word.strip("(),;:'\"" if "/" in word else "(),;:'\"{}"))


def _word(word: str) -> Iterator[Name]:
    word = word.removeprefix("@")
    if re.match(r"…?/\w", word):
        yield Name("route", word)
    elif word.startswith("--"):
        yield Name("option", word)
    elif word in ALL_SCOPES or word in NO_PATHS or word in SUFFIXES:
        return
    elif PATH.fullmatch(word) and ("/" in word or word.endswith(SUFFIXES) or word[0] == "."):
        yield Name("path", word)
    elif DOTTED.fullmatch(word):
        yield Name("module", word)
    elif IDENTIFIER.fullmatch(word) and re.search(r"_|[a-z][A-Z]|[A-Z][a-z]+$", word):
        yield Name("identifier", word)


def _in_prose(text: str) -> Iterator[Name]:
    """Tables name functions without marking them as code."""
    for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", text):
        yield Name("identifier", word)


# --- whether they are there --------------------------------------------------------------------


def wrong(page: Path) -> list[str]:
    """The names in a page that are nowhere."""
    return [
        f"{name.kind}: {name.text}"
        for name in names_in(page.read_text())
        if not CHECKS[name.kind](name.text, page)
    ]


def _is_file(text: str, _: Path) -> bool:
    """A file or folder, by its path or by the end of it; `<name>` and `*` stand for anything."""
    wanted = re.sub(r"<\w+>", "*", text).rstrip("/")
    if any(fnmatch(wanted.split("/")[0], made) for made in _made_by_tools()):
        return True
    pattern = re.escape(f"/{wanted}/").replace(r"\*", "[^/]*")
    return any(re.search(pattern, path) for path in _files())


@cache
def _made_by_tools() -> tuple[str, ...]:
    return tuple(line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines())


@cache
def _files() -> tuple[str, ...]:
    """Every file below the root that no tool made, as `/infra/spec.py/`."""
    found = []
    for folder, folders, files in ROOT.walk():
        folders[:] = [
            name
            for name in folders
            if name != ".git" and not any(fnmatch(name, made) for made in _made_by_tools())
        ]
        found += [f"/{(folder / file).relative_to(ROOT).as_posix()}/" for file in files]
    return tuple(found)


def _is_module(text: str, _: Path) -> bool:
    """A module of ours or what is defined in it (`vehicles.store.of_user`), or one installed."""
    parts = text.split(".")
    roots = [
        root
        for root in (ROOT, PACKAGE.parent, PACKAGE)
        if (root / parts[0]).is_dir() or (root / f"{parts[0]}.py").is_file()
    ]
    if roots:
        return any(_is_below(root, parts) for root in roots)
    return find_spec(parts[0]) is not None


def _is_below(folder: Path, parts: list[str]) -> bool:
    if not parts:
        return True
    if (folder / parts[0]).is_dir():
        return _is_below(folder / parts[0], parts[1:])
    module = folder / f"{parts[0]}.py"
    if not module.is_file():
        return False
    body: list[Any] = ast.parse(module.read_text()).body
    for part in parts[1:]:
        found = next((node for node in body if part in _defined_by(node)), None)
        if found is None:
            return False
        body = getattr(found, "body", [])
    return True


def _defined_by(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _is_target(text: str, _: Path) -> bool:
    makefile = (ROOT / "Makefile").read_text()
    return text in re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)


SESSION = Session()
COMMAND: Any = typer.main.get_command(app)


def _is_command(text: str, _: Path) -> bool:
    """A command line of `motorpool`; `a|b` are several, and `<name>` and `…` stand for values."""
    words = iter(shlex.split(text)[1:])
    level: Any = COMMAND
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("--"):
            known = _options_of(level)
            if option not in known:
                return False
            if not known[option] and "=" not in word:
                next(words, None)
        elif word == "…" or not hasattr(level, "commands"):
            continue
        elif not all(name in level.commands for name in word.split("|")):
            return False
        else:
            level = level.commands[word.split("|")[0]]
    return True


def _options_of(command: Any) -> dict[str, bool]:
    """The options of a command, and whether each is a flag."""
    given = {
        option: bool(getattr(parameter, "is_flag", False))
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    return given | {"--help": True}


# Commands that AWS's command line adds to those of AWS's services, with their options.
OF_THE_AWS_CLI = {"logs tail": {"--since", "--filter-pattern"}}
# The one service whose operations have another name there.
RENAMED = {"s3api": "s3"}
EVERYWHERE = {"--query", "--output"}


def _is_aws_command(text: str, _: Path) -> bool:
    """A command line of `aws`: botocore, which it is made of, knows the operation and its input."""
    words = shlex.split(text)
    service, operation = words[1:3]
    options = {word for word in words if word.startswith("--")} - EVERYWHERE
    if added := OF_THE_AWS_CLI.get(f"{service} {operation}"):
        return options <= added
    service = RENAMED.get(service, service)
    if service not in SESSION.get_available_services():
        return False
    if operation == "wait":
        waiters = SESSION.get_waiter_model(service)
        named = {xform_name(name, "-"): waiters.get_waiter(name) for name in waiters.waiter_names}
        if words[3] not in named:
            return False
        operation = xform_name(named[words[3]].operation, "-")
    model = SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        return False
    shape = model.operation_model(operations[operation]).input_shape
    known = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    return {option.replace("--no-", "--") for option in options} <= known


def _is_option(text: str, _: Path) -> bool:
    def known(command: Any) -> set[str]:
        below = getattr(command, "commands", {}).values()
        return set(_options_of(command)).union(*map(known, below))

    return text.partition("=")[0] in known(COMMAND)


def _is_route(text: str, _: Path) -> bool:
    """The path of a route, or with `…` its end; also below a stage or `/vehicle-suppliers`."""
    wanted = text.partition("?")[0].lstrip("…")
    paths = [
        f"/{STAGES[function.spec.api]}{function.spec.path}"
        for function in discover()
        if isinstance(function.spec, Route)
    ]
    prefixes = {f"/{stage}" for stage in STAGES.values()} | {"/vehicle-suppliers"}
    return wanted in prefixes or any(path.endswith(wanted) for path in paths)


def _is_identifier(text: str, page: Path) -> bool:
    """A function folder, a word of the code, or a file without a suffix."""
    return (FUNCTIONS / text).is_dir() or text in _words() or _is_file(text, page)


@cache
def _words() -> frozenset[str]:
    sources = [ROOT / path.strip("/") for path in _files() if path.endswith(SOURCES)]
    this = Path(__file__)
    return frozenset(
        word
        for source in sources
        if source != this
        for word in re.findall(r"\w+", source.read_text())
    )


def _is_link(text: str, page: Path) -> bool:
    """A page elsewhere, or a file of ours with that heading."""
    if text.startswith("https://"):
        return True
    file, _, anchor = text.partition("#")
    target = (page.parent / file).resolve() if file else page
    return target.exists() and (not anchor or anchor in _anchors(target.read_text()))


def _anchors(markdown: str) -> list[str]:
    """The anchors that GitHub gives to headings."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    headings = [
        following.content for token, following in pairwise(tokens) if token.type == "heading_open"
    ]
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def _is_participant(text: str, page: Path) -> bool:
    return text in OUTSIDE or (_is_module if DOTTED.fullmatch(text) else _is_file)(text, page)


def _is_looked_into(language: str, _: Path) -> bool:
    """Only these code blocks are; another language needs a check of its own first."""
    return language in {"sh", "mermaid"}


CHECKS = {
    "aws": _is_aws_command,
    "command": _is_command,
    "fence": _is_looked_into,
    "identifier": _is_identifier,
    "link": _is_link,
    "module": _is_module,
    "option": _is_option,
    "participant": _is_participant,
    "path": _is_file,
    "route": _is_route,
    "target": _is_target,
}


# --- the tests ---------------------------------------------------------------------------------


def diagram(*lines: str) -> str:
    return "\n    ".join(("```mermaid\nsequenceDiagram", *lines)) + "\n```"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_nothing_that_is_not_there(page: Path) -> None:
    assert wrong(page) == []


def test_names_of_every_kind_are_found() -> None:
    found = [name for page in PAGES for name in names_in(page.read_text())]
    counts = {kind: len({n.text for n in found if n.kind == kind}) for kind in CHECKS}
    least = {"command": 8, "identifier": 60, "link": 20, "module": 12, "option": 4}
    least |= {"participant": 10, "path": 50, "route": 20, "target": 10}
    assert {kind: count for kind, count in counts.items() if count < least.get(kind, 0)} == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("See `functions/fly_vehicle/`.", "path: functions/fly_vehicle/"),
        ("See `function/<name>/handler.py`.", "path: function/<name>/handler.py"),
        ("See `dynamodb/kees.py`.", "path: dynamodb/kees.py"),
        ("See `kees.py`.", "path: kees.py"),
        ("See `tests/unit/keys.py`.", "path: tests/unit/keys.py"),
        ("See `functions/<name>/rout.py`.", "path: functions/<name>/rout.py"),
        ("See `.ce/run`.", "path: .ce/run"),
        ("See `motorpool.awz`.", "module: motorpool.awz"),
        ("See `motorpol.aws`.", "module: motorpol.aws"),
        ("See `infra.spec.Used`.", "module: infra.spec.Used"),
        ("See `vehicles.store.of_users`.", "module: vehicles.store.of_users"),
        ("See `motorpool.errors.Refusal.statue`.", "module: motorpool.errors.Refusal.statue"),
        ("Run `python -m infra.nod`.", "module: infra.nod"),
        ("Run `python -m pytest tests/units`.", "path: tests/units"),
        ("Run `make tea`.", "target: tea"),
        ("```sh\nmake tea  # now\n```", "target: tea"),
        ("Run `motorpool fly`.", "command: motorpool fly"),
        ("Run `motorpool client fly`.", "command: motorpool client fly"),
        ("Run `motorpool drill leak|fly`.", "command: motorpool drill leak|fly"),
        ("Run `motorpool --dry-run client list`.", "command: motorpool --dry-run client list"),
        ("Run `motorpool client list --old`.", "command: motorpool client list --old"),
        ("```sh\n.venv/bin/motorpool fly\n```", "command: .venv/bin/motorpool fly"),
        ("Run `aws lambda fly`.", "aws: aws lambda fly"),
        ("Run `aws fly now`.", "aws: aws fly now"),
        ("Run `aws lambda get-alias --fly 1`.", "aws: aws lambda get-alias --fly 1"),
        ("Run `aws logs tail a --fly 1`.", "aws: aws logs tail a --fly 1"),
        ("Run `aws dynamodb wait table-flies`.", "aws: aws dynamodb wait table-flies"),
        ("Use `--fly`.", "option: --fly"),
        ("Call `fly_vehicle`.", "identifier: fly_vehicle"),
        ("A `VehicleFlight`.", "identifier: VehicleFlight"),
        ("| function |\n|---|\n| fly_vehicle |", "identifier: fly_vehicle"),
        ("Send `POST /vehicles/fly`.", "route: /vehicles/fly"),
        ("Send `POST …/fly`.", "route: …/fly"),
        ("[a](flight.md)", "link: flight.md"),
        ("[a](#flight)", "link: #flight"),
        ("# Plan\n\n[a](#plane)", "link: #plane"),
        (diagram("participant A as functions/fly"), "participant: functions/fly"),
        (diagram("participant A as motorpool.fly"), "participant: motorpool.fly"),
        (diagram("participant Pilot"), "participant: Pilot"),
        (diagram("participant Caller", "Pilot-->>Caller: go"), "participant: Pilot"),
        (diagram("participant Caller", "Caller->>Caller: motorpool fly"), "command: motorpool fly"),
        ("```yaml\na: 1\n```", "fence: yaml"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_found(text: str, name: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert wrong(page) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "`functions/<name>/handler.py`, `dynamodb/keys.py`, `.local/stack.json`, `docs/`",
        "`motorpool.aws`, `infra.spec.Uses`, `vehicles.store.of_user`, `botocore.config`",
        'make it: `make test ARGS="-k name"`',
        "`motorpool --aws partner create <name>`, `motorpool drill restore|leak|poison`, `--force`",
        "`apply_transfer`, `@endpoint`, `VersionConflict`, `checkins.review`",
        "`GET /users/{userId}`, `PUT …/activate`, `GET /vehicles?owner_id=`, `/api`",
        "`aws lambda get-alias --name live`, `aws dynamodb wait table-exists --table-name <table>`",
        "# A plan, for: all\n\n[a](#a-plan-for-all), [b](https://example.com/#none)",
        diagram("participant A as functions/apply_transfer", "A->>A: motorpool client list"),
    ],
)
def test_a_name_that_is_there_is_accepted(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert names_in(text)
    assert wrong(page) == []


def test_the_architecture_page_has_the_rooms_in_the_order_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = settings["tool"]["importlinter"]["contracts"][0]
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition("## The rooms")[2].partition("Inside a room")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [re.findall(r"`(\w+)`", row) for row in rows] == [
        layer.split(" | ") for layer in contract["layers"]
    ]


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150
