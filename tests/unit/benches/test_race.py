"""Rounds that alternate, and the timer that replays them."""

from __future__ import annotations

from benches import race as races


class Runner:
    """A contestant whose rounds take known times; notes the order of all rounds."""

    def __init__(self, name: str, seconds: float, order: list[str]) -> None:
        self.name, self.seconds, self.order = name, seconds, order

    def round(self) -> float:
        self.order.append(self.name)
        return self.seconds


def test_rounds_alternate():
    """Everybody runs once a round, and who begins changes."""
    order: list[str] = []
    racers = {name: Runner(name, seconds, order) for name, seconds in (("a", 1.0), ("b", 2.0))}
    assert races.race(racers, most_rounds=3) == {"a": [1.0] * 3, "b": [2.0] * 3}
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_slow_contestants_make_the_least_number_of_rounds(monkeypatch):
    """A contestant beyond its time stops after the least number of rounds."""
    monkeypatch.setattr(races, "BUDGET_SECONDS", -1.0)
    rounds = races.race({"a": Runner("a", 1.0, [])}, most_rounds=50)
    assert len(rounds["a"]) == races.LEAST_ROUNDS


class Book:
    """Asks the timer as pytest-benchmark does."""

    def __init__(self) -> None:
        self.extra_info: dict[str, object] = {}
        self.seconds: list[float] = []

    def pedantic(self, target, rounds):
        for _ in range(rounds):
            start = races.replayed_time()
            target()
            self.seconds.append(races.replayed_time() - start)


def test_the_timer_replays_the_rounds():
    """What is entered is what was measured, with the facts."""
    book = Book()
    races.record(book, [1.0, 0.5, 0.25], unit="run")
    assert book.seconds == [1.0, 0.5, 0.25]
    assert book.extra_info == {"unit": "run"}
