"""What did it: designs that compare the country with what it might have been, one file each."""
