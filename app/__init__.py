"""What a person sees of whynan: the command line, the link, the pages."""
