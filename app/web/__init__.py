"""What every HTTP face shares: sign-in, forms, paging, errors, idempotency."""
