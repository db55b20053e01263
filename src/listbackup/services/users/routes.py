"""What users offer over HTTP: coming to be known, and one's own profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from listbackup.backends.identity.port import Person, Session
from listbackup.services.auth import Auth
from listbackup.services.routing import Answer, Call, Route, mine, public
from listbackup.services.users.model import Profile, UserSettings
from listbackup.services.users.registration import Registration
from listbackup.services.users.schema import (
    ChangedMe,
    ChangedSettings,
    EmailAgreed,
    MadeOut,
    Me,
    NewEmail,
    RegisterIn,
    ResendIn,
    SetupIn,
    VerifyIn,
    WelcomeOut,
    show_me,
)
from listbackup.services.users.service import Users


def registration_routes(auth: Auth, registration: Registration) -> Sequence[Route]:
    """How people come to be known."""

    def welcome(_: Call) -> Answer:
        return Answer(content=WelcomeOut(needs_setup=registration.needs_owner(), registration=registration.admission))

    def set_up(call: Call) -> Answer:
        asked = call.body(SetupIn)
        person = registration.set_up(asked.code, email=asked.email, password=asked.password, name=asked.name, client=call.client)
        return Answer(content=MadeOut(user=person.id, email=person.email))

    def register(call: Call) -> Answer:
        asked = call.body(RegisterIn)
        registration.register(
            email=asked.email,
            password=asked.password,
            name=asked.name,
            account=asked.account_name,
            invitation=asked.invitation,
            client=call.client,
        )
        return Answer()

    def verify(call: Call) -> Answer:
        asked = call.body(VerifyIn)
        person = registration.verify(asked.token, asked.password)
        return Answer(content=MadeOut(user=person.id, email=person.email, chooses_password=asked.password is None))

    def resend(call: Call) -> Answer:
        auth.send_verification(call.body(ResendIn).email, call.client)
        return Answer()

    return [
        Route(method="GET", path="/auth/welcome", summary="How one comes in here", access=None, handle=welcome, answers=WelcomeOut),
        public("/auth/setup", "Make the first owner, with the code that the console shows", set_up, body=SetupIn, answers=MadeOut, status=201, problems=(401, 409)),
        public("/auth/register", "Register; a mail says how to go on, and the answer is always the same", register, body=RegisterIn, status=202, problems=(401, 403)),
        public("/auth/verify", "Show that an address is one's own, by the mail's link", verify, body=VerifyIn, answers=MadeOut, problems=(401,)),
        public("/auth/verify/resend", "Another link, if this address waits for one", resend, body=ResendIn, status=202),
    ]  # fmt: skip


def routes(users: Users, auth: Auth) -> Sequence[Route]:
    """One's own profile, settings and address."""

    def me(call: Call) -> tuple[Person, Session]:
        return auth.current(call.caller.user or "", call.caller.session or "")

    def shown(profile: Profile, person: Person) -> Answer:
        return Answer(content=show_me(profile, person), version=profile.version)

    def show(call: Call) -> Answer:
        person, _ = me(call)
        return shown(users.get(person.id), person)

    def change(call: Call) -> Answer:
        person, _ = me(call)
        return shown(users.rename(person.id, call.body(ChangedMe).name, version=call.version), person)

    def settings(call: Call) -> Answer:
        profile = users.get(me(call)[0].id)
        return Answer(content=profile.settings, version=profile.version)

    def change_settings(call: Call) -> Answer:
        person, _ = me(call)
        asked = call.body(ChangedSettings).model_dump(exclude_none=True)
        profile = users.set_settings(person.id, replace(users.get(person.id).settings, **asked), version=call.version)
        return Answer(content=profile.settings, version=profile.version)

    def ask_email(call: Call) -> Answer:
        users.ask_email_change(*me(call), call.body(NewEmail).email)
        return Answer()

    def agree(call: Call) -> Answer:
        return Answer(content=EmailAgreed(changed=users.agree_to_email_change(call.body(VerifyIn).token)))

    own = "/users/me/settings"
    return [
        mine("GET", "/users/me", "The person who calls", show, answers=Me, versioned=True),
        mine("PATCH", "/users/me", "Change one's name", change, body=ChangedMe, answers=Me, versioned=True),
        mine("GET", own, "How one likes the screens", settings, answers=UserSettings, versioned=True),
        mine("PATCH", own, "Change how one likes the screens", change_settings, body=ChangedSettings, answers=UserSettings, versioned=True),
        mine("POST", "/users/me/email", "Ask for another address; both must agree by mail", ask_email, body=NewEmail, status=202, step_up=True),
        public("/users/me/email/confirm", "One of the two addresses agrees, by the mail's link", agree, body=VerifyIn, answers=EmailAgreed, problems=(401, 409)),
    ]  # fmt: skip
