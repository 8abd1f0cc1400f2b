"""Reports: what a page or a command shows, as one HTML file that needs nothing else."""
