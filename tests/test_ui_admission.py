import anyio
import pytest
from fakes import a_desk
from starlette.requests import HTTPConnection

from ui.admission import Admission, visitor_of
from ui.errors import BusyError, ClosingError

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def admission(**settings):
    return Admission(a_desk(None, **settings).settings)


async def refused(door, visitor="a"):
    with pytest.raises(BusyError) as refusal:
        async with door.place(visitor):
            pass
    return refusal.value


def who(host, **state):
    return visitor_of(HTTPConnection({"type": "http", "client": (host, 1), "state": state}))


class Holding:
    """Holds places until it is told to leave them."""

    def __init__(self, door, tasks):
        self._door, self._tasks = door, tasks
        self._leave = anyio.Event()
        self.held = 0

    async def take(self, visitor="a"):
        async def hold():
            async with self._door.place(visitor):
                self.held += 1
                await self._leave.wait()

        self._tasks.start_soon(hold)
        await anyio.wait_all_tasks_blocked()

    def leave(self):
        self._leave.set()


async def test_a_visitor_may_ask_so_many_questions_a_minute_and_another_still_may():
    door = admission(visitor_rate=2)
    for _ in range(2):
        async with door.place("a"):
            pass
    refusal = await refused(door)
    assert refusal.limit == "visitor_rate"
    assert 1 <= refusal.seconds <= 60
    async with door.place("b"):
        pass


async def test_all_together_may_ask_so_many_questions_a_minute():
    door = admission(rate=2)
    for visitor in "ab":
        async with door.place(visitor):
            pass
    assert (await refused(door, "c")).limit == "rate"


async def test_a_question_that_is_turned_away_does_not_count():
    door = admission(visitor_rate=1, rate=2)
    async with door.place("a"):
        pass
    for _ in range(5):
        await refused(door, "a")
    async with door.place("b"):
        pass


@pytest.mark.parametrize("jump", [-3_600, -(10**9), 120, 10**9])
async def test_a_clock_that_is_set_anew_neither_forgets_nor_keeps_a_visitor_out(monkeypatch, jump):
    wall, since_start = [10.0**9], [0.0]
    monkeypatch.setattr("time.time", lambda: wall[0])
    monkeypatch.setattr("time.monotonic", lambda: since_start[0])
    door = admission(visitor_rate=1)
    async with door.place("a"):
        pass
    wall[0] += jump
    refusal = await refused(door)
    assert (refusal.limit, refusal.seconds) == ("visitor_rate", 60)
    for clock in (wall, since_start):
        clock[0] += 61
    async with door.place("a"):
        pass


async def test_a_visitor_may_ask_again_when_the_first_question_is_a_minute_old(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    door = admission(visitor_rate=2)
    for now[0] in (0.0, 40.0):
        async with door.place("a"):
            pass
    now[0] = 50.0
    assert (await refused(door)).seconds == 10
    now[0] = 60.0
    async with door.place("a"):
        pass
    assert (await refused(door)).seconds == 40


async def test_so_many_are_answered_at_once_and_the_next_waits_for_its_turn():
    door = admission(simultaneous=2)
    async with anyio.create_task_group() as tasks:
        holding = Holding(door, tasks)
        for visitor in "abc":
            await holding.take(visitor)
        assert (holding.held, door.answering, door.waiting) == (2, 2, 1)
        holding.leave()
    assert (holding.held, door.answering, door.waiting) == (3, 0, 0)


async def test_more_than_may_wait_are_told_when_to_come_back():
    door = admission(simultaneous=1, queue=1)
    async with anyio.create_task_group() as tasks:
        holding = Holding(door, tasks)
        for visitor in "ab":
            await holding.take(visitor)
        refusal = await refused(door, "c")
        assert (refusal.limit, refusal.status) == ("queue", 429)
        assert refusal.seconds >= 1
        holding.leave()


async def test_where_none_may_wait_a_free_place_is_still_given():
    door = admission(simultaneous=1, queue=0)
    async with anyio.create_task_group() as tasks:
        holding = Holding(door, tasks)
        await holding.take("a")
        assert (await refused(door, "b")).limit == "queue"
        holding.leave()
    async with door.place("b"):
        pass


async def test_one_visitor_does_not_take_every_place():
    door = admission(visitor_simultaneous=2, simultaneous=4)
    async with anyio.create_task_group() as tasks:
        holding = Holding(door, tasks)
        await holding.take("a")
        await holding.take("a")
        assert (await refused(door, "a")).limit == "visitor_simultaneous"
        await holding.take("b")
        assert holding.held == 3
        holding.leave()


async def test_who_is_cancelled_in_the_line_or_in_a_place_leaves_it_free():
    door = admission(simultaneous=1)
    async with anyio.create_task_group() as tasks:
        holding = Holding(door, tasks)
        await holding.take("a")
        await holding.take("b")
        tasks.cancel_scope.cancel()
    assert (door.answering, door.waiting) == (0, 0)
    with anyio.fail_after(1):
        async with door.place("c"):
            pass


async def test_a_failure_leaves_the_place_free():
    door = admission(simultaneous=1)
    with pytest.raises(ZeroDivisionError):
        async with door.place("a"):
            raise ZeroDivisionError
    assert door.answering == 0


async def test_who_has_left_is_forgotten():
    door = admission()
    for number in range(100):
        async with door.place(str(number)):
            pass
    assert not door._of_visitor


async def test_who_has_not_asked_for_a_minute_is_forgotten(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    door = admission()
    for number in range(100):
        async with door.place(str(number)):
            pass
    now[0] = 60.0
    async with door.place("a"):
        pass
    assert len(door._visitor_rate) == 1


async def test_when_the_server_stops_answers_are_finished_and_new_questions_told_to_come_back():
    door = admission(grace=5)
    async with anyio.create_task_group() as tasks:
        holding = Holding(door, tasks)
        await holding.take()
        closed = []

        async def close():
            await door.close(5)
            closed.append(holding.held)

        tasks.start_soon(close)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ClosingError) as refusal:
            async with door.place("b"):
                pass
        assert (refusal.value.status, refusal.value.seconds) == (503, 5)
        assert not closed
        holding.leave()
    assert closed == [1]


async def test_the_server_does_not_wait_for_ever():
    door = admission()
    async with anyio.create_task_group() as tasks:
        holding = Holding(door, tasks)
        await holding.take()
        with anyio.fail_after(1):
            await door.close(0.01)
        holding.leave()


async def test_with_nobody_in_the_server_stops_at_once():
    with anyio.fail_after(1):
        await admission().close(60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("testclient", "192.0.2.1"),
    ],
)
async def test_visitors_are_told_apart_by_their_address(one, other):
    assert who(one) != who(other)


async def test_addresses_of_one_ipv6_site_are_one_visitor():
    assert who("2001:db8::1") == who("2001:db8::ffff:1")


async def test_a_program_is_known_by_its_token_wherever_it_is():
    assert who("192.0.2.1", program="program 1") == who("192.0.2.2", program="program 1")
