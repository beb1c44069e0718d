"""An attack on what is kept of answers: who has copies and logs, but not the secret, tries to link people.

It knows nothing of our tables. Every row and every line of a log is a *version* with scalars: what
stands in it, and what the storage tells of when and where it was put (`evidence`, `scalars`). A
person is seen wherever their id, a name or a hash of them stands (`sight`). From these two sides
attackers are made, each of one kind of trace, a signal (`case`):

* `linking`  says which row is whose: by values that are equal, near to each other, or in one order.
* `reading`  says what somebody answered: by what came or changed around the moment they were seen.
* `clear`    looks for people and answers in the bytes, free pages and logs included.
* `seals`    tries every key that stands anywhere on everything that is sealed.

What they know of a wave is a `scene`. An attacker tries out on some waves which of its ideas is the
best one, and is judged by others (`trial`); `verdict` holds its success against guessing. Where nobody
knows the truth, as in copies of a real deployment, `suspicion` tells what each trace could link.
"""
