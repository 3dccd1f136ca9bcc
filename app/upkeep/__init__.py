"""What keeps a study in order: recruiters' ids, erasure, backups, the audit log, the throttle."""
