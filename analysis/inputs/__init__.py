"""From files to one checked set of ratings: readers, importers, screening, pre-registration."""
