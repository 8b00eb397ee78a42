"""Small honest programs that do the product's work on the product's tables, each as its framework teaches."""
