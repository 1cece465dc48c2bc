"""How pictures come in: rendered people, labelled films, the web page Smielfy, other sets."""
