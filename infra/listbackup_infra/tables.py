"""The declared tables as tables of DynamoDB: what a service declares is all that is said about them."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnTag, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb

from listbackup.backends.table.port import TableSpec
from listbackup.bootstrap.declared import declared_tables
from listbackup_infra.copies import TAG
from listbackup_infra.settings import Stage

OUTBOX = "outbox"  # the only one whose changes are listened to


def all_tables() -> Mapping[str, TableSpec]:
    """Every declaration, by its name."""
    return {spec.name: spec for spec in declared_tables()}


def make_table(stack: Stack, stage: Stage, spec: TableSpec) -> dynamodb.CfnTable:
    """On demand, restorable to any second of 35 days, sealed with a key of AWS's (docs/decisions/0328), protected where the stage keeps its data."""
    keys = dict.fromkeys(("pk", "sk", *(name for index in spec.indexes for name in (index.pk, index.sk))))
    table = dynamodb.CfnTable(
        stack,
        f"Table-{spec.name}",
        table_name=stage.names.table(spec.name),
        billing_mode="PAY_PER_REQUEST",
        attribute_definitions=[dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name=name, attribute_type="S") for name in keys],
        key_schema=_schema("pk", "sk"),
        global_secondary_indexes=[
            dynamodb.CfnTable.GlobalSecondaryIndexProperty(
                index_name=index.name,
                key_schema=_schema(index.pk, index.sk),
                projection=dynamodb.CfnTable.ProjectionProperty(projection_type="ALL"),
            )
            for index in spec.indexes
        ]
        or None,
        time_to_live_specification=dynamodb.CfnTable.TimeToLiveSpecificationProperty(enabled=True, attribute_name=spec.ttl)
        if spec.ttl
        else None,
        point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection_enabled=stage.keep,
        stream_specification=dynamodb.CfnTable.StreamSpecificationProperty(stream_view_type="NEW_IMAGE") if spec.name == OUTBOX else None,
        tags=[CfnTag(key=TAG, value=stage.name)] if stage.backup_days else None,
    )
    table.apply_removal_policy(RemovalPolicy.RETAIN if stage.keep else RemovalPolicy.DESTROY)
    return table


def _schema(pk: str, sk: str) -> list[dynamodb.CfnTable.KeySchemaProperty]:
    return [
        dynamodb.CfnTable.KeySchemaProperty(attribute_name=pk, key_type="HASH"),
        dynamodb.CfnTable.KeySchemaProperty(attribute_name=sk, key_type="RANGE"),
    ]
