"""What the templates promise: names, encryption, protection, what is kept how long, who is woken by what."""

from __future__ import annotations

import json

import pytest

from listbackup.api.front import FRONT
from listbackup_infra.templates import Stacks

STACKS = ["account", "activity", "api", "auth", "core", "data", "integrations", "jobs", "sources", "system", "web"]


def test_a_stage_has_the_stacks_of_the_design_and_one_more_where_it_lies_far_from_cloudfront(main: Stacks, full: Stacks) -> None:
    assert sorted(main.templates) == STACKS
    assert sorted(full.templates) == sorted([*STACKS, "edge"])


def test_stacks_hold_each_other_by_parameters_alone(main: Stacks) -> None:
    """An export that another stack imports cannot change any more."""
    for template in main.templates.values():
        assert "Fn::ImportValue" not in json.dumps(template)
        assert not any("Export" in output for output in template.get("Outputs", {}).values())


def test_every_value_that_a_stack_takes_is_given_by_one_that_comes_before_it_or_by_the_deployment(main: Stacks, full: Stacks) -> None:
    by_deployment = {"installation", "front-proof"}
    for stacks in (main, full):
        manifest = json.loads((stacks.folder / "manifest.json").read_text())["artifacts"]
        given = {
            stack: {
                one["Properties"]["Name"].rpartition("/")[2]
                for one in template["Resources"].values()
                if one["Type"] == "AWS::SSM::Parameter"
            }
            for stack, template in stacks.templates.items()
        }
        prefix = next(name for name in manifest if name.endswith("-core")).removesuffix("core")
        for stack, template in stacks.templates.items():
            taken = {
                str(one["Default"]).rpartition("/")[2]
                for one in template.get("Parameters", {}).values()
                if str(one["Type"]).startswith("AWS::SSM::Parameter::Value") and not str(one["Default"]).startswith("/cdk-bootstrap")
            }
            before = {name.removeprefix(prefix) for name in manifest[prefix + stack].get("dependencies", ()) if name.startswith(prefix)}
            there = set().union(by_deployment, *(given.get(one, set()) for one in before))
            assert taken <= there, f"{stack} takes {sorted(taken - there)}"


def test_everything_is_named_by_its_stage(main: Stacks) -> None:
    names = {
        "AWS::S3::Bucket": "BucketName",
        "AWS::SQS::Queue": "QueueName",
        "AWS::Events::EventBus": "Name",
        "AWS::KMS::Alias": "AliasName",
        "AWS::Cognito::UserPool": "UserPoolName",
        "AWS::ApiGatewayV2::Api": "Name",
        "AWS::SNS::Topic": "TopicName",
    }
    found = sorted(
        str(one["Properties"][key])
        for kind, key in names.items()
        for one in main.resources(kind).values()
        if isinstance(one["Properties"].get(key), str)  # the bucket of large answers is named by CloudFormation, after its stack
    )
    assert found == [
        "alias/listbackup-main",
        "listbackup-data-main",
        "listbackup-errand-queue-main-dead.fifo",
        "listbackup-errand-queue-main.fifo",
        "listbackup-lost-events-main",
        "listbackup-main",
        "listbackup-main",
        "listbackup-main",
        "listbackup-main-alarms",
        "listbackup-run-queue-main-dead.fifo",
        "listbackup-run-queue-main.fifo",
    ]
    functions = [one["Properties"]["FunctionName"] for one in main.resources("AWS::Lambda::Function").values()]
    assert all(name.startswith("listbackup-main-") for name in functions)
    assert len(set(functions)) == len(functions) == 18


def test_tables_can_be_put_back_to_any_second_and_do_not_go_by_mistake(main: Stacks, emulated: Stacks) -> None:
    for one in main.resources("AWS::DynamoDB::Table").values():
        said = one["Properties"]
        assert said["BillingMode"] == "PAY_PER_REQUEST"
        assert said["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert said["DeletionProtectionEnabled"] is True
        assert (one["DeletionPolicy"], one["UpdateReplacePolicy"]) == ("Retain", "Retain")
    streamed = [
        one["Properties"]["TableName"]
        for one in main.resources("AWS::DynamoDB::Table").values()
        if "StreamSpecification" in one["Properties"]
    ]
    assert streamed == ["listbackup-main-outbox"]
    assert {one["DeletionPolicy"] for one in emulated.resources("AWS::DynamoDB::Table").values()} == {
        "Delete"
    }  # made of staging, which keeps nothing


def test_the_bucket_is_private_versioned_sealed_and_never_hides_what_a_restore_needs(main: Stacks, full: Stacks) -> None:
    bucket = main.resources("AWS::S3::Bucket")["core/" + next(iter(_ids(main, "AWS::S3::Bucket", "core")))]["Properties"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "ObjectLockEnabled" not in bucket
    for stacks in (main, full):
        for name, one in stacks.resources("AWS::S3::Bucket").items():
            rules = one["Properties"]["LifecycleConfiguration"]["Rules"]
            if name.startswith("core/Handouts"):
                continue
            assert not any("Transitions" in rule or "NoncurrentVersionTransitions" in rule or "ExpirationInDays" in rule for rule in rules)
            assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
            assert any("NoncurrentVersionExpiration" in rule for rule in rules)
    locked = full.resources("AWS::S3::Bucket")["core/" + next(iter(_ids(full, "AWS::S3::Bucket", "core")))]["Properties"]
    assert locked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Days": 30, "Mode": "COMPLIANCE"}
    assert locked["ReplicationConfiguration"]["Rules"][0]["DeleteMarkerReplication"] == {"Status": "Disabled"}


def test_answers_that_are_handed_out_are_gone_after_a_day(main: Stacks) -> None:
    (handouts,) = [one for name, one in main.resources("AWS::S3::Bucket").items() if name.startswith("core/Handouts")]
    said = handouts["Properties"]
    assert [rule["ExpirationInDays"] for rule in said["LifecycleConfiguration"]["Rules"]] == [1]
    assert "VersioningConfiguration" not in said  # a version would outlive its day
    assert set(said["PublicAccessBlockConfiguration"].values()) == {True}


@pytest.mark.parametrize("kind", ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"])
def test_nobody_speaks_to_buckets_queues_and_topics_in_the_clear(main: Stacks, kind: str) -> None:
    policies = main.resources(kind)
    assert policies
    for name, one in policies.items():
        denied = [
            line for line in one["Properties"]["PolicyDocument"]["Statement"]
            if line["Effect"] == "Deny" and line.get("Condition", {}).get("Bool") == {"aws:SecureTransport": "false"}
        ]  # fmt: skip
        assert denied, name


def test_the_key_of_the_accounts_turns_every_year_and_outlives_its_stack(main: Stacks) -> None:
    (key,) = main.resources("AWS::KMS::Key").values()
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "Retain"


def test_a_message_is_given_up_after_five_tries_and_hidden_six_times_as_long_as_its_function_may_take(main: Stacks) -> None:
    functions = {one["Properties"]["FunctionName"]: one["Properties"] for one in main.resources("AWS::Lambda::Function").values()}
    queues = {one["Properties"]["QueueName"]: one["Properties"] for one in main.resources("AWS::SQS::Queue").values()}
    for queue, function in (("listbackup-run-queue-main.fifo", "worker"), ("listbackup-errand-queue-main.fifo", "errand")):
        assert queues[queue]["RedrivePolicy"]["maxReceiveCount"] == 5
        assert queues[queue]["VisibilityTimeout"] == 6 * functions[f"listbackup-main-{function}"]["Timeout"]
    assert queues["listbackup-run-queue-main.fifo"]["FifoQueue"] is True
    mappings = [one["Properties"] for one in main.resources("AWS::Lambda::EventSourceMapping").values()]
    assert sorted(one.get("FunctionResponseTypes", []) for one in mappings) == [
        [],
        ["ReportBatchItemFailures"],
        ["ReportBatchItemFailures"],
    ]


def test_every_function_is_traced_has_a_log_that_ends_and_is_watched(main: Stacks) -> None:
    logs = {
        one["Properties"]["LogGroupName"]: one["Properties"]["RetentionInDays"] for one in main.resources("AWS::Logs::LogGroup").values()
    }
    alarms = {one["Properties"]["AlarmName"] for one in main.resources("AWS::CloudWatch::Alarm").values()}
    for one in main.resources("AWS::Lambda::Function").values():
        said = one["Properties"]
        assert said["TracingConfig"] == {"Mode": "Active"}
        assert logs[f"/aws/lambda/{said['FunctionName']}"] == 90
        assert {f"{said['FunctionName']}-{what}" for what in ("errors", "timeouts", "throttles")} <= alarms


COST = {  # what is billed, or holds what is, and where its tags stand
    "AWS::ApiGatewayV2::Api": "Tags",
    "AWS::ApiGatewayV2::Stage": "Tags",
    "AWS::Backup::BackupPlan": "BackupPlanTags",
    "AWS::Backup::BackupVault": "BackupVaultTags",
    "AWS::CloudFront::Distribution": "Tags",
    "AWS::CloudWatch::Alarm": "Tags",
    "AWS::CloudWatch::Dashboard": "Tags",
    "AWS::Cognito::UserPool": "UserPoolTags",
    "AWS::DynamoDB::Table": "Tags",
    "AWS::Events::EventBus": "Tags",
    "AWS::KMS::Key": "Tags",
    "AWS::Lambda::Function": "Tags",
    "AWS::Logs::LogGroup": "Tags",
    "AWS::S3::Bucket": "Tags",
    "AWS::SNS::Topic": "Tags",
    "AWS::SQS::Queue": "Tags",
    "AWS::WAFv2::WebACL": "Tags",
}


@pytest.mark.parametrize("kind", COST)
def test_whatever_is_billed_says_for_which_stage_and_service(main: Stacks, kind: str) -> None:
    made = main.resources(kind)
    assert made
    for name, one in made.items():
        said = one["Properties"][COST[kind]]
        tags = {tag["Key"]: tag["Value"] for tag in said} if isinstance(said, list) else said
        wanted = {"application": "listbackup", "listbackup:stage": "main", "listbackup:service": name.partition("/")[0]}
        assert wanted.items() <= tags.items(), name


def test_every_log_ends_and_never_sooner_than_the_stage_says(main: Stacks, full: Stacks) -> None:
    for stacks, days in ((main, 90), (full, 30)):
        assert {one["Properties"].get("RetentionInDays") for one in stacks.resources("AWS::Logs::LogGroup").values()} == {days}


def test_requests_are_bounded_and_leave_a_line(main: Stacks) -> None:
    (stage,) = main.resources("AWS::ApiGatewayV2::Stage").values()
    assert stage["Properties"]["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 200, "ThrottlingRateLimit": 100}
    assert "$context.requestId" in stage["Properties"]["AccessLogSettings"]["Format"]
    assert len(main.resources("AWS::ApiGatewayV2::Route")) < 300  # what AWS gives a gateway


def test_the_firewall_stands_before_cloudfront(main: Stacks, full: Stacks) -> None:
    (firewall,) = main.resources("AWS::WAFv2::WebACL").values()
    assert firewall["Properties"]["Scope"] == "CLOUDFRONT"
    assert [rule["Name"] for rule in firewall["Properties"]["Rules"]][-1] == "too-many-requests"
    (front,) = main.resources("AWS::CloudFront::Distribution").values()
    assert "WebACLId" in front["Properties"]["DistributionConfig"]
    assert list(full.resources("AWS::WAFv2::WebACL")) == ["edge/Firewall"]
    (far,) = full.resources("AWS::CloudFront::Distribution").values()
    assert far["Properties"]["DistributionConfig"]["WebACLId"].startswith("arn:aws:wafv2:us-east-1:")


def test_what_is_asked_of_the_api_comes_with_the_callers_address_and_a_secret_that_no_template_has(main: Stacks, full: Stacks) -> None:
    for stacks, stage in ((main, "main"), (full, "full")):
        (front,) = stacks.resources("AWS::CloudFront::Distribution").values()
        said = front["Properties"]["DistributionConfig"]
        (api,) = (one for one in said["Origins"] if "CustomOriginConfig" in one)
        secret = f"{{{{resolve:secretsmanager:listbackup-{stage}-front:SecretString:::}}}}"
        assert api["OriginCustomHeaders"] == [{"HeaderName": FRONT, "HeaderValue": secret}]
        for one in said["CacheBehaviors"]:
            assert one["TargetOriginId"] == api["Id"]
            assert [(ran["EventType"], "NameViewer" in str(ran["FunctionARN"])) for ran in one["FunctionAssociations"]] == [
                ("viewer-request", True)
            ]
        told = [
            one["Properties"]["Environment"]["Variables"]
            for one in stacks.resources("AWS::Lambda::Function").values()
            if "Environment" in one["Properties"]
        ]
        assert all("frontproof" in str(one["FRONT_PROOF"]) for one in told)


def test_a_domain_of_ones_own_closes_the_gateways(full: Stacks) -> None:
    (api,) = full.resources("AWS::ApiGatewayV2::Api").values()
    assert api["Properties"]["DisableExecuteApiEndpoint"] is True
    (domain,) = full.resources("AWS::ApiGatewayV2::DomainName").values()
    assert domain["Properties"]["DomainName"] == "api.example.org"
    (named,) = domain["Properties"]["DomainNameConfigurations"]
    assert (named["CertificateArn"].split(":")[3], named["SecurityPolicy"]) == ("eu-central-1", "TLS_1_2")
    (front,) = full.resources("AWS::CloudFront::Distribution").values()
    said = front["Properties"]["DistributionConfig"]
    assert said["Aliases"] == ["backup.example.org"]
    assert said["ViewerCertificate"]["AcmCertificateArn"].split(":")[3] == "us-east-1"
    assert said["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    records = {one["Properties"]["Name"]: one["Properties"]["HostedZoneId"] for one in full.resources("AWS::Route53::RecordSet").values()}
    assert records == dict.fromkeys(("api.example.org", "backup.example.org"), "Z0123456789ABCDEFGHIJ")


def test_without_a_domain_the_names_of_aws_are_used(main: Stacks) -> None:
    assert main.resources("AWS::ApiGatewayV2::DomainName") == main.resources("AWS::Route53::RecordSet") == {}
    (front,) = main.resources("AWS::CloudFront::Distribution").values()
    assert "Aliases" not in front["Properties"]["DistributionConfig"]


def test_the_user_pool_is_as_the_adapter_wants_it(main: Stacks) -> None:
    from listbackup.backends.identity.cognito_pool import pool_settings

    wanted = pool_settings()
    (pool,) = main.resources("AWS::Cognito::UserPool").values()
    (client,) = main.resources("AWS::Cognito::UserPoolClient").values()
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert pool["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": not wanted.self_sign_up}
    assert pool["Properties"]["MfaConfiguration"] == wanted.mfa
    assert sorted(pool["Properties"]["LambdaConfig"]) == sorted(wanted.triggers)
    assert client["Properties"]["ExplicitAuthFlows"] == list(wanted.client.flows)
    assert client["Properties"]["GenerateSecret"] is wanted.client.has_secret
    assert client["Properties"]["AccessTokenValidity"] == wanted.client.access.total_seconds() / 60


def test_copies_are_made_where_the_stage_asks_for_them(main: Stacks, full: Stacks, emulated: Stacks) -> None:
    assert [len(stacks.resources("AWS::Backup::BackupPlan")) for stacks in (main, full, emulated)] == [1, 1, 0]
    (plan,) = full.resources("AWS::Backup::BackupPlan").values()
    (rule,) = plan["Properties"]["BackupPlan"]["BackupPlanRule"]
    assert rule["CopyActions"][0]["DestinationBackupVaultArn"].startswith("arn:aws:backup:eu-west-1:")
    assert rule["Lifecycle"] == rule["CopyActions"][0]["Lifecycle"] == {"DeleteAfterDays": 35}
    (chosen,) = full.resources("AWS::Backup::BackupSelection").values()
    (tag,) = chosen["Properties"]["BackupSelection"]["ListOfTags"]
    for one in full.resources("AWS::DynamoDB::Table").values():
        assert {"Key": tag["ConditionKey"], "Value": tag["ConditionValue"]} in one["Properties"]["Tags"]
    (copied,) = [one["Properties"] for one in full.resources("AWS::S3::Bucket").values() if "ReplicationConfiguration" in one["Properties"]]
    (goes,) = copied["ReplicationConfiguration"]["Rules"]
    assert (goes["Status"], goes["Filter"], goes["Destination"]["Bucket"]) == (
        "Enabled",
        {"Prefix": ""},
        "arn:aws:s3:::listbackup-copies-full",
    )


def _ids(stacks: Stacks, kind: str, stack: str) -> list[str]:
    return [name.partition("/")[2] for name in stacks.resources(kind) if name.startswith(f"{stack}/")]
