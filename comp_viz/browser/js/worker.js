// The worker: ONNX Runtime, the sessions of one model, the inputs of one conversation. Joined by assets.py with the runtime,
// whose exports are `ort`, and with pack.js. Takes { id, task, … } and answers { id, result } or { id, error }.
import { readPack, unzipped } from "./pack.js";

ort.env.wasm.numThreads = 1; // more would need a page that is isolated from all others
ort.env.wasm.proxy = false;
ort.env.logLevel = "error";

const sessions = {}; // graph -> session; that of the coalitions is made when it is first needed: the first answer comes sooner
let model = null; // { facts, graphs, data }
let inputs = {};
let utterances = 0;
let latest = null; // the last answer: coalitions are mostly asked for right after it
let known = new Map(); // what the last coalitions left of their pattern -> the fused prediction: a gesture changes few of them

const TOGETHER = 4; // coalitions side by side cost as much as that many one by one

const tasks = {
  /** Compile the runtime and load the model. */
  async open({ wasm, packed }) {
    const [binary, unpacked] = await Promise.all([wasm, packed].map(unzipped));
    ort.env.wasm.wasmBinary = binary;
    const pack = readPack(unpacked);
    const graphs = { answer: pack.arrays["graph.answer"], coalitions: pack.arrays["graph.coalitions"] };
    model = { facts: pack.facts, graphs, data: weights(pack) };
    await session("answer");
    return { facts: pack.facts };
  },

  /** Take a conversation in place of the one before. */
  async converse({ packed }) {
    const pack = readPack(await unzipped(packed));
    utterances = pack.facts.utterances;
    latest = null;
    known = new Map();
    inputs = {};
    for (const [name, { shape, values }] of Object.entries(pack.arrays)) {
      if (name.startsWith("input.")) inputs[name.slice(6)] = new ort.Tensor("float32", values, shape);
    }
    return { utterances, recorded: pack.arrays.recorded.values.slice() };
  },

  /** Predictions under a pattern, and attention where `wanted` names it. */
  async answer({ observed, wanted }) {
    const answer = await run("answer", observed, wanted);
    latest = [String(observed), answer.fused.values];
    return answer;
  },

  /** The fused predictions in all coalitions of modalities, [2^M][S · C]; only those are computed that are not known. */
  async coalitions({ observed }) {
    const patterns = Array.from({ length: 2 ** model.facts.modalities.length }, (_, k) => within(observed, k));
    const names = patterns.map(String);
    if (latest) known.set(...latest);
    const unknown = new Set(names.filter(name => !known.has(name)));
    if (model.graphs.coalitions && unknown.size >= TOGETHER) {
      const between = names.slice(1, -1); // all but the empty and the full one
      const { values } = (await run("coalitions", observed, ["fused"])).fused;
      const length = values.length / between.length;
      between.forEach((name, i) => known.set(name, values.slice(i * length, (i + 1) * length)));
    }
    for (const [k, name] of names.entries()) if (!known.has(name)) known.set(name, await fused(patterns[k]));
    known = new Map(names.map(name => [name, known.get(name)]));
    return names.map(name => known.get(name));
  },
};

/** Weights as the graphs expect them, one block of 32-bit numbers. */
function weights({ facts: { layout }, arrays }) {
  const length = layout.reduce((end, [offset, bytes]) => Math.max(end, offset + bytes), 0);
  const block = new Uint8Array(length);
  layout.forEach(([offset, bytes], i) => {
    const { type, values } = arrays[`weight.${i}`];
    const target = new Float32Array(block.buffer, offset, bytes / 4);
    if (type === "float16") widen(values, target);
    else target.set(values);
  });
  return block;
}

/** 16-bit floating point numbers, as bytes, to 32 bits. */
function widen(bytes, target) {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < target.length; i++) {
    const half = bytes[i] | (bytes[target.length + i] << 8);
    const exponent = (half >> 10) & 31;
    const sign = (half & 0x8000) << 16;
    if (exponent === 0) target[i] = (sign ? -1 : 1) * (half & 1023) * 2 ** -24;
    else bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | ((half & 1023) << 13);
  }
}

/** What is left of a pattern in coalition `k`. */
function within(observed, k) {
  const modalities = model.facts.modalities.length;
  return observed.map((there, i) => there && (k >> (i % modalities)) & 1);
}

async function fused(observed) {
  return (await run("answer", observed, ["fused"])).fused.values;
}

async function session(name) {
  sessions[name] ??= await ort.InferenceSession.create(model.graphs[name].values, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
    externalData: [{ path: "weights", data: model.data }],
  });
  return sessions[name];
}

async function run(name, observed, wanted) {
  const pattern = new ort.Tensor("bool", observed, [utterances, model.facts.modalities.length]);
  const loaded = await session(name);
  const asked = loaded.outputNames.filter(each => wanted.includes(each) || (wanted.includes("head") && each.startsWith("head.")));
  const outputs = await loaded.run({ ...inputs, observed: pattern }, asked);
  return Object.fromEntries(Object.entries(outputs).map(([key, { data, dims }]) => [key, { values: data, shape: dims }]));
}

onmessage = async ({ data: { id, task, ...given } }) => {
  try {
    postMessage({ id, result: await tasks[task](given) });
  } catch (error) {
    postMessage({ id, error: String(error?.message ?? error) });
  }
};
