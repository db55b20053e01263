"""A letter is kept with what it tells of, and goes out until somebody took it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listbackup.backends.mail.memory import MemoryMail
from listbackup.backends.mail.port import Letter, MailShut
from listbackup.backends.table.port import ConditionFailed
from listbackup.base.errors import BackendError, InputError
from listbackup.services.post import MOST_TRIES, POST, Post, Trouble, installation, trouble
from listbackup.testing.identity import Doors, doors
from listbackup.testing.keys import memory_scope
from listbackup.testing.together import in_threads


class Moody(MemoryMail):
    """Refuses as long as ``mood`` says so."""

    mood: BackendError | None = None

    def send(self, letter: Letter) -> None:
        if self.mood is not None:
            raise self.mood
        super().send(letter)


@pytest.fixture
def house() -> Doors:
    return doors()


@pytest.fixture
def mail() -> Moody:
    return Moody()


@pytest.fixture
def post(house: Doors, mail: Moody) -> Post:
    return Post(house.desk, mail, memory_scope("installation"))


def put(house: Doors, post: Post, **more: bool) -> None:
    house.desk.commit(installation("test"), post.write(to="ada@example.com", subject="s", text="t", **more))


def waiting(house: Doors) -> int:
    return len(house.tables.open(POST).query("post", index="by_due").items)


def test_a_letter_whose_act_failed_was_never_written(house: Doors, post: Post, mail: Moody) -> None:
    house.person()
    taken = house.identity.people.find_by_email("ada@example.com")
    assert taken is not None
    stale = house.identity.people.end_sessions(taken)[1]
    house.tables.transact(stale)
    with pytest.raises(ConditionFailed):
        house.desk.commit(installation("test"), [*stale, *post.write(to="ada@example.com", subject="s", text="t")])
    sent = len(mail.sent)
    post.dispatch()
    assert all(letter.subject != "s" for letter in mail.sent[sent:])


def test_what_is_refused_for_now_comes_later_and_later_and_is_given_up_after_a_day(house: Doors, post: Post, mail: Moody) -> None:
    put(house, post)
    mail.mood = BackendError("busy", retryable=True)
    began, tries = house.clock.now(), 0
    while waiting(house):
        post.dispatch()
        tries += 1
        for _ in range(480):
            if (
                not waiting(house)
                or house.tables.open(POST).query("post", index="by_due", before=post._due(timedelta(milliseconds=1))).items
            ):
                break
            house.clock.advance(timedelta(seconds=30))
    assert tries == MOST_TRIES
    assert timedelta(hours=12) < house.clock.now() - began < timedelta(days=2)
    lines = house.activities.list(installation("test")).items
    assert [line.action for line in lines] == ["account:letter:refused"]


def test_what_was_refused_for_now_is_sent_when_the_server_is_back(house: Doors, post: Post, mail: Moody) -> None:
    put(house, post)
    mail.mood = BackendError("busy", retryable=True)
    assert post.dispatch() == 0
    mail.mood = None
    assert post.dispatch() == 0  # not due yet
    house.clock.advance(timedelta(seconds=30))
    assert (post.dispatch(), len(mail.sent), waiting(house)) == (1, 1, 0)


def test_what_is_refused_for_good_is_told(house: Doors, post: Post, mail: Moody) -> None:
    put(house, post)
    mail.mood = BackendError("no such person", retryable=False)
    post.dispatch()
    assert waiting(house) == 0
    assert house.activities.list(installation("test")).items[0].about["why"] == "no such person"


def test_a_sender_that_died_is_followed_by_another(house: Doors, post: Post, mail: Moody) -> None:
    put(house, post)

    class Died(BaseException):
        pass

    mail.mood = Died()  # type: ignore[assignment]
    with pytest.raises(Died):
        post.dispatch()
    mail.mood = None
    assert post.dispatch() == 0
    house.clock.advance(timedelta(minutes=5))
    assert post.dispatch() == 1


def test_eight_senders_send_each_letter_once(house: Doors, post: Post, mail: Moody) -> None:
    for _ in range(20):
        put(house, post)
    in_threads(lambda: void(post.dispatch()), 8)
    assert len(mail.sent) == len({letter.id for letter in mail.sent}) == 20


def void(_: object) -> None:
    return None


def test_a_void_letter_goes_nowhere(house: Doors, post: Post, mail: Moody) -> None:
    put(house, post, is_void=True)
    assert (post.dispatch(), mail.sent, waiting(house)) == (0, [], 0)


def test_a_letter_that_could_not_be_sent_is_not_written(post: Post) -> None:
    with pytest.raises(InputError):
        post.write(to="ada@example.com\nBcc: eve@example.com", subject="s", text="t")


def test_a_letter_that_cannot_be_opened_any_more_holds_up_no_other_and_is_given_up(house: Doors, mail: Moody) -> None:
    put(house, Post(house.desk, mail, memory_scope("keys that are lost")))
    post = Post(house.desk, mail, memory_scope("installation"))
    put(house, post)
    assert post.dispatch() == 1
    assert waiting(house) == 0


def test_while_no_letter_is_taken_at_all_they_wait_with_the_reason_and_go_out_when_it_is_mended(
    house: Doors, post: Post, mail: Moody
) -> None:
    for _ in range(3):
        put(house, post)
    assert trouble(house.tables) is None
    mail.mood = MailShut("AWS says no", hint="give the role the right")
    began = house.clock.now()
    while house.clock.now() - began < timedelta(days=3):
        assert post.dispatch() == 0
        house.clock.advance(timedelta(minutes=10))
    assert trouble(house.tables) == Trouble(why="AWS says no", letters=3)
    mail.mood = None
    house.clock.advance(timedelta(minutes=15))
    assert (post.dispatch(), waiting(house), trouble(house.tables)) == (3, 0, None)
    assert house.activities.list(installation("test")).items == []


def test_one_letter_a_time_is_tried_while_none_is_taken(house: Doors, post: Post, mail: Moody) -> None:
    for _ in range(5):
        put(house, post)
    mail.mood = MailShut("no")
    post.dispatch()
    assert [row["tries"] for row in house.tables.open(POST).query("post", index="by_due").items] == [0, 0, 0, 0, 1]


def test_a_letter_that_is_refused_for_itself_holds_up_no_other_and_is_no_trouble_of_all(house: Doors, post: Post, mail: Moody) -> None:
    put(house, post)
    mail.mood = BackendError("no such person")
    post.dispatch()
    mail.mood = None
    put(house, post)
    assert (trouble(house.tables), post.dispatch(), waiting(house)) == (None, 1, 0)


def test_a_letter_is_given_up_after_a_week_in_which_none_was_taken(house: Doors, post: Post, mail: Moody) -> None:
    put(house, post)
    mail.mood = MailShut("no")
    began = house.clock.now()
    while waiting(house):
        post.dispatch()
        house.clock.advance(timedelta(minutes=15))
    assert timedelta(days=6) < house.clock.now() - began < timedelta(days=8)
    assert [line.action for line in house.activities.list(installation("test")).items] == ["account:letter:refused"]
