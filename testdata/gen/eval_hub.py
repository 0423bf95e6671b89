"""Values wanted by eval/hubprotocol_test.go, from scipy and scikit-learn.

numpy, scipy 1.17.1, scikit-learn 1.9.1.
"""
import numpy as np
from scipy.stats import pearsonr, spearmanr
from scipy.stats import t as student
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score


def vector(text):
    """The vector of the tests' system: counts of the letters a to d."""
    return np.array([text.count(c) for c in "abcd"], float)


def cosine(a, b):
    a, b = vector(a), vector(b)
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


for r, n in (0.5, 16), (-0.3, 5), (0.9, 3):
    t = abs(r) * np.sqrt((n - 2) / ((1 + r) * (1 - r)))
    print("p of", r, n, 2 * student.sf(t, n - 2))

human, machine, relevance = ["ab", "c"], ["a", "aab", "cd", "d", "bcd"], [3, 5, 2, 1, 4]
scores = [max(cosine(m, h) for h in human) for m in machine]
rho = spearmanr(relevance, scores)
print("SummEval v1", 100 * np.mean([tuple(rho)]), "v2", 100 * rho.statistic)

pairs = [("a", "ab", 0.9), ("a", "b", 0.1), ("cd", "d", 0.4), ("abc", "ad", 0.6)]
print("BIRD", 100 * pearsonr([(cosine(a, b) + 1) / 2 for a, b, _ in pairs], [s for *_, s in pairs])[0])

phrases, labels = ["aaaa", "aaaaa", "bbbb", "ccccc", "cccc", "bbbbb", "bbb"], ["P", "P", "L", "O", "O", "O", "L"]
found = KMeans(3, n_init=10, random_state=0).fit([vector(p) for p in phrases])
print("CoNLL", 100 * normalized_mutual_info_score(labels, found.labels_), found.labels_)
