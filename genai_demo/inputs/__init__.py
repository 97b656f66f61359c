"""What visitors bring: small pictures, points, documents."""
