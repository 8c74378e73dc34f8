"""Who does, says or is compared: whether a sentence swaps those whom its evidence names; pure.

Without a parser: who does a verb is read from the names before it in its clause, or behind "by"
where it is passive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.checking.reading import groups
from assistant.checking.tables import (
    ASIDE,
    AUXILIARIES,
    CANONICAL,
    DETERMINERS,
    IRREGULAR,
    PRONOUNS,
    SPEECH,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.checking.reading import Word

_BE = frozenset(("is", "was", "are", "were", "be", "been", "being"))
_PAIRED = frozenset(("compar", "prefer", "replac"))
_BETWEEN = frozenset(("to", "with", "by", "over"))


@dataclass(frozen=True, slots=True)
class Act:
    """A verb at a position and the name words of who does it and of whom it is done to.

    `subject` and `object` are the words right before and behind it, be they names or not, and
    `targets` the names behind its “to”. `direct` says that a name stands right before it, and
    `named` right behind it.
    """

    at: int
    verb: str
    agents: frozenset[str]
    patients: frozenset[str]
    direct: bool
    object: str = ""
    targets: frozenset[str] = frozenset()
    subject: str = ""
    passive: bool = False
    named: bool = False


def acts(words: Sequence[Word]) -> list[Act]:
    """Find what looks like a verb, with the names around it."""
    return [_act(words, at) for at, word in enumerate(words) if _is_verb(words, at) and word.term]


def _is_verb(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    if not word.content and word.term not in SPEECH:
        return False
    if word.name or word.quoted or word.hyphen:
        return False
    before = words[at - 1] if at else None
    if before and not word.cut and (before.folded in DETERMINERS or before.owner or before.number):
        return False
    if word.term in SPEECH and word.folded.endswith("s") and before and not word.cut:
        return before.name or before.folded in PRONOUNS
    past = word.folded.endswith("ed") or word.folded in IRREGULAR or word.folded in CANONICAL
    auxiliary = before is not None and before.folded in AUXILIARIES and before.folded not in _BE
    return past or word.term in SPEECH or (auxiliary and word.content)


def _act(words: Sequence[Word], at: int) -> Act:
    before, after = _names_before(words, at), _names_after(words, at)
    passive = _passive(words, at)
    direct = bool(before) and _direct(words, at)
    if passive:
        by = _names_by(words, at)
        return Act(at, words[at].term, by, before, direct, passive=True)
    if _participle(words, at):
        return Act(at, words[at].term, frozenset(), before, direct=False)
    before |= _companions(words, at)
    following = [word for word in words[at + 1 : at + 3] if word.folded not in DETERMINERS]
    target = following[0].term if following and following[0].content else ""
    leading = [word for word in words[:at] if word.folded not in AUXILIARIES][-1:]
    subject = leading[0].term if leading and leading[0].content and not words[at].cut else ""
    named = bool(following) and following[0].name
    return Act(
        at,
        words[at].term,
        before,
        after,
        direct,
        target,
        _targets(words, at),
        subject,
        named=named,
    )


def _participle(words: Sequence[Word], at: int) -> bool:
    """Whether a verb stands as in “Compute, announced in June, is”: right behind a name's comma."""
    word = words[at]
    opening = [n for n in range(at) if words[n].clause == word.clause]
    commas = sum(words[n].cut for n in opening[1:])
    return word.cut and at > 0 and words[at - 1].name and not commas


def _companions(words: Sequence[Word], at: int) -> frozenset[str]:
    """Give the names behind “with”: who comes with somebody comes, too."""
    for here in range(at + 1, min(at + 8, len(words))):
        if words[here].folded == "with" and words[here].clause == words[at].clause:
            runs = groups(words[here : here + 5])
            return frozenset(words[here + each].term for run in runs[:1] for each in run)
    return frozenset()


def _targets(words: Sequence[Word], at: int) -> frozenset[str]:
    """Give the names behind “to” in the verb's clause."""
    for here in range(at + 1, len(words) - 1):
        if words[here].clause != words[at].clause:
            break
        near = words[here : here + 4]
        named = [word for word in near[1:] if word.folded not in DETERMINERS][:1]
        if words[here].folded == "to" and named and named[0].name:
            runs = groups(words[here : here + 6])
            return frozenset(words[here + each].term for each in runs[0])
    return frozenset()


def _direct(words: Sequence[Word], at: int) -> bool:
    """Whether only auxiliaries stand between a name and the verb."""
    back = at - 1
    while back >= 0 and (words[back].folded in AUXILIARIES or words[back].folded.endswith("ly")):
        back -= 1
    return back >= 0 and words[back].name and not words[back].owner


def _passive(words: Sequence[Word], at: int) -> bool:
    past = words[at].folded.endswith(("ed", "en")) or words[at].folded in IRREGULAR
    led = [word.folded for word in words[max(0, at - 3) : at]]
    return past and (bool(_BE & set(led)) or _by(words, at))


def _by(words: Sequence[Word], at: int) -> bool:
    for here in range(at + 1, min(at + 4, len(words) - 1)):
        if words[here].name:
            return False
        if words[here].folded == "by":
            return not words[here + 1].folded.endswith("ing")
    return False


def _names_by(words: Sequence[Word], at: int) -> frozenset[str]:
    """Give the names behind the "by" of a passive, up to the next verb or clause."""
    found: set[str] = set()
    by = False
    for here in range(at + 1, len(words)):
        word = words[here]
        if by and (word.folded == "by" or _is_verb(words, here)):
            break
        by = by or word.folded == "by"
        if by and word.name:
            found.add(word.term)
    return frozenset(found)


def _names_before(words: Sequence[Word], at: int) -> frozenset[str]:
    """Give the names before a verb in its clause, else in the clause before.

    Names in adverbials (“in Paris”) and owners (“Musk's offer”) do nothing themselves.
    """
    clause = words[at].clause
    for wanted in range(clause, -1, -1):
        runs = [
            run
            for run in groups(words[:at])
            if words[run[0]].clause == wanted
            and not _aside(words, run)
            and not words[run[0]].quoted
        ]
        if runs:
            return frozenset(words[each].term for run in runs for each in run)
        if any(word.name and not word.quoted for word in words[:at] if word.clause == clause):
            break
    return frozenset()


def _aside(words: Sequence[Word], run: tuple[int, ...]) -> bool:
    first, last = run[0], run[-1]
    led = [words[back].folded for back in range(max(0, first - 2), first)]
    if led and led[-1] in {"the", "a", "an"}:
        led = led[:-1]
    return words[last].owner or (bool(led) and led[-1] in ASIDE)


def _names_after(words: Sequence[Word], at: int) -> frozenset[str]:
    clause = words[at].clause
    return frozenset(
        word.term for word in words[at + 1 :] if word.name and word.clause <= clause + 1
    )


def roles_swapped(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether someone does in the sentence what another does in the evidence."""
    known = acts(source)
    present = {word.term for word in source if word.name}
    return any(
        _swapped(act, [each for each in known if each.verb == act.verb], present)
        for act in acts(said)
    )


def _swapped(act: Act, same: Sequence[Act], present: set[str]) -> bool:
    agents = act.agents & present
    doers = [each for each in same if each.agents]
    targets = act.targets & present
    aimed = [each for each in same if each.targets]
    if targets and aimed and not any(targets & each.targets for each in aimed):
        return True
    if act.direct and any(each.object in agents - each.agents for each in same):
        return True
    if _turned(act, same):
        return True
    if act.verb in SPEECH or not doers:
        return False
    if act.named and all(act.object in each.agents - each.patients for each in doers):
        return True
    return act.direct and bool(agents) and not any(agents & each.agents for each in doers)


def _turned(act: Act, same: Sequence[Act]) -> bool:
    """Whether what a verb is done to in the evidence does it here, be it a name or not."""
    done = [each for each in same if each.passive]
    if act.passive and act.direct and done and len(done) == len(same):
        return not any(act.patients & each.patients for each in done if each.patients)
    active = [each for each in same if not each.passive and each.object and each.subject]
    return (
        bool(active)
        and not act.passive
        and all(act.subject == each.object != each.subject for each in active)
    )


def objects_swapped(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Whether what is compared with something is, in the evidence, what it is compared with."""
    for first, second in _objects(said):
        for other_first, other_second in _objects(source):
            straight = _common(first, other_first) + _common(second, other_second)
            crossed = _common(first, other_second) + _common(second, other_first)
            if crossed > straight:
                return True
    return False


def _objects(words: Sequence[Word]) -> Iterator[tuple[Sequence[Word], Sequence[Word]]]:
    for at, word in enumerate(words):
        if word.term in _PAIRED:
            for middle in range(at + 1, len(words)):
                if words[middle].folded in _BETWEEN:
                    behind = [each for each in words[middle + 1 :] if each.clause == word.clause]
                    yield words[at + 1 : middle], behind
                    break


def _common(one: Sequence[Word], other: Sequence[Word]) -> int:
    return sum(
        any(word.term == each.term for each in other) for word in one if word.content or word.name
    )
