// transformers.mjs: the vectors of transformers.js. Each line of stdin is an object of folder,
// which m2v export --to onnx wrote, texts (a file: JSON, a list) and out, a file that gets the vectors,
// float32, row by row. Each is answered by a line: an object of rows and dims, or of error.

import fs from "node:fs";
import readline from "node:readline";
import { AutoModel, AutoTokenizer, LogLevel, env } from "@huggingface/transformers";

env.allowRemoteModels = false;
env.localModelPath = "";
env.logLevel = LogLevel.ERROR; // it does not know the name "model2vec", and takes an encoder

const BATCH = 32;

async function vectors(folder, texts, out) {
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const model = await AutoModel.from_pretrained(folder, { session_options: { intraOpNumThreads: 1 } });
  const file = fs.openSync(out, "w");
  let dims = 0;
  for (let i = 0; i < texts.length; i += BATCH) {
    const inputs = tokenizer(texts.slice(i, i + BATCH), { padding: true, truncation: true });
    const outputs = await model(inputs);
    const { data, dims: shape } = outputs.embeddings ?? outputs.probabilities ?? outputs.predictions;
    dims = shape[1];
    fs.writeSync(file, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  fs.closeSync(file);
  await model.dispose();
  return { rows: texts.length, dims };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { folder, texts, out } = JSON.parse(line);
  let answer;
  try {
    answer = await vectors(folder, JSON.parse(fs.readFileSync(texts)), out);
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
