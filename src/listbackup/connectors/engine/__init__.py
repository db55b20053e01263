"""The connector engine: turns declared facts about a platform into checked, polite, parallel, resumable reading."""
