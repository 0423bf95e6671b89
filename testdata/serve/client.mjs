// client.mjs URL KEY: what OpenAI's client for Node makes of m2v serve, as JSON on stdout.
import OpenAI from "openai";

const [url, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
const input = JSON.parse(await new Response(process.stdin).text());

const vectors = async (options) => {
  const answer = await client.embeddings.create({ model: "student", input, ...options });
  return answer.data.map((d) => Array.from(d.embedding));
};
const failure = async (options) => {
  try {
    await client.embeddings.create({ model: "student", input, ...options });
  } catch (error) {
    return [error.constructor.name, error.status, error.code, error.message];
  }
};
const models = [];
for await (const m of client.models.list()) models.push(m.id);
console.log(
  JSON.stringify({
    plain: await vectors({}), // base64 on the wire
    float: await vectors({ encoding_format: "float" }),
    cut: await vectors({ dimensions: 5 }),
    models,
    unknown: await failure({ model: "gpt-5" }),
    empty: await failure({ input: "" }),
  }),
);
