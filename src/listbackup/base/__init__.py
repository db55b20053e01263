"""What every floor stands on: errors, ids, clock, canonical JSON, paging, retry, log. Imports nothing from the house."""
