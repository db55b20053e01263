"""The function that a user pool asks gives tokens for one right answer, in time, and for nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from listbackup.backends.identity.cognito_trigger import ATTRIBUTE, handler, is_proved, proof_of
from listbackup.testing.clock import ManualClock

CLOCK = ManualClock()
ENDS = int((CLOCK.now() + timedelta(minutes=5)).timestamp())
RIGHT = {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": True, "challengeMetadata": "PROOF"}


def asked(source: str, **request: Any) -> dict[str, Any]:
    response: dict[str, Any] = handler({"triggerSource": f"{source}_Authentication", "request": request}, None, clock=CLOCK)["response"]
    return response


def test_it_asks_once_and_then_decides() -> None:
    assert asked("DefineAuthChallenge", session=[]) == {
        "challengeName": "CUSTOM_CHALLENGE",
        "issueTokens": False,
        "failAuthentication": False,
    }
    assert asked("DefineAuthChallenge", session=[RIGHT]) == {"issueTokens": True, "failAuthentication": False}


@pytest.mark.parametrize(
    "session",
    [
        [RIGHT | {"challengeResult": False}],
        [RIGHT | {"challengeResult": None}],
        [RIGHT | {"challengeResult": "true"}],
        [RIGHT | {"challengeName": "PASSWORD_VERIFIER"}],
        [RIGHT | {"challengeResult": False}, RIGHT],
        [RIGHT, RIGHT],
        [{}],
    ],
)
def test_nothing_but_one_right_answer_gives_tokens(session: list[dict[str, object]]) -> None:
    assert asked("DefineAuthChallenge", session=session) == {"issueTokens": False, "failAuthentication": True}


def test_whoever_is_nobody_gets_no_tokens_for_a_right_answer() -> None:
    assert asked("DefineAuthChallenge", session=[RIGHT], userNotFound=True) == {"issueTokens": False, "failAuthentication": True}


def test_the_question_tells_nothing() -> None:
    told = asked("CreateAuthChallenge", session=[], userAttributes={ATTRIBUTE: proof_of("secret", ENDS)})
    assert told == {"publicChallengeParameters": {}, "privateChallengeParameters": {}, "challengeMetadata": "PROOF"}


def test_the_secret_behind_the_attribute_is_the_right_answer() -> None:
    kept = {ATTRIBUTE: proof_of("secret", ENDS)}
    assert asked("VerifyAuthChallengeResponse", userAttributes=kept, challengeAnswer="secret") == {"answerCorrect": True}
    for answer in ("", "Secret", kept[ATTRIBUTE], kept[ATTRIBUTE].partition(":")[2], "\ud800", None):
        assert asked("VerifyAuthChallengeResponse", userAttributes=kept, challengeAnswer=answer) == {"answerCorrect": False}


@pytest.mark.parametrize("kept", ["", ":", "x", "12", "9" * 30, f"{ENDS}", f"{ENDS}:", f"-{ENDS}:0", "²:x", f"{ENDS}:" + "0" * 64])
def test_what_is_no_proof_is_answered_by_nothing(kept: str) -> None:
    assert not is_proved(kept, "", CLOCK.now())
    assert not is_proved(kept, "secret", CLOCK.now())
    assert asked("VerifyAuthChallengeResponse", userAttributes={ATTRIBUTE: kept}, challengeAnswer="") == {"answerCorrect": False}
    assert asked("VerifyAuthChallengeResponse", challengeAnswer="") == {"answerCorrect": False}


def test_a_proof_ends() -> None:
    kept = proof_of("secret", ENDS)
    assert is_proved(kept, "secret", CLOCK.now() + timedelta(seconds=299))
    assert not is_proved(kept, "secret", CLOCK.now() + timedelta(seconds=300))


def test_another_trigger_is_refused() -> None:
    for source in ("PreSignUp", "PostConfirmation", ""):
        with pytest.raises(ValueError, match="answers no"):
            asked(source)
