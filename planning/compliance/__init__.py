"""Use control 用途管制: what restricts a project, judged by rules, kept and made again."""
