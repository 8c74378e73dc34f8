"""Lists of questions and answers, written in three ways, are asked in other words."""

import pytest

from assistant.answer import State
from assistant.assistant import Assistant
from corpus.load import find_files
from index.build import Wanted, build_index
from index.search import SearchIndex

LIBRARY = """# Questions about the Linden Street library

## How do I get a library card?

Bring a photo identity card and a letter that shows your address to the desk. The card is printed
while you wait. Children under twelve need the signature of a parent.

## What does a card cost?

Residents of the town pay nothing. Everybody else pays 18 euros a year, or 9 euros with a student
card.

## Can I renew books that I have borrowed?

Yes, twice, unless somebody else is waiting for them. Use the machine by the door or your account on
the website.

## When are you open?

Tuesday to Friday from 10 a.m. to 7 p.m., and on Saturdays from 9 a.m. to 2 p.m. We are closed on
Sundays and Mondays.

## Is there somewhere to print?

There are two printers on the first floor. A page in black costs 10 cents and one in colour 40
cents.
"""

POOL = """# Harbour pool: frequently asked questions

**Do I have to wear a swimming cap?**

Only in the 50-metre basin. In the leisure pool it is up to you.

**At what age may children come alone?**

From ten years on, if they have the bronze swimming badge. Younger ones need an adult in the water
with them.

**How warm is the water?**

26 degrees in the large basin and 31 in the one for toddlers.

**Where can I leave my bicycle?**

The racks are behind the building, at the gate to Mill Lane. They are lit at night and watched by a
camera.

**Why was the sauna closed?**

A pipe broke in January and the insulation got wet. It opens again on 3 May.

**Can I get my money back if I am ill?**

No. Season tickets can be paused for up to eight weeks with a note from a doctor, though.
"""

BICYCLES = """Pedalo bicycle hire - Q&A

Q: How old must I be to hire a bike?
A: At least sixteen. Riders under eighteen need a parent's consent in the app.

Q: How long may I keep a bike?
A: For 24 hours at the most. After that we charge 2 euros an hour.

Q: What do I do if a tyre goes flat?
A: Lock the bike, report it in the app under "Damage" and take another one.

Q: Who is behind Pedalo?
A: The city's transport company and the Norvik cycling association, who founded it in 2019.

Q: May I leave the city with it?
A: No. Rides that end outside the zone cost 15 euros more.

Q: Are there bikes for carrying children?
A: Yes, 40 cargo bikes at twelve stations. They must be brought back to the station they came from.
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory, embedder, reader):
    folder = tmp_path_factory.mktemp("faq")
    (folder / "library.md").write_text(LIBRARY)
    (folder / "pool.md").write_text(POOL)
    (folder / "bicycles.txt").write_text(BICYCLES)
    root = tmp_path_factory.mktemp("index")
    build_index(root, Wanted(corpus=tuple(find_files([folder]))), embedder)
    with SearchIndex(root, embedder) as index:
        yield Assistant(index, reader)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What must I bring to become a member of the library?", "photo identity card"),
        ("How much is a library card for people from out of town?", "18 euros"),
        ("Can I keep my borrowed books for longer?", "Yes, twice"),
        ("What are the library's opening hours?", "10 a.m. to 7 p.m."),
        ("Can I print something at the library?", "two printers"),
        ("How much does a colour print cost?", "40 cents"),
        ("Is a swimming cap compulsory?", "Only in the 50-metre basin"),
        ("From what age can kids swim without their parents?", "From ten years on"),
        ("What temperature does the water have?", "26 degrees"),
        ("Where do I park my bike at the pool?", "behind the building"),
        ("What was wrong with the sauna?", "A pipe broke"),
        ("Do I get a refund when I am sick?", "No."),
        ("What is the minimum age for renting a bike?", "At least sixteen"),
        ("How long can I hire a bike for?", "24 hours"),
        ("My bike has a puncture, what now?", "Lock the bike"),
        ("Who runs Pedalo?", "transport company"),
        ("Can I ride the hired bike out of town?", "No. Rides that end outside"),
        ("Do you have bikes for transporting kids?", "40 cargo bikes"),
    ],
)
def test_the_answer_to_the_question_that_means_the_same_comes_first(desk, question, answer):
    given = desk.ask(question)
    assert given.state == State.ANSWERED
    assert answer in given.statements[0].text


@pytest.mark.parametrize(
    "question", ["Does the pool have a diving tower?", "Which electric scooters does Pedalo offer?"]
)
def test_what_none_of_the_answers_says_is_not_answered(desk, question):
    assert desk.ask(question).state == State.NOT_FOUND
