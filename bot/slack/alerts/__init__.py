"""How alerts look: a message through its life, the rules, a rehearsal, the log, the review, modals."""
