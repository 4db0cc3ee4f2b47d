"""One script a page: what is seen first, what can be done next."""
