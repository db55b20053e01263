"""A passkey in software: makes a key pair, answers a browser's questions, and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass(slots=True, kw_only=True)
class SoftAuthenticator:
    """One ES256 credential without attestation, for one site. Source: Web Authentication Level 3, sections 5.8.1, 6.1 and 6.5."""

    origin: str = "http://localhost:8400"
    relying_party: str = "localhost"
    sign_count: int = 0
    verifies_user: bool = True
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False)

    def create(self, options: str) -> str:
        """What ``navigator.credentials.create`` gives for these options, as JSON."""
        client = self._client("webauthn.create", options)
        length = struct.pack(">H", len(self.credential))
        data = self._data(_ATTESTED) + bytes(16) + length + self.credential + self._public()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": _text(client), "attestationObject": _text(attestation), "transports": ["internal"]})

    def get(self, options: str) -> str:
        """What ``navigator.credentials.get`` gives for these options, as JSON; counts once more."""
        self.sign_count += 1
        client, data = self._client("webauthn.get", options), self._data(0)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": _text(client), "authenticatorData": _text(data), "signature": _text(signature)})

    def _client(self, kind: str, options: str) -> bytes:
        said = {"type": kind, "challenge": json.loads(options)["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies_user else 0)
        return hashlib.sha256(self.relying_party.encode()).digest() + struct.pack(">BI", flags, self.sign_count)

    def _public(self) -> bytes:
        point = self._key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})

    def _answer(self, response: dict[str, object]) -> str:
        id_ = _text(self.credential)
        return json.dumps({"id": id_, "rawId": id_, "type": "public-key", "response": response, "clientExtensionResults": {}})


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
