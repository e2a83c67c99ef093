"""One HTML page that shows a finished run to a person who has neither monas nor a network."""
