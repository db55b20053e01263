"""The keyring in the cloud: root keys that never leave KMS.

The alias names the current root key. Older ones that are not retired have aliases of their own, ``<alias>-was-<number>-<key id>``, so that what is held can be listed; a new key
waits under ``<alias>-next`` until it is the current one. Each step of a rotation may be the last before a crash: the next one goes on from the aliases.
Every wrap is bound to its account and installation three times: in the encryption context (KMS's own check, and in the trail of calls), in the seal and in a digest.
Retiring disables the key at once and has KMS destroy it after 7 days, the shortest wait it knows; until then an administrator can take it back.
Source: https://docs.aws.amazon.com/kms/latest/developerguide/ (encrypt_context, deleting-keys, programming-eventual-consistency, read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from listbackup.backends.aws_client import Aws, AwsRefused, once
from listbackup.backends.keyring.kms_wrap import Wrap, check_bound, put_together, take_apart
from listbackup.backends.keyring.seal import open_with, seal_with
from listbackup.base.errors import BackendError, Conflict, InputError, KeyUnavailable

REST = timedelta(days=7)  # between retiring a root key and its end
_PURPOSE = "account-key"
_CLOSED = {
    "NotFoundException", "DisabledException", "KMSInvalidStateException", "InvalidCiphertextException", "IncorrectKeyException", "InvalidKeyUsageException",
}  # fmt: skip


class KmsKeyring:
    """The root keys behind ``alias`` (as in ``alias/listbackup-main``); safe to share between threads and between processes.

    Sealing and opening need GenerateDataKey, Decrypt and DescribeKey on the keys and ListAliases; rotating and retiring need what an operator may.
    """

    def __init__(self, aws: Aws, alias: str, *, installation: str) -> None:
        if not alias.startswith("alias/"):
            raise InputError(f"{alias!r} is not the alias of a key", hint="as in alias/listbackup-main", field="alias")
        self._aws, self._alias, self._installation = aws, alias, installation
        self._was = re.compile(re.escape(f"{alias}-was-") + r"(\d{6})-(.+)")
        self._held: set[str] = set()
        self._lock = threading.Lock()

    # Sealing and opening.

    def wrap(self, account: str, key: bytes) -> bytes:
        """See the port."""
        made = self._ask("wrap a key", "generate_data_key", KeyId=self._alias, KeySpec="AES_256", EncryptionContext=self._context(account))
        root, blob = _id(made["KeyId"]), made["CiphertextBlob"]
        sealed = seal_with(made["Plaintext"], key, context=self._sealed_for(account, root, blob))
        return put_together(Wrap(root=root, blob=blob, sealed=sealed), bound_to=self._bound(account))

    def unwrap(self, account: str, wrapped: bytes) -> bytes:
        """See the port. Raises KeyUnavailable also for a key that KMS does not let anybody use: disabled, waiting for its end, gone."""
        wrap = take_apart(wrapped)
        check_bound(wrapped, bound_to=self._bound(account))
        if not self._is_held(wrap.root):
            raise _unavailable(wrap.root, account)
        try:
            opened = self._ask(
                "unwrap a key", "decrypt", KeyId=wrap.root, CiphertextBlob=wrap.blob, EncryptionContext=self._context(account)
            )
        except AwsRefused as error:
            if error.code in _CLOSED:
                raise _unavailable(wrap.root, account) from error
            raise
        return open_with(opened["Plaintext"], wrap.sealed, context=self._sealed_for(account, wrap.root, wrap.blob))

    def current(self) -> str:
        """See the port."""
        return self._describe(self._alias)

    def wrapped_with(self, wrapped: bytes) -> str:
        """See the port."""
        return take_apart(wrapped).root

    def list_roots(self) -> Sequence[str]:
        """See the port."""
        return [*(root for _, root in self._older(self._aliases())), self.current()]

    # Changing the roots.

    def rotate(self) -> str:
        """See the port. One that broke off is finished by the next."""
        old, after = self.current(), f"{self._alias}-next"
        aliases = self._aliases()
        new = aliases.get(after)
        if new == old:  # broken off at the last step
            self._soon("rotate the root key", "delete_alias", AliasName=after)
            new = None
        if new is None:
            new = self._make(old)
            self._soon("rotate the root key", "create_alias", AliasName=after, TargetKeyId=new)
        if old not in (root for _, root in self._older(aliases)):
            number = 1 + max((number for number, _ in self._older(aliases)), default=0)
            self._soon("rotate the root key", "create_alias", AliasName=f"{self._alias}-was-{number:06}-{old}", TargetKeyId=old)
        self._soon("rotate the root key", "update_alias", AliasName=self._alias, TargetKeyId=new)
        self._soon("rotate the root key", "delete_alias", AliasName=after)
        return new

    def retire(self, root: str) -> None:
        """See the port. The key opens nothing from now on and is destroyed after 7 days. Raises InputError for one that is not held."""
        if root == self.current():
            raise Conflict(f"{root} is the current root key", hint="rotate first")
        names = [name for name, target in self._aliases().items() if target == root and self._was.fullmatch(name)]
        if not names:
            raise InputError(f"no root key {root} is held")
        with self._lock:
            self._held.discard(root)
        try:
            self._ask("retire a root key", "schedule_key_deletion", KeyId=root, PendingWindowInDays=REST.days)  # it is closed from here on
        except AwsRefused as error:
            if error.code != "KMSInvalidStateException":  # a retirement that broke off here before
                raise
        for name in names:
            self._soon("retire a root key", "delete_alias", AliasName=name)

    def _make(self, old: str) -> str:
        """A new key that the same people may use as the old one."""
        policy = self._ask("read a key's policy", "get_key_policy", KeyId=old, PolicyName="default")["Policy"]
        tags = self._ask("read a key's tags", "list_resource_tags", KeyId=old).get("Tags", ())
        made = once(
            lambda: self._aws.client("kms").create_key(
                Policy=policy,
                Description=f"root key of {self._alias}",
                Tags=[tag for tag in tags if not tag["TagKey"].startswith("aws:")],
            ),
            "make a root key",
        )
        return str(made["KeyMetadata"]["KeyId"])

    # What is held.

    def _is_held(self, root: str) -> bool:
        """A root that was held stays known: once it is retired KMS refuses it."""
        with self._lock:
            if root in self._held:
                return True
        held = {self.current()}
        if root not in held:
            held = set(self.list_roots())
        with self._lock:
            self._held |= held
        return root in held

    def _aliases(self) -> Mapping[str, str]:
        """Every alias of this account that is ours, and the id of its key."""
        found: dict[str, str] = {}
        more: dict[str, str] = {}
        while True:
            answer = self._ask("list root keys", "list_aliases", **more)
            for one in answer.get("Aliases", ()):
                if one["AliasName"].startswith(self._alias) and one.get("TargetKeyId"):
                    found[one["AliasName"]] = one["TargetKeyId"]
            if not answer.get("Truncated"):
                return found
            more = {"Marker": answer["NextMarker"]}

    def _older(self, aliases: Mapping[str, str]) -> Sequence[tuple[int, str]]:
        """(number, key id) of the roots that were the current one, oldest first."""
        current = aliases.get(self._alias)
        found = ((int(match[1]), aliases[name]) for name in aliases if (match := self._was.fullmatch(name)))
        return sorted((number, root) for number, root in found if root != current)

    def _describe(self, key: str) -> str:
        try:
            return _id(self._ask("find the root key", "describe_key", KeyId=key)["KeyMetadata"]["KeyId"])
        except AwsRefused as error:
            if error.code == "NotFoundException":
                raise KeyUnavailable(
                    f"there is no root key {key}", hint="is this the right account, region and stage? it is made by the deployment"
                ) from error
            raise

    def _bound(self, account: str) -> Sequence[str]:
        return (_PURPOSE, self._installation, account)

    def _sealed_for(self, account: str, root: str, blob: bytes) -> Sequence[str]:
        """What stands around the sealed key is sealed with it: nothing of a wrap can be changed, whatever KMS would let pass."""
        return (*self._bound(account), root, hashlib.sha256(blob).hexdigest())

    def _context(self, account: str) -> Mapping[str, str]:
        return {"account": account, "installation": self._installation}

    def _ask(self, what: str, operation: str, **fields: Any) -> Any:  # botocore makes its clients' types at run time
        call = getattr(self._aws.client("kms"), operation)
        return self._aws.ask(lambda: call(**fields), what)

    def _soon(self, what: str, operation: str, **fields: Any) -> None:
        """A change of aliases: KMS may need a moment to know a key it has just made; one that was done already, by a try whose answer was lost, is done."""
        call = getattr(self._aws.client("kms"), operation)
        self._aws.ask(lambda: _known_soon(lambda: once(lambda: call(**fields), what), operation), what)


def _known_soon(call: Callable[[], object], operation: str) -> None:
    try:
        call()
    except AwsRefused as error:
        if (error.code, operation) in (("AlreadyExistsException", "create_alias"), ("NotFoundException", "delete_alias")):
            return
        if error.code == "NotFoundException":
            raise BackendError(error.message, retryable=True) from error
        raise


def _id(key: str) -> str:
    """The id in a key's ARN."""
    return key.rpartition("/")[2]


def _unavailable(root: str, account: str) -> KeyUnavailable:
    return KeyUnavailable(
        f"the root key {root} that opens the keys of {account} cannot be used here",
        hint="was it retired? a key that waits for its end is taken back with `aws kms cancel-key-deletion` and `aws kms enable-key`",
    )
