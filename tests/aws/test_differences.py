"""Where the ground is AWS and where it is not, line by line of docs/design/emulator.md: in an account every line is as AWS's documentation says, on the emulator none.

A newer emulator that became like AWS in one of them fails here: then the page is mended, and what was built around it looked at again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from listbackup.backends.aws_client import Aws
from listbackup.base.ids import new_id
from listbackup.testing.account import IN_ACCOUNT, PREFIX

PAGE = Path(__file__).parents[2] / "docs" / "design" / "emulator.md"
Probe = Callable[[Aws, str], bool]  # whether it is as AWS says; the name is free to use


def refuses(code: str, call: Callable[..., Any], **words: Any) -> bool:
    """Whether the call is refused for this reason."""
    try:
        call(**words)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == code)
    return False


def _kms_tampered(aws: Aws, name: str) -> bool:
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    try:
        sealed = bytearray(kms.encrypt(KeyId=key, Plaintext=b"right")["CiphertextBlob"])
        sealed[-1] ^= 1
        return refuses("InvalidCiphertextException", kms.decrypt, CiphertextBlob=bytes(sealed))
    finally:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def _kms_wrong_key(aws: Aws, name: str) -> bool:
    kms = aws.client("kms")
    one, two = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    try:
        sealed = kms.encrypt(KeyId=one, Plaintext=b"right")["CiphertextBlob"]
        return refuses("IncorrectKeyException", kms.decrypt, CiphertextBlob=sealed, KeyId=two)
    finally:
        for key in (one, two):
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def _s3_small_parts(aws: Aws, name: str) -> bool:
    s3 = aws.client("s3")
    here = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    s3.create_bucket(Bucket=name, **here)
    try:
        upload = {"Bucket": name, "Key": "any", "UploadId": s3.create_multipart_upload(Bucket=name, Key="any")["UploadId"]}
        tags = [s3.upload_part(**upload, PartNumber=number, Body=b"small")["ETag"] for number in (1, 2)]
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        return refuses("EntityTooSmall", s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})
    finally:
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
            for one in page.get("Uploads", ()):
                s3.abort_multipart_upload(Bucket=name, Key=one["Key"], UploadId=one["UploadId"])
        s3.delete_object(Bucket=name, Key="any")
        s3.delete_bucket(Bucket=name)


def _sqs_move_task(aws: Aws, name: str) -> bool:
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    try:
        return bool(sqs.start_message_move_task(SourceArn=arn).get("TaskHandle"))
    except ClientError:
        return False
    finally:
        for one in (url, dead):
            sqs.delete_queue(QueueUrl=one)


def _sqs_receive_attempt(aws: Aws, name: str) -> bool:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
    try:
        sqs.send_message(QueueUrl=url, MessageBody="any", MessageGroupId="one")
        asked = {"QueueUrl": url, "ReceiveRequestAttemptId": "the-same", "WaitTimeSeconds": 2}
        return [len(sqs.receive_message(**asked).get("Messages", ())) for _ in range(2)] == [1, 1]
    finally:
        sqs.delete_queue(QueueUrl=url)


def _events_detail(aws: Aws, name: str) -> bool:
    entry = {"Source": "listbackup.test", "DetailType": "any", "Detail": "this is no JSON"}
    try:
        return bool(aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 1)
    except ClientError:
        return True


def _cognito_sign_up(aws: Aws, name: str) -> bool:
    people = aws.client("cognito-idp")
    pool = people.create_user_pool(PoolName=name, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})["UserPool"]["Id"]
    try:
        client = people.create_user_pool_client(UserPoolId=pool, ClientName="any")["UserPoolClient"]["ClientId"]
        return refuses("NotAuthorizedException", people.sign_up, ClientId=client, Username="ada", Password="Correct-horse-1")
    finally:
        people.delete_user_pool(UserPoolId=pool)


def _cloudformation(aws: Aws, name: str, resources: dict[str, Any]) -> str:
    """The state in which a stack of these ends."""
    stacks = aws.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    with suppress(Exception):
        stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    return str(stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def _cloudformation_properties(aws: Aws, name: str) -> bool:
    table = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "ends"},
    }
    try:
        _cloudformation(aws, name, {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": table}})
        said = aws.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        return said.get("AttributeName") == "ends"
    finally:
        aws.client("cloudformation").delete_stack(StackName=name)


def _cloudformation_rollback(aws: Aws, name: str) -> bool:
    code = {"S3Bucket": f"{name}-that-there-is-not", "S3Key": "any.zip"}
    role = f"arn:aws:iam::{aws.client('sts').get_caller_identity()['Account']}:role/{name}"
    function = {"FunctionName": name, "Runtime": "python3.12", "Handler": "a.b", "Role": role, "Code": code}
    try:
        return _cloudformation(aws, name, {"Function": {"Type": "AWS::Lambda::Function", "Properties": function}}) == "ROLLBACK_COMPLETE"
    finally:
        aws.client("cloudformation").delete_stack(StackName=name)


def _dynamodb_restore(aws: Aws, name: str) -> bool:
    """Whether a second before the table's own is refused."""
    tables = aws.client("dynamodb")
    key = [{"AttributeName": "pk", "KeyType": "HASH"}]
    tables.create_table(
        TableName=name, KeySchema=key, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST"
    )
    tables.get_waiter("table_exists").wait(TableName=name)
    tables.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    asked = {"SourceTableName": name, "TargetTableName": f"{name}-then", "RestoreDateTime": 1_700_000_000}
    try:
        return refuses("InvalidRestoreTimeException", tables.restore_table_to_point_in_time, **asked)
    finally:
        with suppress(ClientError):
            tables.delete_table(TableName=f"{name}-then")
        tables.delete_table(TableName=name)


PROBES: dict[str, Probe] = {
    "kms-tampered": _kms_tampered,
    "kms-wrong-key": _kms_wrong_key,
    "s3-small-parts": _s3_small_parts,
    "sqs-move-task": _sqs_move_task,
    "sqs-receive-attempt": _sqs_receive_attempt,
    "events-detail": _events_detail,
    "cognito-sign-up": _cognito_sign_up,
    "cloudformation-properties": _cloudformation_properties,
    "cloudformation-rollback": _cloudformation_rollback,
    "dynamodb-restore": _dynamodb_restore,
}


@pytest.mark.parametrize("what", PROBES)
def test_the_ground_is_what_the_page_says_it_is(aws: Aws, what: str) -> None:
    assert PROBES[what](aws, f"{PREFIX}-{new_id('d', 0)[-10:].lower()}") is IN_ACCOUNT


def rows() -> Iterator[tuple[str, list[str]]]:
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and (name := re.fullmatch(r"`([a-z0-9-]+)`", cells[0])):
            yield name[1], cells


def test_every_line_of_the_page_says_where_it_is_tested() -> None:
    lines = dict(rows())
    assert set(PROBES) <= set(lines)
    assert len(lines) >= 25
    missing = [
        place for cells in lines.values() for place in re.findall(r"`([\w/.-]+)`", cells[4]) if not (PAGE.parents[2] / place).exists()
    ]
    assert missing == []
