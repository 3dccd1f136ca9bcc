"""The records of `report.json`, the source of every rendering."""
