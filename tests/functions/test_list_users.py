"""GET /users: the users of the caller's organizations, page by page."""

from collections.abc import Callable

from infra.local.world import World
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


def test_every_page_is_full_but_the_last(somebody: Somebody) -> None:
    root = world.organization()
    west = World().organization("West", parent=root)
    World().organization("Empty", parent=west)
    made = [World().driver(at=at).id for at in (root, root, west, west, west)]
    found, query = [], {"limit": "2"}
    while True:
        answer = somebody().with_query(**query).calls()
        found.append([user["id"] for user in answer.body["users"]])
        if answer.body["nextCursor"] is None:
            break
        query["cursor"] = answer.body["nextCursor"]
    assert found == [made[:2], made[2:4], made[4:]]
    of_west = somebody().linked_to(west.id, west.path).with_query().calls().body["users"]
    assert [user["id"] for user in of_west] == made[2:]
    assert somebody().of(world.OTHER_PARTNER).calls().body == {"users": [], "nextCursor": None}


def test_a_user_is_shown_as_it_is(somebody: Somebody) -> None:
    world.driver(at=world.organization())
    assert somebody().calls().body["users"] == [Caller("get_user").calls().body]
