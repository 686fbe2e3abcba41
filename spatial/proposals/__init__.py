"""Proposals 变更提案: a changeset that waits for review; proposed, reviewed by another, applied."""
