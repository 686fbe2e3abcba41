"""The quota ledger 指标台账, by double entry."""
