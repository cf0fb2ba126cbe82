"""Model pages of the providers, as files for the catalogue: ``vidmock import``.

A form (``forms``) reads a page's text into a :class:`~vidmock.importer.page.ModelPage`; ``model_file`` makes a schema
file of it. What a page says for certain becomes schema; everything else becomes a note in ``x-unsure``.
"""
