"""What surveys decide: who is asked when, what an answer is, what may be told of answers. Pure."""
