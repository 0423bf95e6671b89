"""mmteb.py: the 131 tasks of MTEB(Multilingual, v2) as mteb 2.20.0 lists them: eval/multilingual.tsv.

A line a task: name, column, repository, commit, main score, splits, examples of a class, part of the texts of
Clust (a share, a number, all, or sets), forms of the data that are the task's own, subsets. A subset is its name, =, and
its languages; a name alone, such as eng-Latn_deu-Latn, is a pair of languages; *a,b,… is all ordered pairs of those.
"""
import mteb

COLUMN = {"BitextMining": "BitMining", "Classification": "Class", "Clustering": "Clust", "InstructionReranking": "InstRet", "MultilabelClassification": "MultiClass",
          "PairClassification": "PairClass", "Reranking": "Rank", "Retrieval": "Ret", "STS": "STS"}


def subsets(t):
    langs = t.metadata.eval_langs
    if not isinstance(langs, dict):
        return "=" + "+".join(langs)
    if getattr(t, "parallel_subsets", False):
        names = sorted({n for k in t.hf_subsets for n in k.split("-")})
        if len(t.hf_subsets) == len(names) * (len(names) - 1):
            return "*" + ",".join(names)
        return ",".join(t.hf_subsets)
    return ",".join(f"{k}={'+'.join(langs[k])}" for k in t.hf_subsets)


def part(t):
    if t.metadata.type != "Clustering":
        return "-"
    if not hasattr(t, "max_document_to_embed"):
        return "sets"  # rows are sets, as in v1
    return t.max_fraction_of_documents_to_embed or t.max_document_to_embed or "all"


for t in mteb.get_benchmark("MTEB(Multilingual, v2)").tasks:
    m = t.metadata
    own = [n for n in ("load_data", "dataset_transform") if n in type(t).__dict__]
    per = t.samples_per_label if "lassification" in m.type and "Pair" not in m.type else "-"
    print(m.name, COLUMN[m.type], m.dataset["path"], m.dataset["revision"], m.main_score, ",".join(m.eval_splits), per, part(t),
          "+".join(own) + ("+parallel" if getattr(t, "parallel_subsets", False) else "") or "-", subsets(t), sep="\t")
