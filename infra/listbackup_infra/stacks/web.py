"""web: the web app's files in a private bucket, behind CloudFront, which also leads to the gateway: one origin for the browser, so one cookie."""

from __future__ import annotations

from urllib.parse import urlsplit

from aws_cdk import Aws, Duration, Fn, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3

from listbackup.api.front import FRONT
from listbackup_infra import values
from listbackup_infra.edge import NAME_VIEWER, SECURITY, TELL_POLICY, find_page, make_firewall, pages_of
from listbackup_infra.settings import Stage
from listbackup_infra.stacks import Ground, Plan

_CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"  # of every distribution. Source: docs.aws.amazon.com/Route53, alias targets


def build(stack: Stack, stage: Stage, ground: Ground) -> None:
    """Bucket, firewall, distribution. ``listbackup deploy`` puts the files there afterwards."""
    bucket = _bucket(stack, stage)
    distribution = _distribution(stack, stage, ground, bucket)
    bucket.add_to_resource_policy(  # what is missing is then told as missing, not as forbidden
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
            conditions={"StringEquals": {"AWS:SourceArn": distribution.distribution_arn}},
        )
    )
    values.give(stack, stage, values.WEB_BUCKET, bucket.bucket_name)
    values.give(stack, stage, values.WEB_DISTRIBUTION, distribution.distribution_id)
    values.give(stack, stage, values.PUBLIC_URL, f"https://{stage.web_domain or distribution.distribution_domain_name}")
    if stage.web_domain and stage.hosted_zone_id:
        route53.CfnRecordSet(
            stack,
            "DomainRecord",
            hosted_zone_id=stage.hosted_zone_id,
            name=stage.web_domain,
            type="A",
            alias_target=route53.CfnRecordSet.AliasTargetProperty(
                dns_name=distribution.distribution_domain_name, hosted_zone_id=_CLOUDFRONT_ZONE
            ),
        )


def _bucket(stack: Stack, stage: Stage) -> s3.Bucket:
    """Files that can be built again at any time."""
    return s3.Bucket(
        stack,
        "Files",
        bucket_name=f"listbackup-web-{stage.name}-{Aws.ACCOUNT_ID}",
        versioned=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=stage.emulated is None,
        removal_policy=RemovalPolicy.DESTROY,
        lifecycle_rules=[
            s3.LifecycleRule(
                id="old-files",
                noncurrent_version_expiration=Duration.days(30),
                abort_incomplete_multipart_upload_after=Duration.days(1),
                expired_object_delete_marker=True,
            )
        ],
    )


def _distribution(stack: Stack, stage: Stage, ground: Ground, bucket: s3.Bucket) -> cloudfront.Distribution:
    operations = cloudfront.BehaviorOptions(
        origin=_gateway(stack, stage),
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        compress=False,  # it would squeeze only what it keeps: functions do it themselves (docs/decisions/0383)
        function_associations=[_runs(stack, stage, "name-viewer", NAME_VIEWER, cloudfront.FunctionEventType.VIEWER_REQUEST)],
    )
    certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", stage.web_certificate) if stage.web_certificate else None
    return cloudfront.Distribution(
        stack,
        "Distribution",
        comment=stage.names.prefix,
        default_behavior=_files(stack, stage, ground, bucket),
        additional_behaviors={"/v2/*": operations, "/.well-known/*": operations},
        domain_names=[stage.web_domain] if stage.web_domain else None,
        certificate=certificate,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021
        if certificate
        else None,  # CloudFront's own name has no choice
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=cloudfront.PriceClass.PRICE_CLASS_ALL,
        web_acl_id=_firewall(stack, stage),
    )


def _gateway(stack: Stack, stage: Stage) -> origins.HttpOrigin:
    """Where operations are asked for, with the secret that shows who asks. An emulator's gateway has its port in its address, and no certificate."""
    name = Fn.select(2, Fn.split("/", values.take(stack, stage, values.API_URL)))
    shown = {FRONT: SecretValue.secrets_manager(stage.names.front_secret).unsafe_unwrap()}  # a reference: CloudFormation puts the value in
    if stage.emulated is not None:
        return origins.HttpOrigin(
            Fn.select(0, Fn.split(":", name)),
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
            http_port=urlsplit(stage.emulated.endpoint).port or 80,
            read_timeout=Duration.seconds(60),  # a cold start on a machine that does much else
            custom_headers=shown,
        )
    return origins.HttpOrigin(
        name,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        read_timeout=Duration.seconds(31),
        custom_headers=shown,
    )


def _runs(stack: Stack, stage: Stage, name: str, code: str, at: cloudfront.FunctionEventType) -> cloudfront.FunctionAssociation:
    """A function at the edge, and when it runs."""
    function = cloudfront.Function(
        stack,
        "".join(word.title() for word in name.split("-")),
        function_name=f"{stage.names.prefix}-{name}",
        code=cloudfront.FunctionCode.from_inline(code),
        runtime=cloudfront.FunctionRuntime.JS_2_0,
    )
    return cloudfront.FunctionAssociation(function=function, event_type=at)


def _firewall(stack: Stack, stage: Stage) -> str | None:
    if stage.region == "us-east-1":
        return make_firewall(stack, stage).attr_arn
    return stage.web_acl or None


def _files(stack: Stack, stage: Stage, ground: Ground, bucket: s3.Bucket) -> cloudfront.BehaviorOptions:
    event = cloudfront.FunctionEventType
    return cloudfront.BehaviorOptions(
        origin=origins.S3BucketOrigin.with_origin_access_control(bucket),
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        compress=True,
        response_headers_policy=_headers(stack, stage),
        function_associations=[
            _runs(stack, stage, "find-page", find_page(pages_of(ground.web)), event.VIEWER_REQUEST),
            _runs(stack, stage, "tell-policy", TELL_POLICY, event.VIEWER_RESPONSE),
        ],
    )


def _headers(stack: Stack, stage: Stage) -> cloudfront.ResponseHeadersPolicy:
    """As ``api/door.py`` sends them; each page's Content-Security-Policy goes with its file (``TELL_POLICY``)."""
    headers = cloudfront.ResponseSecurityHeadersBehavior(
        content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
        frame_options=cloudfront.ResponseHeadersFrameOptions(frame_option=cloudfront.HeadersFrameOption.DENY, override=True),
        referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
            referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
        ),
        strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
            access_control_max_age=Duration.days(365), include_subdomains=False, override=True
        ),
    )
    return cloudfront.ResponseHeadersPolicy(
        stack,
        "Headers",
        response_headers_policy_name=stage.names.prefix,
        security_headers_behavior=headers,
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[cloudfront.ResponseCustomHeader(header=name, value=value, override=True) for name, value in SECURITY.items()]
        ),
    )


def _is_wanted(stage: Stage) -> bool:
    return stage.web


STACK = Plan(name="web", about="the web app and the public address", build=build, needs=("core", "api", "edge"), is_wanted=_is_wanted)
