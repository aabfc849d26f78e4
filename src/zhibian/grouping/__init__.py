"""CHS-DRG grouping (分组): rule packs, rule language, engine, trace."""
