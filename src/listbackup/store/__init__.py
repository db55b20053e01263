"""The snapshot store: knows nothing of rows, accounts or HTTP. The format is docs/design/store-format.md."""
