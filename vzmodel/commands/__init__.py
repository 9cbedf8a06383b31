"""The commands of `vzmodel`, a file per chapter; each imports what it needs when it runs."""
