"""Copies beyond the stage, by setting: a backup plan for the tables, and every object in a bucket of another region."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from listbackup_infra.settings import Stage

TAG = "listbackup:backup"  # tables that have it are copied


def make_backup_plan(stack: Stack, stage: Stage) -> None:
    """Every night a copy of every table, kept apart from the table: what a mistake or a thief does to a table does not reach it."""
    vault = backup.CfnBackupVault(stack, "Vault", backup_vault_name=stage.names.prefix)
    vault.apply_removal_policy(RemovalPolicy.RETAIN if stage.keep else RemovalPolicy.DESTROY)
    ends = backup.CfnBackupPlan.LifecycleResourceTypeProperty(delete_after_days=stage.backup_days)
    elsewhere = (
        [backup.CfnBackupPlan.CopyActionResourceTypeProperty(destination_backup_vault_arn=stage.backup_copy_vault, lifecycle=ends)]
        if stage.backup_copy_vault
        else None
    )
    plan = backup.CfnBackupPlan(
        stack,
        "BackupPlan",
        backup_plan=backup.CfnBackupPlan.BackupPlanResourceTypeProperty(
            backup_plan_name=stage.names.prefix,
            backup_plan_rule=[
                backup.CfnBackupPlan.BackupRuleResourceTypeProperty(
                    rule_name="every-night",
                    target_backup_vault=vault.ref,
                    schedule_expression="cron(0 3 * * ? *)",
                    start_window_minutes=60,
                    completion_window_minutes=480,
                    lifecycle=ends,
                    copy_actions=elsewhere,
                )
            ],
        ),
    )
    role = iam.Role(
        stack,
        "BackupRole",
        assumed_by=iam.ServicePrincipal("backup.amazonaws.com"),
        description="what AWS Backup may do",
        managed_policies=[  # of AWS's own making: AWS Backup takes rights that change with its features
            iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWSBackupServiceRolePolicyForBackup")
        ],
    )
    backup.CfnBackupSelection(
        stack,
        "BackupSelection",
        backup_plan_id=plan.ref,
        backup_selection=backup.CfnBackupSelection.BackupSelectionResourceTypeProperty(
            selection_name="tables",
            iam_role_arn=role.role_arn,
            list_of_tags=[
                backup.CfnBackupSelection.ConditionResourceTypeProperty(
                    condition_type="STRINGEQUALS", condition_key=TAG, condition_value=stage.name
                )
            ],
        ),
    )


def replicate(stack: Stack, stage: Stage, bucket: s3.Bucket) -> None:
    """Each new object goes to the other bucket too; deletions do not."""
    role = iam.Role(
        stack,
        "CopyRole",
        assumed_by=iam.ServicePrincipal("s3.amazonaws.com"),
        description="what S3 may do to copy objects to another region",
    )
    for actions, resource in _copying(bucket, stage.copy_bucket):
        role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))
    made = bucket.node.default_child
    assert isinstance(made, s3.CfnBucket)
    made.replication_configuration = s3.CfnBucket.ReplicationConfigurationProperty(
        role=role.role_arn,
        rules=[
            s3.CfnBucket.ReplicationRuleProperty(
                id="everything",
                status="Enabled",
                priority=1,
                filter=s3.CfnBucket.ReplicationRuleFilterProperty(prefix=""),
                delete_marker_replication=s3.CfnBucket.DeleteMarkerReplicationProperty(status="Disabled"),
                destination=s3.CfnBucket.ReplicationDestinationProperty(bucket=stage.copy_bucket, storage_class="STANDARD_IA"),
            )
        ],
    )


def _copying(bucket: s3.Bucket, copy: str) -> Sequence[tuple[Sequence[str], str]]:
    # stars: every object is copied, and objects have names only when they are written
    return (
        (("s3:GetReplicationConfiguration", "s3:ListBucket"), bucket.bucket_arn),
        (
            ("s3:GetObjectRetention", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"),
            f"{bucket.bucket_arn}/*",
        ),
        (("s3:ReplicateObject", "s3:ReplicateTags"), f"{copy}/*"),
    )
