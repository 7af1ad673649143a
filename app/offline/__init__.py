"""A folder from which the product is installed and started on a computer without internet."""
