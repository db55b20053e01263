"""The ground of the AWS suites: the emulator, or with LISTBACKUP_AWS_ACCOUNT=1 an account, where everything is named by LISTBACKUP_AWS_PREFIX.

``python -m listbackup.testing.account`` removes what begins with that name: what a run that was killed left behind. It says what it removed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from listbackup.backends.aws_client import Aws
from listbackup.bootstrap.settings import environment
from listbackup.testing.emulator import REGION

IN_ACCOUNT = environment().get("LISTBACKUP_AWS_ACCOUNT") == "1"
GROUND = "account" if IN_ACCOUNT else "emulator"
PREFIX = environment().get("LISTBACKUP_AWS_PREFIX", "listbackup-test")
ACCOUNT_REGION = environment().get("AWS_REGION", REGION)


def sweep(aws: Aws, prefix: str) -> Iterator[str]:
    """Removes everything whose name begins so, a kind after the other; what was removed. Keys and pools of people go with the rest: give a prefix that is yours alone."""
    for kind, names, remove in _kinds(aws):
        for name in list(names()):
            if name.removeprefix("alias/").removeprefix("/").startswith(prefix):
                remove(name)
                yield f"{kind} {name}"


def _kinds(aws: Aws) -> Iterator[tuple[str, Callable[[], Iterator[str]], Callable[[str], object]]]:
    tables, queues, events, s3 = (aws.client(one) for one in ("dynamodb", "sqs", "events", "s3"))
    kms, secrets, functions, people = (aws.client(one) for one in ("kms", "secretsmanager", "lambda", "cognito-idp"))

    def listed(client: Any, operation: str, key: str, name: str | None = None, **words: Any) -> Callable[[], Iterator[str]]:
        def pages() -> Iterator[str]:
            for page in client.get_paginator(operation).paginate(**words):
                yield from (str(one[name]) if name else str(one) for one in page.get(key, ()))

        return pages

    yield "table", listed(tables, "list_tables", "TableNames"), lambda name: tables.delete_table(TableName=name)
    yield (
        "queue",
        lambda: (url.rpartition("/")[2] for url in listed(queues, "list_queues", "QueueUrls")()),
        lambda name: queues.delete_queue(QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"]),
    )
    yield "bus", lambda: iter([str(one["Name"]) for one in events.list_event_buses()["EventBuses"]]), lambda name: _remove_bus(events, name)
    yield "bucket", lambda: iter([str(one["Name"]) for one in s3.list_buckets()["Buckets"]]), lambda name: _remove_bucket(s3, name)
    yield "key", listed(kms, "list_aliases", "Aliases", "AliasName"), lambda name: _remove_key(kms, name)
    yield (
        "secret",
        listed(secrets, "list_secrets", "SecretList", "Name"),
        lambda name: secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True),
    )
    yield (
        "function",
        listed(functions, "list_functions", "Functions", "FunctionName"),
        lambda name: functions.delete_function(FunctionName=name),
    )
    named, gateway, iam = aws.client("ssm"), aws.client("apigatewayv2"), aws.client("iam")
    yield "parameter", listed(named, "describe_parameters", "Parameters", "Name"), lambda name: named.delete_parameter(Name=name)
    apis = {str(one["Name"]): str(one["ApiId"]) for page in gateway.get_paginator("get_apis").paginate() for one in page["Items"]}
    yield "gateway", lambda: iter(list(apis)), lambda name: gateway.delete_api(ApiId=apis[name])
    yield "role", listed(iam, "list_roles", "Roles", "RoleName"), lambda name: iam.delete_role(RoleName=name)
    yield "user", listed(iam, "list_users", "Users", "UserName"), lambda name: _remove_user(iam, name)
    ids = {
        str(one["Name"]): str(one["Id"])
        for page in people.get_paginator("list_user_pools").paginate(MaxResults=60)
        for one in page["UserPools"]
    }
    yield "user pool", lambda: iter(list(ids)), lambda name: people.delete_user_pool(UserPoolId=ids[name])


def _remove_bus(events: Any, name: str) -> None:
    for rule in events.list_rules(EventBusName=name)["Rules"]:
        targets = [one["Id"] for one in events.list_targets_by_rule(Rule=rule["Name"], EventBusName=name)["Targets"]]
        if targets:
            events.remove_targets(Rule=rule["Name"], EventBusName=name, Ids=targets)
        events.delete_rule(Name=rule["Name"], EventBusName=name)
    events.delete_event_bus(Name=name)


def _remove_bucket(s3: Any, name: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for one in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=name)


def _remove_user(iam: Any, name: str) -> None:
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


def _remove_key(kms: Any, alias: str) -> None:
    """KMS keeps a key for seven days more, which costs nothing."""
    key = kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
    kms.delete_alias(AliasName=alias)
    with suppress(kms.exceptions.KMSInvalidStateException):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def main() -> None:
    """Sweep the account that botocore finds."""
    for gone in sweep(Aws(ACCOUNT_REGION), PREFIX):
        sys.stdout.write(f"{gone}\n")


if __name__ == "__main__":
    main()
