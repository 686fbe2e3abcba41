"""The check-up report 年度体检报告: one document, written as a page and as PDF."""
