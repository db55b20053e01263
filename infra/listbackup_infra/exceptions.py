"""What cdk-nag finds and is meant so, each with its reason. Nothing else is passed over: ``tests/infra/test_judges.py`` fails on any other finding."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Stack
from cdk_nag import NagPackSuppression, NagSuppressions, RegexAppliesTo

_TRACES = "X-Ray's PutTraceSegments and PutTelemetryRecords know no resources, nor do ListStreams and ListAliases"
_OBJECTS = "objects have names only when they are written; the policy names the one bucket"
_KEYS = "the keys of our aliases alone, by a condition: a rotation makes keys that nobody knows when the stack is made"
_EVERY_OBJECT = (
    "/^Resource::arn:<AWS::Partition>:s3:::.*\\/\\*$/g",
    "/^Resource::arn:aws:s3:::.*\\/\\*$/g",
    "/^Resource::<Objects.*\\.Arn>\\/\\*$/g",
)
_RUNTIME = "the newest Python that the packages' wheels and tools/build_functions.py are made and tested for"
_DOOR = "the function's own door judges every caller (http/admission), or the authorizer that the stage chooses; some operations are for everybody"

_ALL = (
    NagPackSuppression(id="AwsSolutions-IAM5", reason=_TRACES, applies_to=["Resource::*"]),
    NagPackSuppression(id="AwsSolutions-IAM5", reason=_OBJECTS, applies_to=[RegexAppliesTo(regex=one) for one in _EVERY_OBJECT]),
    NagPackSuppression(
        id="AwsSolutions-IAM5", reason=_KEYS, applies_to=[RegexAppliesTo(regex="/^Resource::arn:<AWS::Partition>:kms:.*:key\\/\\*$/g")]
    ),
    NagPackSuppression(id="AwsSolutions-L1", reason=_RUNTIME),
    NagPackSuppression(id="AwsSolutions-APIG4", reason=_DOOR),
)
_OF: Mapping[str, tuple[tuple[str, str], ...]] = {
    "core": (
        (
            "AwsSolutions-COG1",
            "nobody types these passwords: the pool keeps a value of 43 characters that is computed from what a person chose, which is judged before",
        ),
        (
            "AwsSolutions-COG2",
            "second factors are asked for by the program, which knows the policy of each account; the pool lets both kinds of people in",
        ),
        (
            "AwsSolutions-COG8",
            "compromised passwords cannot be recognised from computed values, and risks are judged by the program's own throttle",
        ),
        (
            "AwsSolutions-S1",
            "who reads objects is told by the activity trail; CloudTrail's data events are the account's owner's to switch on, at their price",
        ),
        ("AwsSolutions-SQS3", "this is where others send what nobody took"),
        ("AwsSolutions-IAM4", "AWS Backup's own role policy: what it needs changes with its features"),
    ),
    "web": (
        ("AwsSolutions-S1", "the bucket holds the files of the web app, which everybody may read through CloudFront"),
        ("AwsSolutions-CFR1", "people travel"),
        ("AwsSolutions-CFR3", "requests for the API are logged by the gateway; who read which file of the web app tells nothing"),
        ("AwsSolutions-CFR4", "CloudFront's own name has one certificate and no choice; a stage with web_domain demands TLS 1.2"),
    ),
}


def explain(stacks: Mapping[str, Stack]) -> None:
    """Writes the reasons into the stacks."""
    for name, stack in stacks.items():
        of_this = [NagPackSuppression(id=rule, reason=reason) for rule, reason in _OF.get(name, ())]
        NagSuppressions.add_stack_suppressions(stack, [*_ALL, *of_this])
