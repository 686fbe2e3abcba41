"""Who a flood reaches, by when they must leave, and where they go 影响与避险转移."""
