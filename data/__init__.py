"""IN AND OUT: files, boundaries, geocoders and the plan store."""
