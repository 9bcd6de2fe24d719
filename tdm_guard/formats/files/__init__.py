"""Containers of pictures, sound, films, books and documents, and the metadata packets within them."""
