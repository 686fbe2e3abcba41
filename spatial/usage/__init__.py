"""Use of the platform 用量: the ledger of who called what how often, and the quotas."""
