"""Every sentence of the product, by code and language."""
