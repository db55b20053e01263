"""Second factors: one-time codes, recovery codes and passkeys, enrolled, used and removed."""

from __future__ import annotations

from collections.abc import Sequence

from listbackup.backends.identity.port import Factor, Passkey, Person, Session, SignInRefused, TotpSetup, Writes
from listbackup.base.errors import InputError
from listbackup.services.auth.acts import Act, own, own_scope
from listbackup.services.auth.events import passkey_fact, person_fact
from listbackup.services.auth.ground import AuthGround
from listbackup.services.auth.passwords import require_fresh


class Factors:
    """What a person has besides a password. Every change asks for a fresh proof, ends the person's other sessions and is told by mail."""

    def __init__(self, ground: AuthGround) -> None:
        self._g = ground

    def begin_totp(self, person: Person, session: Session) -> TotpSetup:
        """A seed to be shown once, as text and QR code; it counts for nothing before ``confirm_totp``. Raises Conflict, StepUpNeeded."""
        require_fresh(self._g, session)
        setup, writes = self._g.identity.codes.begin(person)
        self._g.desk.commit(own_scope(person.id), writes, person_fact("mfa_begun", person.id))
        return setup

    def confirm_totp(self, person: Person, session: Session, code: str) -> tuple[Sequence[str], Session]:
        """The recovery codes, to be shown once, and the session. Raises SignInRefused (wrong code), StepUpNeeded."""
        require_fresh(self._g, session)

        def attempt() -> Act[tuple[Sequence[str], Session]]:
            now, held = self._live(person, session)
            newer, codes, writes = self._g.identity.codes.confirm(now, code)
            kept, changed = self._changed(newer, held, "One-time codes were set up for your sign-in.")
            return (codes, kept), [*writes, *changed], [person_fact("mfa_enabled", person.id, factor=Factor.TOTP.value)]

        return self._g.acts.do(attempt, own(person.id))

    def remove_totp(self, person: Person, session: Session, factor: Factor, proof: str) -> Session:
        """Without one-time codes. A factor is removed with a factor: a code, a recovery code or a passkey's answer, never by mail. Raises SignInRefused, TooManyTries."""
        require_fresh(self._g, session)

        def attempt() -> Act[Session]:
            now, held = self._live(person, session)
            if factor is Factor.PASSKEY:
                proved, used = self.prove_passkey(proof)
                if proved.id != now.id:
                    raise SignInRefused
            else:
                self._checked(now, factor, proof)
                used = ()
            newer, writes = self._g.identity.codes.remove(now)
            kept, changed = self._changed(newer, held, "One-time codes were removed from your sign-in.")
            return kept, [*used, *writes, *changed], [person_fact("mfa_removed", person.id, factor=Factor.TOTP.value)]

        return self._g.acts.do(attempt, own(person.id))

    def renew_recovery_codes(self, person: Person, session: Session) -> Sequence[str]:
        """New codes, to be shown once; the old are void. Raises InputError without a second factor, StepUpNeeded."""
        require_fresh(self._g, session)

        def attempt() -> Act[Sequence[str]]:
            now, _ = self._live(person, session)
            if not now.has_mfa:
                raise InputError("recovery codes stand in for a second factor, and there is none", hint="set one up first")
            codes, writes = self._g.identity.codes.renew_recovery_codes(now)
            told = self._g.letters.notice(now.email, "Your recovery codes were renewed.")
            return codes, [*writes, *told], [person_fact("recovery_codes_renewed", person.id)]

        return self._g.acts.do(attempt, own(person.id))

    def count_recovery_codes(self, person: Person) -> int:
        """How many are left."""
        return self._g.identity.codes.count_recovery_codes(person)

    def begin_passkey(self, person: Person, session: Session) -> str:
        """What the browser needs to make a passkey, as JSON. Raises StepUpNeeded."""
        require_fresh(self._g, session)
        options, writes = self._g.identity.passkeys.begin_registration(person)
        self._g.desk.commit(own_scope(person.id), writes)
        return options

    def finish_passkey(self, person: Person, session: Session, answer: str, *, name: str) -> tuple[Passkey, Session]:
        """The new passkey. Raises SignInRefused, InputError, StepUpNeeded."""
        require_fresh(self._g, session)

        def attempt() -> Act[tuple[Passkey, Session]]:
            now, held = self._live(person, session)
            newer, passkey, writes = self._g.identity.passkeys.finish_registration(now, answer, name=name)
            kept, changed = self._changed(newer, held, f"The passkey {passkey.name} was added to your sign-in.")
            return (passkey, kept), [*writes, *changed], [passkey_fact("added", now, passkey)]

        return self._g.acts.do(attempt, own(person.id))

    def remove_passkey(self, person: Person, session: Session, passkey: str) -> Session:
        """Without this passkey. Raises NotFound, StepUpNeeded; SignInRefused when the session never showed a second factor."""
        require_fresh(self._g, session)
        if not set(session.by) & {Factor.TOTP, Factor.PASSKEY, Factor.RECOVERY_CODE}:
            raise SignInRefused("a passkey is removed with a second factor", hint="sign in with a code or a passkey")

        def attempt() -> Act[Session]:
            now, held = self._live(person, session)
            gone = next((one for one in self._g.identity.passkeys.list(now) if one.id == passkey), None)
            newer, writes = self._g.identity.passkeys.remove(now, passkey)
            kept, changed = self._changed(newer, held, "A passkey was removed from your sign-in.")
            return kept, [*writes, *changed], [passkey_fact("removed", now, gone)] if gone is not None else []

        return self._g.acts.do(attempt, own(person.id))

    def passkeys(self, person: Person) -> Sequence[Passkey]:
        """The person's passkeys, oldest first."""
        return self._g.identity.passkeys.list(person)

    def clear(self, person: Person) -> Writes:
        """No factor is left that somebody may have set up before the address was shown to be the person's; nobody is told, the person never had them."""
        return [*self._g.identity.codes.clear(person), *self._g.identity.passkeys.clear(person)]

    def prove(self, person: Person, factor: Factor, code: str) -> Writes:
        """The writes that use a code up. Raises SignInRefused, TooManyTries."""
        if factor is Factor.TOTP:
            return self._g.identity.codes.check(person, code)
        if factor is Factor.RECOVERY_CODE:
            told = self._g.letters.notice(person.email, "A recovery code was used to sign in.")
            return [*self._g.identity.codes.check_recovery_code(person, code), *told]
        raise SignInRefused

    def prove_passkey(self, answer: str) -> tuple[Person, Writes]:
        """Whose passkey answered, and the writes that use the challenge up. One whose counter went back is told, and signs nobody in."""
        person, passkey, writes = self._g.identity.passkeys.finish_sign_in(answer)
        if passkey.suspicious:
            told = self._g.letters.notice(person.email, f"The passkey {passkey.name} may have been copied, so it signs nobody in any more.")
            self._g.desk.commit(own_scope(person.id), [*writes, *told], passkey_fact("suspicious", person, passkey))
            raise SignInRefused
        return person, writes

    def _checked(self, person: Person, factor: Factor, code: str) -> None:
        """The code is right; using it up is left to what removes the factor it belongs to."""
        if factor is Factor.TOTP:
            self._g.identity.codes.check(person, code)
        elif factor is Factor.RECOVERY_CODE:
            self._g.identity.codes.check_recovery_code(person, code)
        else:
            raise SignInRefused

    def _live(self, person: Person, session: Session) -> tuple[Person, Session]:
        return self._g.identity.sessions.get_live(person.id, session.id)

    def _changed(self, newer: Person, held: Session, happened: str) -> tuple[Session, Writes]:
        """The session that goes on, and the letter."""
        kept, moved = self._g.identity.sessions.keep(held, newer)
        return kept, [*moved, *self._g.letters.notice(newer.email, happened)]
