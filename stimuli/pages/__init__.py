"""Page types: one module each. `docs/page-types.md` says how to add one."""
