"""What a run in an account left behind when it was killed is found by its name and removed."""

from __future__ import annotations

from listbackup.backends.aws_client import Aws
from listbackup.testing.account import sweep

OURS, THEIRS = "swept-test", "kept-test"


def test_everything_of_one_name_is_removed_and_nothing_else(aws: Aws) -> None:
    for prefix in (OURS, THEIRS):
        _make(aws, prefix)
    gone = {line.partition(f" {OURS}")[0].partition(" alias/")[0].partition(" /")[0] for line in sweep(aws, OURS)}
    assert gone == {"table", "queue", "bus", "bucket", "key", "secret", "parameter", "gateway", "role", "user", "user pool"}
    assert list(sweep(aws, OURS)) == []
    assert len(list(sweep(aws, THEIRS))) == len(gone), "the others' were still there"


def _make(aws: Aws, prefix: str) -> None:
    key = [{"AttributeName": "pk", "KeyType": "HASH"}]
    aws.client("dynamodb").create_table(
        TableName=f"{prefix}-one",
        KeySchema=key,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    aws.client("sqs").create_queue(QueueName=f"{prefix}-one.fifo", Attributes={"FifoQueue": "true"})
    events = aws.client("events")
    events.create_event_bus(Name=f"{prefix}-one")
    events.put_rule(Name="all", EventBusName=f"{prefix}-one", EventPattern='{"source": ["any"]}')
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=f"{prefix}-one")
    s3.put_bucket_versioning(Bucket=f"{prefix}-one", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=f"{prefix}-one", Key="any", Body=b"one")
    s3.put_object(Bucket=f"{prefix}-one", Key="any", Body=b"two")
    kms = aws.client("kms")
    kms.create_alias(AliasName=f"alias/{prefix}-one", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    aws.client("secretsmanager").create_secret(Name=f"{prefix}/one", SecretString="any")
    aws.client("ssm").put_parameter(Name=f"/{prefix}/one", Value="any", Type="String")
    aws.client("apigatewayv2").create_api(Name=f"{prefix}-one", ProtocolType="HTTP")
    iam = aws.client("iam")
    iam.create_role(RoleName=f"{prefix}-role", AssumeRolePolicyDocument="{}")
    iam.create_user(UserName=f"{prefix}-one")
    iam.create_access_key(UserName=f"{prefix}-one")
    aws.client("cognito-idp").create_user_pool(PoolName=f"{prefix}-one")
