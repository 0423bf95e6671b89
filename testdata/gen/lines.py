"""Write testdata/lines.txt: 400 plain sentences for the demo, from a small grammar.

Every word here was written for this project. Run: python3 testdata/gen/lines.py
"""
import pathlib
import random

WHO = ["a man", "a woman", "two children", "the old farmer", "my neighbour", "a young doctor", "the teacher", "some tourists", "our new colleague", "the driver",
       "a group of students", "the cook", "an artist", "the musician", "a small dog", "the manager", "a nurse", "the football team"]
DOES = ["is playing {music}", "walks along {place}", "is reading {text} in {place}", "asked about {money}", "cooks {food} for {whom}", "repairs {thing}",
        "lost {thing} in {place}", "wants to return {thing}", "is waiting for {transport}", "wrote {text} about {topic}", "studies {topic}", "sells {food} in {place}",
        "talked with {whom} about {topic}", "booked {transport} to {city}", "checks {money} every week", "carries {thing} to {place}"]
PARTS = {
    "music": ["the guitar", "the piano", "an old song", "the violin", "music for {whom}"],
    "place": ["the river", "the park", "a quiet street", "the market", "the kitchen", "the city library", "the station", "a small garden", "the hospital", "the beach"],
    "text": ["a letter", "a short story", "the newspaper", "a long report", "a review", "an email"],
    "money": ["a bank transfer", "the price of bread", "a credit card", "the exchange rate", "an unpaid bill", "the monthly rent", "a refund"],
    "food": ["fresh fish", "rice and vegetables", "apple cake", "hot soup", "bread", "coffee"],
    "whom": ["the family", "a friend", "the guests", "her brother", "the whole class", "an old man"],
    "thing": ["a broken phone", "the red bicycle", "a wallet", "the washing machine", "a pair of shoes", "the car", "a heavy box", "the key"],
    "transport": ["the last bus", "a train", "a cheap flight", "a taxi"],
    "city": ["the capital", "the coast", "the mountains", "another town"],
    "topic": ["the weather", "protein in cells", "the history of the town", "modern art", "a new law", "stock prices", "the treatment of pain", "the movie", "the environment"],
}
HOW = ["", "", "", " in the morning", " before lunch", " on a rainy day", " with great care", " for the first time", " again", " late at night"]
QUESTIONS = ["how do i pay {money}", "what is the best way to {city}", "where can i find {food}", "why was {thing} so expensive", "who wrote {text} about {topic}",
             "when does {transport} leave", "how much does {thing} cost", "is there {food} near {place}"]
OPINIONS = ["{topic} was far more interesting than i expected", "the film about {topic} is slow but beautiful", "i did not like {food} at {place}",
            "a wonderful story about {whom} and {thing}", "the service at {place} was friendly and fast", "{thing} stopped working after a week"]


def fill(pattern: str, rng: random.Random) -> str:
    while "{" in pattern:
        start = pattern.index("{")
        end = pattern.index("}", start)
        pattern = pattern[:start] + rng.choice(PARTS[pattern[start + 1:end]]) + pattern[end + 1:]
    return pattern


def main() -> None:
    rng = random.Random(11)
    lines: list[str] = []
    while len(lines) < 400:
        kind = rng.random()
        if kind < 0.6:
            pattern = f"{rng.choice(WHO)} {rng.choice(DOES)}{rng.choice(HOW)}"
        else:
            pattern = rng.choice(QUESTIONS if kind < 0.8 else OPINIONS)
        line = fill(pattern, rng)
        if line not in lines:
            lines.append(line)
    path = pathlib.Path(__file__).parent.parent / "lines.txt"
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
