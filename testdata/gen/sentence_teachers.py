"""Make testdata/sentence: what sentence-transformers' encode gives for many teachers.

    python testdata/gen/sentence_teachers.py [--limit N] [--keep DIR]

Nine tiny backbones (sentence_backbones.py) times what a folder may say: modules of
every kind, poolings, activations, limits, prompts, casing, tokenizer classes. A case
is a backbone and the files that it has beside (or in place of) the backbone's own:

    backbones/NAME/…     without model.safetensors: only Python reads that
    weights/NAME         model.safetensors of Dense and LayerNorm modules, named by cases
    cases.json           texts, and of each case: backbone, files, options, dim, error
    vectors.bin          float32, little-endian: case after case, text after text

A file's value is JSON to write, "@NAME" for weights/NAME, or null for a backbone's file
that goes. A case with an error is one that sentence-transformers does not load.
Minutes; the same bytes on each run. Needs sentence-transformers 6.2.0 and torch.
"""

import argparse
import itertools
import json
import logging
import pathlib
import random
import shutil
import tempfile
import warnings

import numpy as np
import safetensors.numpy
import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer

import sentence_backbones as backbones

OUT = pathlib.Path(__file__).parent.parent / "sentence"
WIDTH = backbones.WIDTH
TEXTS = ["The quick brown fox", "Hello World in Paris", "  café naïve\tÜnder 北京 \n", "", "one two three four five six seven eight nine ten one two three four five"
         " six seven eight nine ten one two three four five six seven eight nine ten", "good morning: so, is it ?", "[SEP] </s> mid ﬁ ①  x"]
MODES = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
SWITCHES = {"cls": "cls_token", "max": "max_tokens", "mean": "mean_tokens", "mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "weightedmean": "weightedmean_tokens", "lasttoken": "lasttoken"}
ACTIVATIONS = ["linear.Identity"] + ["activation." + n for n in """Tanh ReLU ReLU6 LeakyReLU RReLU GELU SiLU Mish ELU CELU SELU Sigmoid LogSigmoid
Hardtanh Hardsigmoid Hardswish Softplus Softsign Tanhshrink Hardshrink Softshrink Softmax Softmin LogSoftmax GLU PReLU""".split()]


class Case(dict):
    """A case under construction: modules are added in order."""

    def __init__(self, name, backbone, **options):
        super().__init__(name=name, backbone=backbone, files={}, options=options)
        self.modules, self.width, self.tokens = [("", "Transformer")], WIDTH, WIDTH

    def put(self, name, value):
        self["files"][name] = value
        return self

    def module(self, kind, config, weights=None, path=None):
        path = path if path is not None else f"{len(self.modules)}_{kind}"
        self.modules.append((path, kind))
        if config is not None:
            self.put(path + "/config.json", config)
        if weights:
            self.put(path + "/model.safetensors", "@" + weights)
        return self

    def pooling(self, modes, switches=False, path=None, **more):
        modes = [modes] if isinstance(modes, str) else list(modes)
        self.width = self.tokens * len(modes)
        if switches:
            config = {"word_embedding_dimension": self.tokens} | {"pooling_mode_" + SWITCHES[m]: m in modes for m in MODES}
        else:
            config = {"embedding_dimension": self.tokens, "pooling_mode": modes if len(modes) > 1 or more.pop("as_list", False) else modes[0]}
        return self.module("Pooling", config | more, path=path)

    def dense(self, out, activation="activation.Tanh", bias=True, residual=False, before=False, path=None):
        width = self.tokens if before else self.width
        config = {"in_features": width, "out_features": out, "bias": bias, "activation_function": "torch.nn.modules." + activation}
        if residual:
            config["use_residual"] = True
        if before:
            config |= {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"}
        weights = weights_of("dense", width, out, bias, residual, activation)
        after = out // 2 if activation.endswith(".GLU") else out
        if before:
            self.tokens = after
        else:
            self.width = after
        return self.module("Dense", config, weights, path)

    def layer_norm(self):
        return self.module("LayerNorm", {"dimension": self.width}, weights_of("norm", self.width))

    def normalize(self, config=None):
        return self.module("Normalize", config)

    def done(self):
        prefix = "sentence_transformers.models."
        self["files"].setdefault("modules.json", [{"idx": i, "name": str(i), "path": p, "type": prefix + k} for i, (p, k) in enumerate(self.modules)])
        return self


WEIGHTS = {}


def weights_of(kind, width, out=0, bias=True, residual=False, activation=""):
    prelu = activation.endswith("PReLU")
    name = f"{kind}-{width}" + (f"x{out}{'-bias' * bias}{'-residual' * (residual and width != out)}{'-prelu' * prelu}" if kind == "dense" else "")
    if name not in WEIGHTS:
        draw = np.random.default_rng(sum(name.encode()))
        def normal(*shape):
            return (draw.standard_normal(shape) * 0.5).astype(np.float32)
        tensors = {"norm.weight": normal(width), "norm.bias": normal(width)} if kind == "norm" else {"linear.weight": normal(out, width)}
        if kind == "dense" and bias:
            tensors["linear.bias"] = normal(out)
        if residual and width != out:
            tensors["residual.weight"] = normal(out, width)
        if prelu:
            tensors["activation_function.weight"] = normal(1)
        WEIGHTS[name] = safetensors.numpy.save(tensors)
    return name


def poolings():
    for mode in MODES:
        yield Case("pooling " + mode, "bert").pooling(mode)
        yield Case("pooling list " + mode, "mpnet").pooling(mode, as_list=True)
        yield Case("pooling switch " + mode, "roberta").pooling(mode, switches=True)
        yield Case("pooling without the prompt " + mode, "bert", prompt="query: the ").pooling(mode, include_prompt=False)
        yield Case("pooling without the prompt, special token first only " + mode, "gemma", prompt="query: the ").pooling(mode, include_prompt=False)
        yield Case("pooling without a long prompt " + mode, "bert", prompt=TEXTS[4]).pooling(mode, include_prompt=False)
    for a, b in itertools.combinations(MODES, 2):
        yield Case(f"pooling {a}+{b}", "bert").pooling([b, a])
    yield Case("pooling all", "bert").pooling(MODES)
    yield Case("pooling all switches", "bert").pooling(MODES, switches=True)
    yield Case("pooling no switch", "bert").pooling("mean").put("1_Pooling/config.json", {"word_embedding_dimension": WIDTH, "pooling_mode_cls_token": False})
    yield Case("pooling without a mode", "bert").pooling("mean").put("1_Pooling/config.json", {"word_embedding_dimension": WIDTH})
    yield Case("pooling in another folder", "bert").pooling("cls", path="pool/of/mine").put("1_Pooling/config.json", {"word_embedding_dimension": WIDTH, "pooling_mode": "max"})
    yield Case("pooling twice", "bert").pooling("cls").pooling(["mean", "max"])
    yield Case("pooling median", "bert").pooling("mean").put("1_Pooling/config.json", {"word_embedding_dimension": WIDTH, "pooling_mode": "median"})
    yield Case("pooling without its config", "bert").module("Pooling", None)


def activations():
    for a in ACTIVATIONS:
        yield Case("activation " + a, "bert").pooling("mean").dense(6, a).normalize()
        if not a.endswith(("Softmax", "Softmin")):
            yield Case("activation of tokens " + a, "bert").dense(6, a, before=True).pooling(["max", "mean"])
    for name in ("torch.nn.GELU", "my.own.Activation", "torch.nn.functional.gelu", "torch.nn.modules.activation.MultiheadAttention"):
        case = Case("activation " + name, "bert").pooling("mean").dense(6)
        case["files"]["2_Dense/config.json"]["activation_function"] = name
        yield case
    case = Case("activation not named", "bert").pooling("mean").dense(6)
    del case["files"]["2_Dense/config.json"]["activation_function"]
    yield case


def modules():
    yield Case("dense before", "bert").dense(12, before=True).pooling("mean").normalize()
    yield Case("dense before and after", "bert").dense(12, "activation.ReLU", before=True).pooling("mean").dense(5).normalize()
    yield Case("two dense without bias", "gemma").pooling("mean").dense(12, "linear.Identity", bias=False).dense(8, "linear.Identity", bias=False).normalize()
    yield Case("dense residual", "bert").pooling("mean").dense(8, residual=True).normalize()
    yield Case("dense residual of another width", "bert").pooling("cls").dense(6, residual=True)
    yield Case("dense residual before", "bert").dense(6, residual=True, before=True).pooling("max")
    yield Case("layer norm", "bert").pooling("mean").layer_norm()
    yield Case("layer norm, dense, normalize", "bert").pooling(["mean", "max"]).layer_norm().dense(6).normalize()
    yield Case("normalize, dense", "bert").pooling("mean").normalize().dense(6)
    yield Case("normalize twice", "bert").pooling("mean").normalize().dense(6).normalize()
    yield Case("normalize tokens", "bert").normalize({"module_input_name": "token_embeddings"}).pooling("mean")
    yield Case("normalize what is not there yet", "bert").normalize().pooling("mean")
    yield Case("dropout", "bert").pooling("mean").module("Dropout", {"dropout": 0.5}).normalize()
    yield Case("dense to another feature", "bert").pooling("mean").dense(6)
    case = Case("features of other names", "bert").dense(6, before=True).pooling("mean").dense(5)
    case["files"]["1_Dense/config.json"]["module_output_name"] = "mine"
    case["files"]["2_Pooling/config.json"]["embedding_dimension"] = WIDTH
    case["files"]["3_Dense/config.json"]["in_features"] = WIDTH
    yield case.put("3_Dense/model.safetensors", "@" + weights_of("dense", WIDTH, 5))
    case = Case("dense before pooling of the sentence", "bert").pooling("mean").dense(6)
    case.modules[1:] = reversed(case.modules[1:])
    yield case
    yield Case("no pooling", "bert").normalize()
    case = Case("dense of another shape", "bert").pooling("mean").dense(6)
    yield case.put("2_Dense/model.safetensors", "@" + weights_of("dense", WIDTH, 7))
    yield Case("truncated", "bert").pooling("mean").normalize().put("config_sentence_transformers.json", {"truncate_dim": 5})
    yield Case("no modules.json", "bert").put("modules.json", None)
    yield Case("new class names", "bert").pooling("mean").put("modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.sentence_transformer.modules.pooling.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.base.modules.normalize.Normalize"}])


SENTENCE_FILES = ["sentence_%s_config.json" % n for n in "bert roberta distilbert camembert albert xlm-roberta xlnet".split()]


def limits():
    for backbone in backbones.BACKBONES:
        def new(name):
            return Case(f"limit {name}, {backbone}", backbone).pooling("mean")
        if backbone not in backbones.OFFSET:
            yield new("none")
        yield new("max_seq_length").put("sentence_bert_config.json", {"max_seq_length": 9, "do_lower_case": False})
        yield new("model_max_length").put("tokenizer_config.json", {"+": {"model_max_length": 7}})
        yield new("max_seq_length over model_max_length").put("sentence_bert_config.json", {"max_seq_length": 11}).put("tokenizer_config.json", {"+": {"model_max_length": 7}})
        yield new("on the left").put("tokenizer_config.json", {"+": {"model_max_length": 7, "truncation_side": "left"}})
    for k, name in enumerate(SENTENCE_FILES):
        yield Case("limit of " + name, "roberta").pooling("mean").put(name, {"max_seq_length": 5 + k})
    yield Case("limit of the first file", "roberta").pooling("mean").put(SENTENCE_FILES[4], {"max_seq_length": 5}).put(SENTENCE_FILES[1], {"max_seq_length": 12})
    yield Case("limit of the first file that says something", "bert").pooling("mean").put(SENTENCE_FILES[0], {}).put(SENTENCE_FILES[1], {"max_seq_length": 12})
    yield Case("limit null", "bert").pooling("mean").put(SENTENCE_FILES[0], {"max_seq_length": None}).put("tokenizer_config.json", {"+": {"model_max_length": 1e30}})
    yield Case("limit of the tokenizer's arguments", "bert").pooling("mean").put(SENTENCE_FILES[0], {"max_seq_length": 20, "tokenizer_args": {"model_max_length": 6}})
    yield Case("limit of the call", "bert").pooling("mean").put(SENTENCE_FILES[0], {"processing_kwargs": {"text": {"max_length": 6}}})
    yield Case("setting of version 6", "bert").pooling("mean").put(SENTENCE_FILES[0], {
        "transformer_task": "feature-extraction", "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}, "module_output_name": "token_embeddings"})
    yield Case("setting that is not known", "bert").pooling("mean").put(SENTENCE_FILES[0], {"max_length": 6})
    yield Case("truncation of tokenizer.json", "bert").pooling("mean").put("tokenizer.json", {"+": {
        "truncation": {"direction": "Left", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}}}).put(SENTENCE_FILES[0], {"max_seq_length": 8})


PROMPTS = {"prompts": {"query": "query: ", "document": "", "passage": "Passage: the "}, "default_prompt_name": "passage"}


def prompts():
    for backbone in backbones.BACKBONES:
        for n, options in enumerate([{}, {"prompt_name": "query"}, {"prompt": "one two "}, {"prompt": ""}]):
            yield Case(f"prompt {n}, {backbone}", backbone, **options).pooling("mean", include_prompt=n % 2 == 0).put("config_sentence_transformers.json", PROMPTS)
    yield Case("prompt of sentence-transformers' own", "bert", prompt_name="document").pooling("mean")
    yield Case("prompt that is not there", "bert", prompt_name="passage").pooling("mean")
    yield Case("default prompt that is not there", "bert").pooling("mean").put("config_sentence_transformers.json", {"prompts": {}, "default_prompt_name": "x"})
    yield Case("prompts null", "bert").pooling("mean").put("config_sentence_transformers.json", {"prompts": {"query": None}, "default_prompt_name": "query"})
    yield Case("prompts without modules.json", "bert").put("modules.json", None).put("config_sentence_transformers.json", PROMPTS)


def tokenizers():
    variants = {
        "bert": [{"do_lower_case": True}, {"do_lower_case": None, "-": ["do_lower_case"]}, {"do_lower_case": True, "strip_accents": False}, {"strip_accents": True},
                 {"tokenize_chinese_chars": False}, {"tokenizer_class": "BertTokenizerFast", "do_lower_case": True}, {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": True},
                 {"-": ["tokenizer_class"]}, {"tokenizer_class": "RobertaTokenizer"}, {"unk_token": {"content": "[UNK]", "lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "__type": "AddedToken"}}],
        "mpnet": [{"do_lower_case": False}, {"-": ["tokenizer_class", "do_lower_case"]}, {"tokenizer_class": "BertTokenizer"}],
        "roberta": [{"add_prefix_space": True}, {"-": ["tokenizer_class"]}, {"tokenizer_class": "GPT2Tokenizer"}, {"cls_token": "<mask>"}],
        "xlmr": [{"add_prefix_space": False}, {"-": ["tokenizer_class"]}, {"tokenizer_class": "PreTrainedTokenizerFast"}],
        "modernbert": [{"do_lower_case": True}, {"-": ["tokenizer_class"]}],
        "qwen": [{"add_bos_token": False}, {"add_bos_token": False, "add_eos_token": True}, {"add_prefix_space": True}, {"tokenizer_class": "PreTrainedTokenizerFast"}, {"-": ["tokenizer_class"]},
                 {"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": False}],
        "gemma": [{"-": ["add_bos_token", "add_eos_token"]}, {"add_eos_token": False}, {"-": ["add_eos_token"]}, {"tokenizer_class": "PreTrainedTokenizerFast"}],
        "t5": [{"-": ["tokenizer_class"]}, {"tokenizer_class": "PreTrainedTokenizerFast"}],
        "deberta": [{"do_lower_case": True}, {"split_by_punct": True}, {"add_prefix_space": False}, {"tokenizer_class": "PreTrainedTokenizerFast"}, {"-": ["tokenizer_class"]}],
    }
    for backbone, list_ in variants.items():
        for change in list_:
            change = dict(change)
            gone = change.pop("-", [])
            change = {k: v for k, v in change.items() if k not in gone}
            yield Case(f"tokenizer_config {change} without {gone}, {backbone}", backbone).pooling("mean").put("tokenizer_config.json", {"+": change, "-": gone})
        yield Case(f"do_lower_case, {backbone}", backbone).pooling("mean").put(SENTENCE_FILES[0], {"do_lower_case": True})
    yield Case("tokenizer_config not there", "bert").pooling("mean").put("tokenizer_config.json", None)
    yield Case("special tokens with white space", "roberta").pooling("lasttoken", include_prompt=False).put("config_sentence_transformers.json", PROMPTS)


def added():
    """tokenizer.json without the special tokens among its added tokens."""
    for backbone in ("bert", "roberta", "qwen", "t5", "modernbert"):
        yield Case(f"no added tokens, {backbone}", backbone).pooling("mean").put("tokenizer.json", {"+": {"added_tokens": []}})
    yield Case("no added tokens, and none named, bert", "bert").pooling("mean").put("tokenizer.json", {"+": {"added_tokens": []}}).put("tokenizer_config.json", {"+": {}, "-": ["sep_token", "mask_token"]})
    yield Case("no added tokens, and none named, modernbert", "modernbert").pooling("mean").put("tokenizer.json", {"+": {"added_tokens": []}}).put("tokenizer_config.json", {"+": {}, "-": ["sep_token", "mask_token"]})
    yield Case("no added tokens, no config, bert", "bert").pooling("mean").put("tokenizer.json", {"+": {"added_tokens": []}}).put("tokenizer_config.json", None)
    yield Case("special token null, modernbert", "modernbert").pooling("mean").put("tokenizer.json", {"+": {"added_tokens": []}}).put("tokenizer_config.json", {"+": {"sep_token": None}})


def product(count, seed=11):
    draw = random.Random(seed)
    for n in range(count):
        backbone = list(backbones.BACKBONES)[n % len(backbones.BACKBONES)]
        options = draw.choice([{}, {}, {"prompt_name": "query"}, {"prompt": "good morning: "}])
        case = Case(f"product {n}, {backbone}", backbone, **options)
        if draw.random() < 0.3:
            case.dense(draw.choice([6, 8, 12]), draw.choice([a for a in ACTIVATIONS if not a.endswith(("max", "min", "GLU"))]), draw.random() < 0.7, draw.random() < 0.3, before=True)
        case.pooling(draw.sample(MODES, draw.choice([1, 1, 2])), switches=False, include_prompt=draw.random() < 0.5)
        for _ in range(draw.choice([0, 1, 2])):
            case.dense(draw.choice([6, 8, 12]), draw.choice(ACTIVATIONS), draw.random() < 0.7, False)
        if draw.random() < 0.2:
            case.layer_norm()
        if draw.random() < 0.5:
            case.normalize()
        if draw.random() < 0.5:
            case.put("config_sentence_transformers.json", PROMPTS)
        limit = draw.choice([None, None, "bert", "xlm-roberta"])
        if limit:
            case.put(f"sentence_{limit}_config.json", {"max_seq_length": draw.choice([6, 12, 20]), "do_lower_case": draw.random() < 0.5})
        yield case


def changed(data, change):
    """The file's JSON with the keys of "+" set and those of "-" gone."""
    value = json.loads(data)
    for key in change.get("-", []):
        value.pop(key, None)
    return json.dumps(value | change.get("+", {}), ensure_ascii=False)


def write(case, folder, source):
    shutil.copytree(source, folder)
    for name, value in case["files"].items():
        path = folder / name
        if value is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, str) and value.startswith("@"):
            path.write_bytes(WEIGHTS[value[1:]])
        elif isinstance(value, dict) and set(value) & {"+", "-"}:
            path.write_text(changed(path.read_text(), value))
        else:
            path.write_text(json.dumps(value, ensure_ascii=False))


def run(case, source, texts):
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp) / "teacher"
        write(case, folder, source)
        try:
            model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs={"attn_implementation": "eager"})
            # One text at a time: with padding on the left some poolings and positions depend on the batch.
            return np.stack([model.encode([t], **case["options"])[0] for t in texts]).astype("<f4")
        except Exception as e:
            return f"{type(e).__name__}: {e}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--add", action="store_true", help="keep what is there, with the backbones of --keep, and make the cases that are not")
    parser.add_argument("--keep", help="a folder for the backbones, for sentence_students.py")
    parser.add_argument("--product", type=int, default=90)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    scratch = pathlib.Path(args.keep or tempfile.mkdtemp())
    vectors, cases = [], []
    if args.add:
        cases = json.loads((OUT / "cases.json").read_text())["cases"]
        vectors = [np.fromfile(OUT / "vectors.bin", dtype="<f4")]
    else:
        shutil.rmtree(OUT, ignore_errors=True)
        for name in backbones.BACKBONES:
            backbones.build(name, scratch / name)
            shutil.copytree(scratch / name, OUT / "backbones" / name, ignore=shutil.ignore_patterns("model.safetensors"))
    known = {case["name"] for case in cases}
    for n, case in enumerate(itertools.chain(poolings(), activations(), modules(), limits(), prompts(), tokenizers(), product(args.product), added())):
        if n == args.limit:
            break
        case.done()
        if case["name"] in known:
            continue
        result = run(case, scratch / case["backbone"], TEXTS)
        if isinstance(result, str):
            case["error"] = result.split("\n")[0][:200].replace(str(scratch), "")
        elif not np.isfinite(result).all():
            case["error"] = "not finite"
        else:
            case["dim"] = result.shape[1]
            vectors.append(result)
        cases.append(case)
        print(n, case["name"], case.get("error", ""), flush=True)
    (OUT / "weights").mkdir(exist_ok=True)
    for name, data in WEIGHTS.items():
        (OUT / "weights" / name).write_bytes(data)
    lines = ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases)
    (OUT / "cases.json").write_text('{"sentence_transformers": %s, "texts": %s, "cases": [\n%s\n]}\n' % (
        json.dumps(sentence_transformers.__version__), json.dumps(TEXTS, ensure_ascii=False), lines))
    (OUT / "vectors.bin").write_bytes(b"".join(v.tobytes() for v in vectors))
    if not args.keep:
        shutil.rmtree(scratch)
    print(sum("dim" in c for c in cases), "cases with vectors,", sum("error" in c for c in cases), "without")


if __name__ == "__main__":
    main()
