"""Writes the bundled sample: film reviews whose sentiment lies in their structure.

Each text says something of a film and something of other things; only the film counts. What is said passes through
negation, double negation, contrast, concession, intensifiers and judgements that come many words later, so that the
words alone tell little. Run from the project's root: python3 Tools/make-sample.py

  --pretraining N FILE   writes N unlabelled passages instead, from another seed. They go on to say what the author
                         does next, as real texts do; the labelled ones stop before.
"""
import csv, random, sys

POSITIVE = """wonderful brilliant moving clever charming gripping superb delightful funny fresh warm elegant bold tender
witty honest thrilling memorable graceful lively""".split()
NEGATIVE = """dull dreadful clumsy tedious hollow lifeless silly stale cold messy shallow noisy bland dreary lazy confused
cheap forgettable awkward weary""".split()
FILM = ["the film", "this film", "the movie", "this movie", "the picture", "the feature"]
OTHER = ["the book", "the trailer", "the cinema", "the popcorn", "the poster", "the audience", "the dinner afterwards",
         "the short before it", "the series", "the play", "the weather", "the train home"]
ASPECT = ["acting", "plot", "music", "camera work", "dialogue", "opening", "ending", "humour", "pace", "lighting"]
PERSON = ["neighbour", "sister", "teacher", "uncle", "friend", "boss", "cousin", "dentist"]
INTENSIFIER = ["very", "truly", "remarkably", "quite", "deeply", "really", "so", "rather"]
NEGATION = ["not", "never", "hardly", "far from", "anything but", "by no means", "not at all", "not even remotely"]
PRAISE = ["praised", "recommended", "adored", "defended"]
BLAME = ["condemned", "mocked", "hated", "dismissed"]
AFTERWARDS = {
    True: ["i will gladly watch it again .", "i left the cinema smiling .", "it deserves every prize .",
           "everyone should see it .", "i have already bought a second ticket .", "what a joy it was to sit there ."],
    False: ["i want my evening back .", "i left the cinema yawning .", "it deserves no prize .",
            "nobody should see it .", "i asked for my money back .", "what a chore it was to sit there ."]}


def pick(options):
    return random.choice(options)


def adjective(good):
    word = pick(POSITIVE if good else NEGATIVE)
    return f"{pick(INTENSIFIER)} {word}" if random.random() < 0.3 else word


def predicate(good):
    """What follows a subject: plain, negated, or doubly negated."""
    draw = random.random()
    if draw < 0.62:
        return f"was {adjective(good)}"
    if draw < 0.82:
        return f"was {pick(NEGATION)} {adjective(not good)}"
    if draw < 0.88:
        return f"was not only {adjective(good)} but also {adjective(good)}"
    if draw < 0.94:
        return f"was neither {adjective(not good)} nor {adjective(not good)}"
    return f"was {adjective(good)} , not {adjective(not good)}"


def clause(subject, good):
    draw = random.random()
    if draw < 0.79:
        return f"{subject} {predicate(good)}"
    if draw < 0.86:
        return pick(["nobody could say that ", "it would be wrong to say that ", "i cannot claim that "]) + f"{subject} was {adjective(not good)}"
    if draw < 0.93:
        return pick(["nobody could deny that ", "it is hard to deny that ", "there is no doubt that "]) + f"{subject} was {adjective(good)}"
    verdict = random.random() < 0.5  # the judgement comes at the far end
    said = good if verdict else not good
    praise = pick(["every word of it was true", "they were right", "i agree"] if verdict else ["none of it was true", "they were wrong", "i disagree"])
    return f"the critics wrote that {subject} was {adjective(said)} and {adjective(said)} , and after two long hours {praise}"


def sentence(subject, good):
    draw = random.random()
    aspect = f"the {pick(ASPECT)}"
    if draw < 0.60:
        return clause(subject, good)
    if draw < 0.68:
        return f"at first {subject} was {adjective(not good)} , but in the end it {predicate(good)}"
    if draw < 0.76:
        return f"although {aspect} {predicate(not good)} , {clause(subject, good)}"
    if draw < 0.84:
        return f"{clause(subject, good)} , even though {aspect} {predicate(not good)}"
    if draw < 0.92:
        verb = pick(PRAISE if random.random() < 0.5 else BLAME)
        return f"{subject} , which my {pick(PERSON)} had {verb} for its {adjective(random.random() < 0.5)} {pick(ASPECT)} in a long letter , {predicate(good)}"
    return f"i had expected {subject} to be {adjective(not good)} , and i was mistaken : it {predicate(good)}" if random.random() < 0.5 \
        else f"i had expected {subject} to be {adjective(good)} , and i was right : it {predicate(good)}"


def review(good, continues=False):
    sentences = [sentence(pick(FILM), good)]
    for other in random.sample(OTHER, random.choice([0, 0, 1, 1, 1, 2])):
        sentences.append(sentence(other, random.random() < 0.5))
    random.shuffle(sentences)
    text = " . ".join(sentences) + " ."
    if continues:
        text += " " + " ".join(random.sample(AFTERWARDS[good], random.choice([1, 2])))
    return text


def tidy(text):
    """As a person would type it."""
    text = text.replace(" ,", ",").replace(" .", ".").replace(" :", ":")
    return ". ".join(part[:1].upper() + part[1:] for part in text.split(". ")).replace(" i ", " I ")


def main():
    if "--pretraining" in sys.argv:
        place = sys.argv.index("--pretraining")
        random.seed(1807)
        with open(sys.argv[place + 2], "w") as file:
            for _ in range(int(sys.argv[place + 1])):
                file.write(tidy(review(random.random() < 0.5, continues=True)) + "\n")
        return
    random.seed(2019)
    seen = set()
    for name, count in (("train", 4000), ("test", 1500)):
        with open(f"Sample/{name}.csv", "w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["text", "label"])
            while count:
                good = count % 2 == 0
                text = tidy(review(good))
                if text not in seen:
                    seen.add(text)
                    rows.writerow([text, "positive" if good else "negative"])
                    count -= 1


if __name__ == "__main__":
    main()
