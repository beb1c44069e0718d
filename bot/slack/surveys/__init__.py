"""How surveys look: the question, the forms, the results, and what is said about privacy."""
