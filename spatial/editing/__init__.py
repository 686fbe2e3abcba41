"""Editing 在线编辑: single features created, replaced, updated and removed, each edit one changeset."""
