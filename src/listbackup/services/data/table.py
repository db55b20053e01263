"""The tables of restores and verifications."""

from listbackup.backends.table.port import IndexSpec, TableSpec

RESTORES = TableSpec(
    name="restores",
    indexes=(IndexSpec(name="by_source", pk="source", sk="sk"),),
    about="write-backs: which snapshot, which records, how it ended",
)
RESTORE_JOURNAL = TableSpec(
    name="restore_journal",
    indexes=(IndexSpec(name="by_position", pk="restore", sk="position"),),
    about="one row per record that a restore writes, put before the write; what was there before is sealed",
)
RESTORE_IDS = TableSpec(
    name="restore_ids", about="records that live under a new id since they were restored: pk account/source, sk stream/key"
)
VERIFICATIONS = TableSpec(name="verifications", about="the last verification of each snapshot: sk the snapshot")
PRUNES = TableSpec(name="prunes", about="the last prune of each source that somebody asked for: sk the source")
