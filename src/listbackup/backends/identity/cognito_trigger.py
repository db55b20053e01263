"""What the user pool asks before it gives tokens to somebody who showed no password to it: a cookie's holder, a passkey, a recovery code.

This program puts the hash of a secret of these minutes into the person's attribute ``custom:proof`` (only a role with AdminUpdateUserAttributes can) and answers the pool's one
question with the secret. So the function that the pool calls holds no key and reads nothing but what it is handed. It needs the standard library alone.
Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from listbackup.base.clock import Clock, SystemClock

ATTRIBUTE = "custom:proof"

_CHALLENGE = "CUSTOM_CHALLENGE"


def proof_of(secret: str, ends: int) -> str:
    """What the attribute holds of a secret that is good until ``ends`` [s since 1970 UTC]."""
    return f"{ends}:{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()}"


def is_proved(kept: str, answer: str, now: datetime) -> bool:
    """Whether this answers what is kept, in time."""
    ends = kept.partition(":")[0]
    if not (ends.isascii() and ends.isdigit() and now.timestamp() < int(ends)):
        return False
    return hmac.compare_digest(kept.encode(), proof_of(answer, int(ends)).encode())


def handler(event: dict[str, Any], _: object, *, clock: Clock = SystemClock()) -> dict[str, Any]:
    """The event with the response that its trigger asks for: one question, one answer, and tokens only for a right one."""
    trigger = str(event.get("triggerSource", "")).partition("_")[0]
    request = event.get("request") or {}
    if trigger == "DefineAuthChallenge":
        event["response"] = _next(request.get("session") or [], is_somebody=not request.get("userNotFound"))
    elif trigger == "CreateAuthChallenge":
        event["response"] = {"publicChallengeParameters": {}, "privateChallengeParameters": {}, "challengeMetadata": "PROOF"}
    elif trigger == "VerifyAuthChallengeResponse":
        kept = str((request.get("userAttributes") or {}).get(ATTRIBUTE, ""))
        event["response"] = {"answerCorrect": is_proved(kept, str(request.get("challengeAnswer") or ""), clock.now())}
    else:
        raise ValueError(f"this function answers no {trigger or 'such event'}")
    return event


def _next(asked: list[Mapping[str, Any]], *, is_somebody: bool) -> dict[str, Any]:
    is_in = is_somebody and [(one.get("challengeName"), one.get("challengeResult")) for one in asked] == [(_CHALLENGE, True)]
    if asked:
        return {"issueTokens": is_in, "failAuthentication": not is_in}
    return {"challengeName": _CHALLENGE, "issueTokens": False, "failAuthentication": False}
