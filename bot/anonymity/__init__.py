"""`deskpulse audit-anonymity`: plays waves through the product's own storage, and sets attackers on them.

`respondents` are made-up people, `storage` what they answer through, `wave` a whole wave of them,
`scratch` where it is kept and copied, `witness` what only the judge sees. `audit` puts it together.
"""
