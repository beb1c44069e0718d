"""How well it went, and how well people say it went."""

from __future__ import annotations

from bot.domain import Fact
from bot.metrics.metric import (
    Better,
    Distinct,
    Metric,
    NetScore,
    Population,
    Quotient,
    Rows,
    Share,
    Sum,
    Unit,
    Where,
)
from bot.metrics.rows import CREATED, SOLVED, denominator, mean, numerator, rated

_TARGETS = Rows(Population.TARGETS, "decided_at")
_REOPENED = Where("reopens", ">=", 1)
#: Solved so long ago that it is known whether the requester came back, if that is ever known.
_SETTLED = SOLVED.that(Where("is_settled", "=", 1), Where("requester", "there"))
_LAST_SOLVED = Rows(Population.TICKETS, "last_solved_at")
#: The standard scale; what was asked on 1-10 is kept apart and never mixed in.
_NPS = rated("nps").that(Where("scale", "=", "0-10"))
#: CES 2.0: agreement with "it was easy"; the older question has another scale and another meaning.
_CES = rated("ces").that(Where("scale", "=", "1-7"))

METRICS = (
    Metric(
        key="first_contact_resolution",
        label="First contact resolution",
        definition="Share of solved tickets with one customer contact, never reopened, and no new "
        "ticket of the same requester within 7 days of the solve; counted once the 7 days are over. "
        "Tickets whose requester is not known are left out.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        aggregate=Share(
            (
                Sum(
                    _SETTLED.that(
                        Where("customer_messages", "<=", 1),
                        Where("reopens", "=", 0),
                        Where("contacts_after", "=", 0),
                    )
                ),
            ),
            (Sum(_SETTLED),),
        ),
        needs=frozenset({Fact.SOLVES, Fact.REOPENS, Fact.REPLIES, Fact.REQUESTER}),
        aliases=("FCR",),
        settled=7,
    ),
    Metric(
        key="one_touch_rate",
        label="One-touch rate",
        definition="Share of solved tickets with exactly one public agent reply.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        aggregate=Share((Sum(SOLVED.that(Where("agent_replies", "=", 1))),), (Sum(SOLVED),)),
        needs=frozenset({Fact.SOLVES, Fact.REPLIES}),
    ),
    Metric(
        key="interactions_per_resolution",
        label="Interactions per resolution",
        definition="Public messages by both sides on the tickets solved, divided by those tickets.",
        unit=Unit.COUNT,
        better=Better.LOWER,
        aggregate=mean(Sum(SOLVED, ("agent_messages", "customer_messages"))),
        needs=frozenset({Fact.SOLVES, Fact.REPLIES}),
        counted="It is a number of messages for each ticket.",
    ),
    Metric(
        key="reopen_rate",
        label="Reopen rate",
        definition="Share of the tickets whose last solve falls in the window that were reopened "
        "at least once; a ticket that is reopened now counts as reopened.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        aggregate=Share((Sum(_LAST_SOLVED.that(_REOPENED)),), (Sum(_LAST_SOLVED),)),
        needs=frozenset({Fact.SOLVES, Fact.REOPENS}),
    ),
    Metric(
        key="repeat_contact_rate",
        label="Repeat contact rate",
        definition="Share of the requesters in the window who had contacted us in the 7 days "
        "before one of their tickets.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        aggregate=Share(
            (Distinct(CREATED.that(Where("contacts_before", ">=", 1)), "requester"),),
            (Distinct(CREATED, "requester"),),
        ),
        needs=frozenset({Fact.REQUESTER}),
        short="Repeat contacts",
    ),
    Metric(
        key="transfer_rate",
        label="Transfer rate",
        definition="Share of solved tickets whose group or assignee changed after the first "
        "assignment.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        aggregate=Share((Sum(SOLVED.that(Where("transfers", ">=", 1))),), (Sum(SOLVED),)),
        needs=frozenset({Fact.SOLVES, Fact.TRANSFERS}),
    ),
    Metric(
        key="escalation_rate",
        label="Escalation rate",
        definition="Share of created tickets that were escalated: by the help desk's own flag, a "
        "tier's group or a tag, as set for the desk.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        aggregate=Share((Sum(CREATED.that(Where("escalated", "=", 1))),), (Sum(CREATED),)),
        needs=frozenset({Fact.ESCALATIONS}),
        short="Escalations",
    ),
    Metric(
        key="sla_attainment",
        label="SLA attainment",
        definition="Targets met, divided by targets met or breached. A target that still runs "
        "counts only once it is past due.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        aggregate=Share((Sum(_TARGETS.that(Where("met", "=", 1))),), (Sum(_TARGETS),)),
        needs=frozenset({Fact.SLA}),
        short="SLA",
    ),
    Metric(
        key="complaint_rate",
        label="Complaint rate",
        definition="Share of created tickets with a complaint tag, as set for the desk.",
        unit=Unit.RATIO,
        better=Better.LOWER,
        aggregate=Share((Sum(CREATED.that(Where("complaint", "=", 1))),), (Sum(CREATED),)),
        needs=frozenset({Fact.COMPLAINTS}),
        short="Complaints",
    ),
    Metric(
        key="csat",
        label="Customer satisfaction",
        definition="Positive ratings, divided by all ratings: 4 and 5 of 5, “good” of good and bad.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        aggregate=Share(
            (Sum(rated("csat").that(Where("positive", "=", 1))),), (Sum(rated("csat")),)
        ),
        needs=frozenset({Fact.CSAT}),
        short="CSAT",
    ),
    Metric(
        key="csat_response_rate",
        label="CSAT response rate",
        definition="Ratings given, divided by ratings asked for.",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        aggregate=Share(
            (Sum(rated("csat", "asked_at").that(Where("given_at", "there"))),),
            (Sum(rated("csat", "asked_at")),),
        ),
        needs=frozenset({Fact.CSAT, Fact.CSAT_REQUESTS}),
        short="CSAT answered",
    ),
    Metric(
        key="nps",
        label="Net promoter score",
        definition="Share of answers 9 and 10 less the share of answers 0 to 6, of 0 to 10; 7 and "
        "8 stay in the denominator.",
        unit=Unit.SCORE,
        better=Better.HIGHER,
        aggregate=NetScore(
            Sum(_NPS.that(Where("raw", ">=", 9))),
            Sum(_NPS.that(Where("raw", "<=", 6))),
            Sum(_NPS),
        ),
        needs=frozenset({Fact.NPS}),
        short="NPS",
        bounds=(-100, 100),
    ),
    Metric(
        key="ces",
        label="Customer effort score",
        definition="Mean agreement, 1 to 7, with “it was easy” (CES 2.0). The older question on "
        "1 to 5 is never mixed in.",
        unit=Unit.SCORE,
        better=Better.HIGHER,
        aggregate=mean(Sum(_CES, ("raw",))),
        needs=frozenset({Fact.CES}),
        short="CES",
        bounds=(1, 7),
    ),
    Metric(
        key="quality_score",
        label="Quality score",
        definition="Mean of quality reviews, each on 0 to 100.",
        unit=Unit.SCORE,
        better=Better.HIGHER,
        aggregate=Quotient((numerator("quality_score"),), (denominator("quality_score"),)),
        short="QA",
        bounds=(0, 100),
    ),
)
