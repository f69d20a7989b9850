import numpy as np

from labelfix.data.decision_store import DecisionStore
from labelfix.data.decisions import Decision
from labelfix.review.server.standing import StandingDecisions


def test_standing__is_the_same_as_the_store_says_after_any_steps(tmp_path):
    random = np.random.default_rng(0)
    with DecisionStore.open(tmp_path / "decisions.sqlite") as store:
        standing = StandingDecisions(store)
        for step in range(60):
            reviewer = "ab"[random.integers(2)]
            kind = random.integers(5)
            if kind == 0:
                store.undo(reviewer)
            elif kind == 1:
                store.redo(reviewer)
            else:
                store.add(
                    Decision(
                        image=f"{random.integers(6)}.png",
                        answer=f"{random.integers(3)}",
                        reviewer=reviewer,
                        decided_at="2026-05-04T10:20:30Z",
                        seconds=float(step),
                    )
                )
            if random.random() < 0.4:
                standing.refresh()
                assert standing.events() == store.standing()
        standing.refresh()
        assert standing.decisions() == store.current()
        assert len(store.current()) > 3
